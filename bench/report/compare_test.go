package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// pair makes two reports with one series of the same name and conditions each.
func pair(a, b Series) (*Report, *Report) {
	wrap := func(s Series) *Report {
		if s.Name == "" {
			s.Name = "latency"
		}
		return &Report{Format: Format, Bench: "fanout", Series: []Series{s}}
	}
	return wrap(a), wrap(b)
}

func TestCompare(t *testing.T) {
	low, high := []float64{1.00, 1.02, 0.99, 1.01, 1.03, 0.98}, []float64{2.00, 2.04, 1.98, 2.02, 2.06, 1.96}
	for name, c := range map[string]struct {
		a, b    Series
		verdict string
		delta   string
		remark  string
	}{
		"slower is worse":          {Series{Values: low, Better: Lower, Unit: Seconds}, Series{Values: high, Better: Lower, Unit: Seconds}, Worse, "+100.00 %", "p=0.002 n=6"},
		"faster is better":         {Series{Values: high, Better: Lower}, Series{Values: low, Better: Lower}, Better, "-50.00 %", "p=0.002 n=6"},
		"more is better":           {Series{Values: low, Better: Higher}, Series{Values: high, Better: Higher}, Better, "+100.00 %", ""},
		"less is worse":            {Series{Values: high, Better: Higher}, Series{Values: low, Better: Higher}, Worse, "-50.00 %", ""},
		"neither":                  {Series{Values: low}, Series{Values: high}, Other, "+100.00 %", ""},
		"the same":                 {Series{Values: low, Better: Lower}, Series{Values: low, Better: Lower}, Same, "~", "p=1.000 n=6"},
		"overlapping":              {Series{Values: []float64{1, 3, 5, 7, 9}, Better: Lower}, Series{Values: []float64{2, 4, 6, 8, 10}, Better: Lower}, Same, "~", "n=5"},
		"too few":                  {Series{Values: low[:3], Better: Lower}, Series{Values: high[:3], Better: Lower}, Same, "~", "need >= 4 samples to detect a difference at alpha level 0.05"},
		"different numbers":        {Series{Values: low, Better: Lower}, Series{Values: high[:4], Better: Lower}, Worse, "+100", "n=6+4"},
		"all equal":                {Series{Values: []float64{1, 1, 1, 1}}, Series{Values: []float64{1, 1, 1, 1}}, Same, "~", "equal"},
		"from zero":                {Series{Values: []float64{0, 0, 0, 0, 0}, Better: Lower}, Series{Values: low, Better: Lower}, Worse, "?", ""},
		"from below zero":          {Series{Values: []float64{-1, -2, -1.5, -1.2, -1.1}, Better: Lower}, Series{Values: low, Better: Lower}, Worse, "?", ""},
		"failed":                   {Series{Values: low}, Series{Failed: "no server"}, "", "–", "B failed: no server"},
		"nothing measured":         {Series{}, Series{Values: low}, "", "–", "A has no values"},
		"cut off":                  {Series{Values: low}, Series{Values: high, AtLeast: true}, "", "–", "B was cut off by a time limit"},
		"other units":              {Series{Values: low, Unit: Seconds}, Series{Values: high, Unit: Bytes}, "", "–", `the units differ: "s" and "B"`},
		"another notion of better": {Series{Values: low, Better: Lower}, Series{Values: high}, "", "–", "what is better differs"},
		"labels in another order":  {Series{Values: low, Labels: []Label{{"a", "1"}, {"b", "2"}}}, Series{Values: high, Labels: []Label{{"b", "2"}, {"a", "1"}}}, Other, "+100.00 %", ""},
	} {
		got, err := Compare(pairOf(c.a, c.b))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(got.Changes) != 1 {
			t.Errorf("%s: %d changes", name, len(got.Changes))
			continue
		}
		ch := &got.Changes[0]
		if ch.Verdict != c.verdict || !strings.HasPrefix(ch.delta(), c.delta) || !strings.Contains(ch.remark(), c.remark) {
			t.Errorf("%s: verdict %q, %s, %q; want %q, %s, %q", name, ch.Verdict, ch.delta(), ch.remark(), c.verdict, c.delta, c.remark)
		}
		if !slices.Contains(strings.Fields(got.Text()), strings.Fields(ch.delta())[0]) {
			t.Errorf("%s: the text does not say %s:\n%s", name, ch.delta(), got.Text())
		}
		if text, err := got.JSON(); err != nil || !json.Valid(text) {
			t.Errorf("%s: JSON: %v", name, err)
		}
	}
}

func pairOf(a, b Series) (*Report, *Report, float64) {
	x, y := pair(a, b)
	return x, y, 0.05
}

// TestIntervals holds the interval around a median of six values to the least and the largest of them: with six, those are 95 % or more (1 - 2/2^6), and with
// five they are not.
func TestIntervals(t *testing.T) {
	values := []float64{5, 1, 3, 2, 4, 6}
	c, err := Compare(pairOf(Series{Values: values}, Series{Values: values[:5]}))
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Changes[0].A, c.Changes[0].B
	if a.Low == nil || a.High == nil || *a.Low != 1 || *a.High != 6 || *a.Median != 3.5 {
		t.Errorf("six values: %+v", a)
	}
	if b.Low != nil || b.High != nil || b.Range != "∞" || *b.Median != 3 {
		t.Errorf("five values: %+v", b)
	}
	if !slices.Equal(values, []float64{5, 1, 3, 2, 4, 6}) {
		t.Error("the values were sorted where they are")
	}
	if !strings.Contains(c.Text(), "need >= 6 samples") {
		t.Errorf("nothing explains the missing interval:\n%s", c.Text())
	}
}

func TestCompareWhatOneLacks(t *testing.T) {
	a, b := sample(t, 1), sample(t, 1)
	gone := b.Series[0]
	b.Series = b.Series[1:]
	extra := Series{Name: "new", Unit: Seconds, Values: []float64{1}}
	b.Series = append(b.Series, extra, extra)
	c, err := Compare(a, b, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Only[0]) != 1 || c.Only[0][0].Name != gone.Name || len(c.Only[1]) != 2 || c.Only[1][1].Name != "new" {
		t.Errorf("only in A: %v, only in B: %v", c.Only[0], c.Only[1])
	}
	if len(c.Changes) != len(a.Series)-1 {
		t.Errorf("%d changes of %d series", len(c.Changes), len(a.Series))
	}
	for _, want := range []string{"Only in A\n  latency  shards 1, profile local", "Only in B\n  new"} {
		if !strings.Contains(c.Text(), want) {
			t.Errorf("no %q in:\n%s", want, c.Text())
		}
	}
}

func TestCompareWarns(t *testing.T) {
	a, b := sample(t, 1), sample(t, 2)
	b.Machine.Processors, b.Machine.Processor, b.Machine.Memory, b.Machine.Go, b.Machine.System = 8, "Another", "1 kB", "go9", "plan9/arm"
	b.Versions, b.Settings = []Setting{{"atoll", "0.9"}, {"PostgreSQL", "16.1"}}, append(b.Settings, Setting{"jit", "off"})
	b.Peers = b.Peers[:1]
	b.Peers[0].Missing = "gone"
	c, err := Compare(a, b, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"seed: 1 in A, 2 in B", "processors: 2 in A, 8 in B", "processor: Some Processor 9000 in A, Another in B", "memory:", "Go: go1.26 in A, go9 in B", "system:",
		"version of PostgreSQL: 15.8 in A, 16.1 in B", "setting jit: nothing in A, off in B", "peer single PostgreSQL: measured in A, missing in B", "peer Trino: missing in A, nothing in B"} {
		if !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.HasPrefix(w, want) }) || !strings.Contains(c.Text(), want) {
			t.Errorf("no warning %q among %q", want, c.Warnings)
		}
	}
	if len(c.Warnings) != 10 {
		t.Errorf("%d warnings: %q", len(c.Warnings), c.Warnings)
	}
	if same, err := Compare(a, a, 0.05); err != nil || len(same.Warnings) != 0 {
		t.Errorf("a report differs from itself: %v, %v", same, err)
	}
}

func TestCompareRefuses(t *testing.T) {
	a, b := sample(t, 1), sample(t, 1)
	b.Bench = "merge"
	if _, err := Compare(a, b, 0.05); err == nil || !strings.Contains(err.Error(), "different benchmarks, fanout and merge") {
		t.Errorf("different benchmarks: %v", err)
	}
	for _, alpha := range []float64{0, 1, -1, 2} {
		if _, err := Compare(a, a, alpha); err == nil {
			t.Errorf("alpha %v: no error", alpha)
		}
	}
}

func TestSummaryTellsOfChance(t *testing.T) {
	c, err := Compare(sample(t, 1), sample(t, 2), 0.05)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.txt", c.Text())
}
