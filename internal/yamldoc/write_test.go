package yamldoc

import (
	"bytes"
	"testing"
)

// FuzzFormat holds Format to its promise: what it writes of a mapping that holds something is read as the tree that it was given, and written again in the same words.
func FuzzFormat(f *testing.F) {
	for _, text := range []string{
		"a: 1\nb: [007, 1_000, 0x10, 0o17, 0b11, 1e3, .5, -0, +1, 1., .inf, -.inf, .nan, ~, null, true, False, yes, Off]\n",
		"a: {b: 2020-01-01, c: 2020-01-01 10:00:00, d: '1', e: \"2\", 1: x, true: y, 'null': z, \"a b\": q, '': w}\n",
		"a:\n- {x: 1}\n- {y: [1, [2, {z: 3}]]}\nb: []\nc: {}\nd: ''\ne: ' x '\nf: |\n  one\n   two\n\ng: >-\n  folded\n  text\n",
		"a: {b: {c: {d: {e: f}}}}\n'#': '# no comment'\nk: 'a: b'\nl: '- x'\nm: '[x'\nn: \"\\u00e9\\u2028\\x00\\e\\t\\U0001f600\"\n",
		"? a\n: b\n", "a: é\nü: [ñ, 日本, \"\u0085\", \"\ufeff\"]\n", "a: \"\\ud83d\\ude00 \\\\ \\\" ' % @ ` & * !\"\n", "a: \"${X}\"\nb: ${Y}\nc: a${Z}\n",
		"y: n\nn: y\nnan: inf\n.inf: x\n", "a:\n  b: [x, y]\n  c: [{d: e}]\n  f: null\n  g:\n    h: null\n", "a: [null, [null], {b: null}]\n", "a: x-1\nb: x.\nc: -\nd: .\ne: a--b\nf: <<\n",
		"a: 9223372036854775808\nb: 1:30\nc: 0.10\nd: 1.0E+3\ne: 0x\nf: 08\ng: 1__0\nh: _1\ni: 1_\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, root, err := Parse(data, "f", "")
		if err != nil || root.Kind != Mapping || len(root.Children) == 0 {
			return
		}
		text := Format(root)
		_, again, err := Parse(text, "f", "")
		if err != nil {
			t.Fatalf("%q\nis written as\n%q\n%v", data, text, err)
		}
		if where := differ(root, again); where != "" {
			t.Fatalf("%q\nis written as\n%q\nwhich is another tree at %q", data, text, where)
		}
		if more := Format(again); !bytes.Equal(more, text) {
			t.Errorf("%q\nis written as\n%q\nand then as\n%q", data, text, more)
		}
	})
}

// differ is the path of the first node in which two trees differ; "" if they are equal.
func differ(a, b *Node) string {
	if a.Kind != b.Kind || a.Key != b.Key || a.Scalar() && a.Text != b.Text || len(a.Children) != len(b.Children) {
		return a.Path + " "
	}
	for i := range a.Children {
		if at := differ(a.Children[i], b.Children[i]); at != "" {
			return at
		}
	}
	return ""
}
