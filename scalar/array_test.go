package scalar

import (
	"slices"
	"testing"
)

// FuzzParseArray: what can be read is printed so that it reads back the same, and the printed form stays.
func FuzzParseArray(f *testing.F) {
	for _, s := range slices.Concat(arrayTexts, intArrays, textArrays) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseArray(s)
		if err != nil {
			return
		}
		if n, err := arrayCount(a.Dims); err != nil || len(a.Dims) > 0 && n != len(a.Items) || len(a.Dims) != len(a.Lower) {
			t.Fatalf("%q: %d items in dimensions %v from %v", s, len(a.Items), a.Dims, a.Lower)
		}
		text := a.String()
		b, err := ParseArray(text)
		if err != nil || !slices.Equal(a.Items, b.Items) || !slices.Equal(a.Dims, b.Dims) || !slices.Equal(a.Lower, b.Lower) {
			t.Fatalf("%q is printed as %q, which reads as %v (%v)", s, text, b, err)
		}
		if again := b.String(); again != text {
			t.Fatalf("%q is printed as %q and then as %q", s, text, again)
		}
	})
}

// TestArrayForms: canonical texts stay as they are.
func TestArrayForms(t *testing.T) {
	for elem, list := range map[string][]string{"int4": intArrays, "text": textArrays} {
		for _, s := range list {
			if got, err := CanonicalArray(elem, s); err != nil || got != s {
				t.Errorf("%s becomes %s (%v)", s, got, err)
			}
		}
	}
}
