package tpch

import (
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/logictest"
)

func seconds(s ...float64) []time.Duration {
	var out []time.Duration
	for _, v := range s {
		out = append(out, time.Duration(v*float64(time.Second)))
	}
	return out
}

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		runs []time.Duration
		want time.Duration
	}{{seconds(3), 3 * time.Second}, {seconds(9, 1, 2), 2 * time.Second}, {seconds(4, 1, 2, 9), 3 * time.Second}} {
		if got := median(tc.runs); got != tc.want {
			t.Errorf("the median of %v is %v, want %v", tc.runs, got, tc.want)
		}
	}
}

// TestMarkdown shows what a capped and a failed run, and a wrong answer, do to the figures.
func TestMarkdown(t *testing.T) {
	const limit = 10 * time.Second
	measure := func(m Measure, answer string) *Measure {
		m.finish(limit)
		if answer != "" {
			one := logictest.Answer{Columns: []string{"a"}, Types: []string{"text"}, Rows: [][]logictest.Cell{{{Text: "1"}}}}
			got := logictest.Answer{Columns: []string{"a"}, Types: []string{"text"}, Rows: [][]logictest.Cell{{{Text: answer}}}}
			m.compare(logictest.Case{}, one, got)
		}
		return &m
	}
	ran := func(s float64) Measure { return Measure{Runs: seconds(s), processor: seconds(s)} }
	r := Report{Peers: Peers, Queries: []QueryReport{
		{1, map[Peer]*Measure{Atoll: measure(ran(1), "1"), Single: measure(ran(2), "1"), FDW: measure(Measure{Capped: true}, "")}},
		{2, map[Peer]*Measure{Atoll: measure(ran(1), "2"), Single: measure(ran(2), "1"), FDW: measure(Measure{Failure: "no memory"}, "")}},
	}}
	text := r.Markdown()
	for _, want := range []string{
		"| 1 | 1000.0 | 2000.0 | > 10000 | 0.50 | > 10.00 | 0.50 | – |\n",
		"| 2 | 1000.0 (wrong) | 2000.0 | failed | 0.50 | – | 0.50 | – |\n",
		"| all | 2000 | 4000 | > 10000 | 0.50 | > 5.00 | 0.50 | |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	if wrong := r.Wrong(); len(wrong) != 2 {
		t.Errorf("wrong are %q, want Atoll's answer and the failure", wrong)
	}
	if slow := r.Slower(0.4); len(slow) != 2 {
		t.Errorf("%d queries are slower than 0.4 times the single server, want both", len(slow))
	}
}
