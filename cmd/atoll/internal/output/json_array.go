package output

import (
	"bytes"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// elementClass says how the elements of an array column are written in JSON; ok is false for a column of another type.
func elementClass(f arrow.Field) (c class, ok bool) {
	elem, ok := strings.CutSuffix(typeName(f), "[]")
	if !ok {
		return classText, false
	}
	name, _, _ := strings.Cut(elem, "(")
	switch name {
	case "smallint", "integer", "bigint":
		return classNumber, true
	case "numeric", "real", "double precision":
		return classFloat, true
	case "boolean":
		return classBool, true
	case "json", "jsonb":
		return classJSON, true
	}
	return classText, true
}

// appendArray writes the text of an array as PostgreSQL's output function gives it as nested JSON arrays. Lower bounds, which
// JSON has no place for, are left out.
func appendArray(dst, text []byte, elem class) []byte {
	if i := bytes.IndexByte(text, '{'); i > 0 { // [2:3]={…}
		text = text[i:]
	}
	var item []byte
	for i := 0; i < len(text); {
		switch text[i] {
		case '{':
			dst = append(dst, '[')
			i++
		case '}':
			dst = append(dst, ']')
			i++
		case ',':
			dst = append(dst, ',')
			i++
		case '"':
			item = item[:0]
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' && i+1 < len(text) {
					i++
				}
				item = append(item, text[i])
			}
			i++
			dst = appendElement(dst, item, elem)
		default:
			n := bytes.IndexAny(text[i:], ",}")
			if n < 0 {
				n = len(text) - i
			}
			if word := text[i : i+n]; string(word) == "NULL" {
				dst = append(dst, "null"...)
			} else {
				dst = appendElement(dst, word, elem)
			}
			i += n
		}
	}
	return dst
}

func appendElement(dst, item []byte, elem class) []byte {
	switch {
	case elem == classBool && string(item) == "t":
		return append(dst, "true"...)
	case elem == classBool:
		return append(dst, "false"...)
	case elem == classNumber, elem == classFloat && item[len(item)-1] <= '9':
		return append(dst, item...)
	case elem == classJSON:
		return appendDocument(dst, item)
	}
	return appendJSONString(dst, item)
}
