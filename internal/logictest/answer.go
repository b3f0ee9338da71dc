package logictest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Answer is the result of one statement in canonical form, whichever side gave it.
type Answer struct {
	Columns []string
	// Types are PostgreSQL's type names without their modifiers ("numeric", "character"); varchar counts as text.
	Types []string
	Rows  [][]Cell
}

// Cell is one value: PostgreSQL's text of it, brought to one spelling per value by [Canonical], or NULL.
type Cell struct {
	Text string
	Null bool
}

// String shows the cell in messages.
func (c Cell) String() string {
	if c.Null {
		return "NULL"
	}
	return strconv.Quote(c.Text)
}

// Canonical rewrites PostgreSQL's text of a value so that equal values are equal texts: a numeric loses its
// trailing zeros, a float is written in the shortest form that reads back, -0 becomes 0, booleans are
// spelled out. Other types have one text form already (ISO dates, UTC, hexadecimal bytea).
func Canonical(typ, text string) (string, error) {
	switch typ {
	case "numeric":
		return canonicalNumeric(text), nil
	case "real":
		return canonicalFloat(text, 32)
	case "double precision":
		return canonicalFloat(text, 64)
	case "boolean":
		switch text {
		case "t", "true":
			return "true", nil
		case "f", "false":
			return "false", nil
		}
		return "", fmt.Errorf("%q is not a boolean", text)
	}
	return text, nil
}

func canonicalNumeric(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" || text == "" || text == "-" {
		return "0"
	}
	return text
}

func canonicalFloat(text string, bits int) (string, error) {
	f, err := strconv.ParseFloat(text, bits)
	if err != nil {
		return "", fmt.Errorf("%q is not a floating-point number", text)
	}
	return floatText(f, bits), nil
}

func floatText(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0" // -0 equals 0 in PostgreSQL, and an aggregate may return either
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}
