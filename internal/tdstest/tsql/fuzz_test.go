package tsql

import (
	"errors"
	"testing"
)

// FuzzParse holds that nothing makes the parser panic, that every error has a number, a line and a text, and that what
// is accepted has a normal form which is accepted, too, and is its own normal form.
func FuzzParse(f *testing.F) {
	for _, c := range accepted {
		f.Add(c.in)
	}
	for _, c := range rejected {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		tree, err := Parse(in)
		if err != nil {
			checkError(t, err)
			return
		}
		normal := format(tree)
		again, err := Parse(normal)
		if err != nil {
			if number := checkError(t, err); number != 191 { // parentheses may nest the normal form too deeply
				t.Fatalf("%q has the normal form %q: %v", in, normal, err)
			}
			return
		}
		if got := format(again); got != normal {
			t.Fatalf("%q has the normal form\n%s\nand that one's is\n%s", in, normal, got)
		}
	})
}

// FuzzParseDeclarations holds the same of parameter lists.
func FuzzParseDeclarations(f *testing.F) {
	f.Add("@p1 nvarchar(max), @p2 AS decimal(38, 10)")
	f.Fuzz(func(t *testing.T, in string) {
		if _, err := ParseDeclarations(in); err != nil {
			checkError(t, err)
		}
	})
}

func checkError(t *testing.T, err error) int32 {
	var e *Error
	if !errors.As(err, &e) || e.Number == 0 || e.Line < 1 || e.Text == "" {
		t.Fatalf("an incomplete error: %#v", err)
	}
	return e.Number
}
