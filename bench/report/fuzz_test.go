package report

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// smallReports have one of everything, as small as can be: what is drawn quickly is fuzzed often.
func smallReports(f *testing.F) []Report {
	h := NewHistogram()
	if err := h.RecordValues(1e6, 3); err != nil {
		f.Fatal(err)
	}
	curve, err := Encode(h)
	if err != nil {
		f.Fatal(err)
	}
	two := []float64{1, 2}
	lines := []Line{{Name: "l", X: two, Y: two, Low: two, High: two}, {Name: "m", X: two, Y: two, Dashed: true}}
	bars := []Line{{Name: "l", Y: two, Low: two, High: two}, {Name: "m", Y: two}}
	base := Report{Format: Format, Bench: "b", Series: []Series{{Name: "s", Unit: Seconds, Better: Lower, Labels: []Label{{"n", "1"}}, Values: []float64{1, 2, 3, 4}}}}
	out := slices.Repeat([]Report{base}, 6)
	out[0].Charts = []Chart{{Name: "c", Kind: Lines, X: "x, s", Y: "y", LogX: true, Lines: lines}}
	out[1].Charts = []Chart{{Name: "c", Kind: Bars, X: "x", Y: "ratio", LogY: true, Categories: []string{"a", "b"}, Lines: bars}}
	out[2].Charts = []Chart{{Name: "c", Kind: Stacked, X: "x", Y: "y, B", Categories: []string{"a", "b"}, Lines: bars}}
	out[3].Timelines = []Timeline{{Name: "t", Lanes: []Lane{{Name: "l", Spans: []Span{{"p", 1, 5}, {"q", 5, 9}}}, {Name: "m"}}}}
	out[4].Series = []Series{{Name: "s", Unit: Seconds, Values: two, Histogram: curve}, {Name: "s", Failed: "so"}}
	out[5].Borders = []Border{{Query: "q", From: "a", To: "b", Rows: 1, Bytes: 100}, {Query: "r", From: "a", To: "c"}}
	out[5].Goals, out[5].Peers = []Goal{{Text: "g", Unit: Ratio, Seen: 1, Bound: 2}, {Unknown: "u"}}, []Peer{{Name: "p", Start: 5, Equal: 1, Checked: 1}, {Missing: "m"}}
	return out
}

// FuzzLoad reads reports that were spoilt, both as text and value by value: each is refused, or all faces can be made of it.
func FuzzLoad(f *testing.F) {
	for _, r := range smallReports(f) {
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		for seed := range uint64(40) {
			f.Add(text, seed)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		r, err := parse(spoil(text, seed))
		if err != nil {
			return
		}
		_, _ = r.Text(), r.Markdown()
		var page strings.Builder
		if err := r.HTML(&page); err != nil {
			t.Errorf("page: %v", err)
		}
		if seed%8 == 0 && len(r.Charts)+len(r.Timelines) <= 1 { // PNG takes long
			if err := r.Plots(t.TempDir()); err != nil {
				t.Errorf("plots: %v", err)
			}
		}
		if _, err := r.JSON(); err != nil {
			t.Errorf("JSON: %v", err)
		}
		c, err := Compare(r, r, 0.05)
		if err != nil {
			t.Fatalf("compare: %v", err)
		}
		if _, err := c.JSON(); err != nil {
			t.Errorf("comparison as JSON: %v", err)
		}
		_ = c.Text()
	})
}

// spoil changes a few values of a JSON text; seed 0 changes nothing, as does a text that is no JSON.
func spoil(text []byte, seed uint64) []byte {
	var v any
	if seed == 0 || json.Unmarshal(text, &v) != nil {
		return text
	}
	random := rand.New(rand.NewPCG(seed, 1))
	for range 1 + random.IntN(3) {
		v = spoilValue(v, random)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return out
}

// spoilValue goes down to one value and replaces, doubles or drops it.
func spoilValue(v any, random *rand.Rand) any {
	odd := []any{0.0, -1.0, 1e-300, 5e-324, 1e30, -1e30, 1e9, 0.1, "", "lines", "stacked", "lower", "\x1b\n|<", nil, true, []any{}, map[string]any{}, []any{1.0}}
	switch v := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		if len(keys) == 0 || random.IntN(12) == 0 {
			return odd[random.IntN(len(odd))]
		}
		key := keys[random.IntN(len(keys))]
		if key == "format" || key == "bench" {
			return v
		}
		if v[key] = spoilValue(v[key], random); random.IntN(12) == 0 {
			delete(v, key)
		}
		return v
	case []any:
		if len(v) == 0 || random.IntN(12) == 0 {
			return odd[random.IntN(len(odd))]
		}
		at := random.IntN(len(v))
		switch v[at] = spoilValue(v[at], random); random.IntN(12) {
		case 0:
			return append(v, v[at])
		case 1:
			return slices.Delete(v, at, at+1)
		}
		return v
	}
	return odd[random.IntN(len(odd))]
}
