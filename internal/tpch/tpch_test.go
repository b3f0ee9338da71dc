package tpch

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/internal/logictest"
)

func generator(tb testing.TB, scale float64) *Generator {
	tb.Helper()
	g, err := New(scale, 1)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// dump writes the rows of a source as text, one a line.
func dump(t *testing.T, s *Source) []string {
	t.Helper()
	defer s.Close()
	var out []string
	for {
		rec, err := s.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for r := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for c := range row {
				row[c] = rec.Column(c).ValueStr(r)
			}
			out = append(out, strings.Join(row, "|"))
		}
	}
}

func TestRowCounts(t *testing.T) {
	for _, c := range []struct {
		scale  float64
		counts map[string]int64
	}{
		{0.01, map[string]int64{"region": 5, "nation": 25, "part": 2000, "supplier": 100, "partsupp": 8000, "customer": 1500, "orders": 15000}},
		{0.1, map[string]int64{"part": 20000, "supplier": 1000, "partsupp": 80000, "customer": 15000, "orders": 150000}},
		{1, map[string]int64{"part": 200000, "supplier": 10000, "partsupp": 800000, "customer": 150000, "orders": 1500000, "lineitem": -1}},
	} {
		g := generator(t, c.scale)
		for name, want := range c.counts {
			if got := g.Rows(Lookup(name)); got != want {
				t.Errorf("at %v %s has %d rows, want %d", c.scale, name, got, want)
			}
			if c.scale == 0.01 {
				if got := len(dump(t, g.All(Lookup(name), nil))); int64(got) != want {
					t.Errorf("%s: %d rows are made, want %d", name, got, want)
				}
			}
		}
	}
	if Lookup("nothing") != nil {
		t.Error("there is a table called nothing")
	}
}

func TestScales(t *testing.T) {
	for _, scale := range []float64{0, -1, 2000, 0.0001, 0.012} {
		if _, err := New(scale, 1); err == nil {
			t.Errorf("scale %v: no error", scale)
		}
	}
	for _, scale := range []float64{0.01, 0.02, 0.05, 0.1, 0.25, 1, 10, 100} {
		generator(t, scale)
	}
}

func TestPiecesMakeTheWhole(t *testing.T) {
	g := generator(t, 0.01)
	for _, table := range Tables {
		whole := dump(t, g.All(table, nil))
		var pieces []string
		for n, at := g.Units(table), int64(0); at < n; at += 700 {
			pieces = append(pieces, dump(t, g.Source(table, at, min(n, at+700), nil))...)
		}
		if !slices.Equal(whole, pieces) {
			t.Errorf("%s: made in pieces, its rows differ", table.Name)
		}
	}
	if other, err := New(0.01, 2); err != nil || slices.Equal(dump(t, other.All(Lookup("part"), nil)), dump(t, g.All(Lookup("part"), nil))) {
		t.Error("another seed makes the same parts", err)
	}
}

func TestShardsMakeTheWhole(t *testing.T) {
	g := generator(t, 0.01)
	wholes := map[string][]string{}
	for _, table := range Tables {
		wholes[table.Name] = dump(t, g.All(table, nil))
	}
	for _, n := range []int{3, 6} {
		l := NewLayout(logictest.NewShards(n))
		for _, table := range Tables {
			if l.Keep(table, 0) == nil {
				continue // every shard holds the whole
			}
			seen := map[string]bool{}
			for shard := range n {
				rows := dump(t, g.All(table, l.Keep(table, shard)))
				if len(rows) == 0 {
					t.Errorf("%s: of %d shards number %d is empty", table.Name, n, shard)
				}
				for _, row := range rows {
					if seen[row] {
						t.Fatalf("%s: a row is on two shards", table.Name)
					}
					seen[row] = true
				}
			}
			for _, row := range wholes[table.Name] {
				if !seen[row] {
					t.Fatalf("%s: a row is on none of %d shards", table.Name, n)
				}
			}
			if len(seen) != len(wholes[table.Name]) {
				t.Errorf("%s: %d shards have %d rows, want %d", table.Name, n, len(seen), len(wholes[table.Name]))
			}
		}
	}
}

func TestText(t *testing.T) {
	if n := len(colours); n != 92 {
		t.Errorf("%d colours, want 92", n)
	}
	for _, words := range [][]string{nouns, verbs, adjectives, adverbs, prepositions, auxiliaries, colours} {
		for _, w := range words {
			if w == "" || strings.ContainsAny(w, ":_0123456789") {
				t.Errorf("%q is no word", w)
			}
		}
	}
	r := stream(1, streamText, 1)
	for range 1000 {
		if s := r.text(10, 43); len(s) < 10 || len(s) > 43 {
			t.Errorf("%q has not 10 to 43 letters", s)
		}
		if s := within(r.text(25, 100), "Complaints", &r); !strings.Contains(s, "Customer") || strings.Index(s, "Complaints") < strings.Index(s, "Customer") {
			t.Errorf("no complaint of a customer in %q", s)
		}
	}
	if got := numbered("Clerk#", 7); got != "Clerk#000000007" {
		t.Errorf("got %s", got)
	}
}

func TestComplaintsPerSuppliers(t *testing.T) {
	g := generator(t, 1)
	counts := map[string]int{}
	s := g.All(Lookup("supplier"), nil)
	defer s.Close()
	for {
		rec, err := s.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		comments := rec.Column(6).(*array.String)
		for i := range comments.Len() {
			for _, word := range []string{"Complaints", "Recommends"} {
				if strings.Contains(comments.Value(i), word) {
					counts[word]++
				}
			}
		}
	}
	if counts["Complaints"] != 5 || counts["Recommends"] != 5 {
		t.Errorf("of 10,000 suppliers %v, want 5 of each", counts)
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		cents int64
		want  []byte
	}{
		{0, []byte{0, 0, 0, 8, 0, 0, 0xff, 0xff, 0, 0, 0, 2}},
		{50, []byte{0, 0, 0, 10, 0, 1, 0xff, 0xff, 0, 0, 0, 2, 0x13, 0x88}},
		{-100, []byte{0, 0, 0, 10, 0, 1, 0, 0, 0x40, 0, 0, 2, 0, 1}},
		{1_0000_00, []byte{0, 0, 0, 10, 0, 1, 0, 1, 0, 0, 0, 2, 0, 1}},
		{1_0002_03, []byte{0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 2, 0, 1, 0, 2, 1, 0x2c}},
	} {
		if got := appendMoney(nil, c.cents); !slices.Equal(got, c.want) {
			t.Errorf("%d cents are % x, want % x", c.cents, got, c.want)
		}
	}
}

func TestQueriesAreThere(t *testing.T) {
	for _, dialect := range Dialects {
		for n := 1; n <= QueryCount; n++ {
			if q, err := Query(dialect, n); err != nil || !strings.Contains(q.SQL, "select") {
				t.Errorf("%s %d: %v", dialect, n, err)
			}
		}
	}
}

func BenchmarkLineItem(b *testing.B) {
	g := generator(b, 1)
	var rec arrow.Record
	rows, at := int64(0), int64(0)
	for b.Loop() {
		s := g.Source(Lookup("lineitem"), at, at+10000, nil)
		for {
			var err error
			if rec, err = s.Next(b.Context()); err != nil {
				break
			}
			rows += rec.NumRows()
		}
		s.Close()
		at = (at + 10000) % 1_000_000
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
