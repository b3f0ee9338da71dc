package scalar

import (
	"math"
	"strconv"
	"strings"
)

// Array is the value of a PostgreSQL array of any element type, its elements in the text form of their type's output
// function.
type Array struct {
	// Dims are the lengths of its dimensions and Lower their lower bounds, at most six; the empty array has none.
	Dims, Lower []int
	// Items are the elements in storage order: the last subscript runs fastest.
	Items []ArrayItem
}

// ArrayItem is one element of an array.
type ArrayItem struct {
	Text string
	Null bool
}

const (
	maxArrayDims  = 6
	maxArrayItems = 1<<27 - 1 // PostgreSQL's MaxArraySize
)

// The errors of arrays that several functions share.
var (
	errArraySyntax    = fail("22P02", "malformed array literal")
	errArrayDims      = fail("54000", "number of array dimensions exceeds the maximum allowed (6)")
	errArrayBounds    = fail("2202E", "upper bound cannot be less than lower bound")
	errArraySubscript = fail("2202E", "wrong number of array subscripts")
	errArrayLower     = fail("54000", "array lower bound is too large")
	errArraySize      = fail("54000", "array size exceeds the maximum allowed")
)

// VectorOf makes an array of one dimension that begins at 1; it is empty for no items.
func VectorOf(items []ArrayItem) Array {
	if len(items) == 0 {
		return Array{}
	}
	return Array{Dims: []int{len(items)}, Lower: []int{1}, Items: items}
}

// CanonicalArray reads text as the input function of the type of arrays of elem does, and returns what its output function
// gives for the value. elem is a type's name as in [Canonical].
func CanonicalArray(elem, s string) (string, error) {
	a, err := ParseArray(s)
	if err != nil {
		return "", err
	}
	for i, it := range a.Items {
		if it.Null {
			continue
		}
		if a.Items[i].Text, err = ItemText(elem, it.Text); err != nil {
			return "", err
		}
	}
	return a.String(), nil
}

// ItemText is [Canonical] for an element: within an array a boolean is t or f.
func ItemText(elem, s string) (string, error) {
	text, err := Canonical(elem, s)
	if err == nil && elem == "bool" {
		text = text[:1]
	}
	return text, err
}

// String returns PostgreSQL's text of the array, which [ParseArray] reads.
func (a Array) String() string { return string(a.Append(nil)) }

// Append appends the text of the array to dst.
func (a Array) Append(dst []byte) []byte {
	if len(a.Dims) == 0 {
		return append(dst, "{}"...)
	}
	for _, l := range a.Lower {
		if l != 1 {
			dst = append(a.appendDims(dst), '=')
			break
		}
	}
	items := a.Items
	return a.appendLevel(dst, 0, &items)
}

func (a Array) appendDims(dst []byte) []byte {
	for i, n := range a.Dims {
		dst = append(dst, '[')
		dst = strconv.AppendInt(dst, int64(a.Lower[i]), 10)
		dst = append(dst, ':')
		dst = strconv.AppendInt(dst, int64(a.Lower[i]+n-1), 10)
		dst = append(dst, ']')
	}
	return dst
}

func (a Array) appendLevel(dst []byte, level int, items *[]ArrayItem) []byte {
	dst = append(dst, '{')
	for i := range a.Dims[level] {
		if i > 0 {
			dst = append(dst, ',')
		}
		if level+1 < len(a.Dims) {
			dst = a.appendLevel(dst, level+1, items)
			continue
		}
		dst = appendArrayItem(dst, (*items)[0])
		*items = (*items)[1:]
	}
	return append(dst, '}')
}

// AppendArrayItem appends the text of an element, that is not NULL, as it stands between an array's commas: in quotes where it
// needs them.
func AppendArrayItem(dst []byte, text string) []byte {
	return appendArrayItem(dst, ArrayItem{Text: text})
}

// appendArrayItem writes an element as it stands between commas.
func appendArrayItem(dst []byte, it ArrayItem) []byte {
	switch {
	case it.Null:
		return append(dst, "NULL"...)
	case !needsQuotes(it.Text):
		return append(dst, it.Text...)
	}
	dst = append(dst, '"')
	for i := range len(it.Text) {
		if c := it.Text[i]; c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, it.Text[i])
	}
	return append(dst, '"')
}

func needsQuotes(s string) bool {
	return s == "" || strings.ContainsAny(s, `"\{},`+blanks) || strings.EqualFold(s, "null")
}

// checkBounds refuses dimensions whose last subscript plus one is no integer.
func checkBounds(dims, lower []int) error {
	for i, n := range dims {
		if lower[i]+n > math.MaxInt32 {
			return errArrayLower
		}
	}
	return nil
}

// arrayCount is the number of elements that dimensions make, or an error where PostgreSQL has one.
func arrayCount(dims []int) (int, error) {
	n := 1
	for _, d := range dims {
		if d < 0 {
			return 0, errArraySize
		}
		if n *= d; n > maxArrayItems {
			return 0, errArraySize
		}
	}
	return n, nil
}
