package atoll

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tpch"
)

var rewriteTPCH = flag.Bool("rewrite-tpch", false, "measure what leaves the shards for each TPC-H query, and write the table of docs/tpch.md anew")

// The table of docs/tpch.md stands between these lines.
const (
	tpchPage  = "docs/tpch.md"
	tpchBegin = "<!-- written by TestTPCHTable -->\n"
	tpchEnd   = "<!-- end -->\n"
)

// TestTPCHTable writes the table, with -rewrite-tpch, for the scale factor in ATOLL_TPCH: what leaves three shards with every rule and
// placement decision on, and with all of them off.
func TestTPCHTable(t *testing.T) {
	if !*rewriteTPCH {
		t.Skip("writes " + tpchPage + " with -rewrite-tpch")
	}
	w := newTPCH(t)
	on := w.measure(t, 3)
	off := w.measure(t, 3, WithoutRules(everyRule()...))
	var b strings.Builder
	fmt.Fprintf(&b, "Scale factor %v, three shards (PostgreSQL, DuckDB, PostgreSQL).\n\n", w.scale)
	b.WriteString("| query | rows, rules on | bytes, rules on | rows, rules off | bytes, rules off | bytes off / on | answer's rows |\n")
	b.WriteString("|---|---:|---:|---:|---:|---:|---:|\n")
	for q := 1; q <= tpch.QueryCount; q++ {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", q, on[q], off[q], ratio(off[q], on[q]), on[q].answer())
	}
	b.WriteString(refusals(on, off))
	page, err := os.ReadFile(tpchPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), tpchBegin)
	_, after, ended := strings.Cut(rest, tpchEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the table", tpchPage)
	}
	if err := os.WriteFile(tpchPage, []byte(before+tpchBegin+"\n"+b.String()+"\n"+tpchEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// moved is what left the shards for one query, or why nothing did.
type moved struct {
	rows, bytes, result int64
	refusal             string
}

// measure runs the queries over n shards and reads the engine's own statistics.
func (w *tpchWorld) measure(t *testing.T, n int, opts ...Option) map[int]moved {
	t.Helper()
	e := w.open(t, "postgres", n, opts...)
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	out := map[int]moved{}
	for number := 1; number <= tpch.QueryCount; number++ {
		q, err := tpch.Query("postgres", number)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		m, err := movedBy(t.Context(), e, q.SQL)
		if err != nil {
			t.Fatalf("query %d: %v", number, err)
		}
		t.Logf("query %d: %+v in %s", number, m, time.Since(start).Round(time.Millisecond))
		out[number] = m
	}
	return out
}

// movedBy runs a query and throws its answer away. That the engine refuses it is no error.
func movedBy(ctx context.Context, e *Engine, sql string) (moved, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	r, err := e.Query(ctx, sql)
	if err == nil {
		defer r.Release()
		for r.Next() {
		}
		err = r.Err()
	}
	var refusal *Error
	if errors.As(err, &refusal) {
		return moved{refusal: refusal.Text}, nil
	}
	if err != nil {
		return moved{}, err
	}
	stats := r.Stats()
	m := moved{result: stats.Rows}
	for _, s := range stats.Shards {
		m.rows += s.Rows
		m.bytes += s.Bytes
	}
	return m, nil
}

// String writes two cells of the table.
func (m moved) String() string {
	if m.refusal != "" {
		return "refused | –"
	}
	return grouped(m.rows) + " | " + grouped(m.bytes)
}

func (m moved) answer() string {
	if m.refusal != "" {
		return "–"
	}
	return grouped(m.result)
}

func ratio(off, on moved) string {
	if off.refusal != "" || on.refusal != "" || on.bytes == 0 {
		return "–"
	}
	if r := float64(off.bytes) / float64(on.bytes); r < 10 {
		return fmt.Sprintf("%.1f", r)
	}
	return grouped(off.bytes / on.bytes)
}

// grouped writes a number with commas between its thousands.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// refusals lists the messages, each with its queries.
func refusals(on, off map[int]moved) string {
	numbers := map[string][]string{}
	var order []string
	for q := 1; q <= tpch.QueryCount; q++ {
		for _, side := range []struct {
			name  string
			moved map[int]moved
		}{{"", on}, {" with rules off", off}} {
			text := side.moved[q].refusal
			if text == "" || side.name != "" && on[q].refusal == text {
				continue
			}
			if numbers[text] == nil {
				order = append(order, text)
			}
			numbers[text] = append(numbers[text], fmt.Sprint(q)+side.name)
		}
	}
	if len(order) == 0 {
		return "\nNo query is refused.\n"
	}
	out := "\nRefused are:\n\n"
	for _, text := range order {
		out += fmt.Sprintf("- %s: %s\n", strings.Join(numbers[text], ", "), text)
	}
	return out
}
