package atoll

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/querygen"
)

const (
	randomEstimates = 120              // statements of a usual run of TestRandomApprox
	shrinkTime      = 15 * time.Second // to make a failure smaller
)

// unsupportedHere are refusals that have nothing to do with estimates, and that other random statements seldom meet.
var unsupportedHere = []string{"comparing interval with a subquery", "DuckDB does not implement what the statement needs"}

// approxLayout is a configuration whose shards make sketches, beside one where values travel instead.
type approxLayout struct {
	randomLayout
	byValue *Engine
}

// TestRandomApprox holds random statements with approximate aggregates against one PostgreSQL that is asked the exact ones, and against an
// engine to whose coordinator the values themselves come: exact columns and groups are the same as PostgreSQL's, estimates within their bounds,
// and estimates of distinct values the same either way. ATOLL_RANDOM_APPROX=5000 asks more of them over every configuration,
// ATOLL_RANDOM_SEED others; a failure prints how to repeat it.
func TestRandomApprox(t *testing.T) {
	count, long := envNumber(t, "ATOLL_RANDOM_APPROX", randomEstimates)
	seed, _ := envNumber(t, "ATOLL_RANDOM_SEED", randomSeed)
	w := newWorld(t)
	classes := *w
	classes.classes = colocationClasses
	var layouts []approxLayout
	for _, l := range []struct {
		name    string
		world   *world
		drivers []string
		opts    []Option
	}{
		{"postgres", w, []string{"postgres", "postgres", "postgres"}, nil}, {"mixed", &classes, mixed, nil}, {"three_engines", w, mixed3, nil},
		{"one_row_batches", w, mixed, []Option{WithBatchRows(1), WithoutRules("estimates", "complete_aggregate", "complete_distinct")}},
	} {
		layouts = append(layouts, approxLayout{randomLayout{l.world.open(t, l.drivers, l.opts...), l.name},
			l.world.open(t, l.drivers, append([]Option{WithoutRules("sketches")}, l.opts...)...).engine})
	}
	for _, v := range w.oracles {
		if _, err := v.oracle.Answer(t.Context(), logictest.Case{SQL: fmt.Sprintf("set statement_timeout = %d", oracleTimeout.Milliseconds())}); err != nil {
			t.Fatal(err)
		}
	}
	failed, compared := 0, 0
	for i := range count {
		for j, l := range layouts {
			if !long && i%len(layouts) != j {
				continue
			}
			rows, ok := l.random(t, uint64(seed+i))
			if !ok {
				failed++
			}
			if rows > 0 {
				compared++
			}
		}
		if failed >= 25 {
			t.Fatalf("enough: %d failures after %d statements", failed, i+1)
		}
	}
	if failed == 0 && compared < count/3 {
		t.Errorf("only %d answers had rows to compare", compared)
	}
	t.Logf("%d statements from seed %d over %d configurations, %d with rows", count, seed, len(layouts), compared)
}

// random asks one statement, and returns how many rows were compared; a failure is made smaller before it is reported.
func (l approxLayout) random(t *testing.T, seed uint64) (int, bool) {
	q := querygen.New(seed, l.lacks).Approximate()
	rows, problem := l.difference(t.Context(), q)
	if problem == nil {
		return rows, true
	}
	began := time.Now()
	small := querygen.Shrink(q, func(s *querygen.Query) bool {
		if time.Since(began) > shrinkTime {
			return false
		}
		_, p := l.difference(t.Context(), s)
		return sameProblem(problem, p)
	})
	whole, _ := q.SQL()
	whole, _ = querygen.Spellings(whole)
	text, args := small.SQL()
	text, oracle := querygen.Spellings(text)
	_, left := l.difference(t.Context(), small)
	t.Errorf("%s, ATOLL_RANDOM_APPROX=1 ATOLL_RANDOM_SEED=%d: %v\n%s\n%v\nsmaller: %s\noracle:  %s\n%v", l.name, seed, problem, whole, left, text, oracle, args)
	return 0, false
}

// difference asks all three sides; nil if they agree. Values that travel may be more than a limit allows.
func (l approxLayout) difference(ctx context.Context, q *querygen.Query) (int, *problem) {
	text, args := q.SQL()
	sql, exact := querygen.Spellings(text)
	ctx, cancel := context.WithTimeout(ctx, 2*randomTimeout)
	defer cancel()
	want, wantErr := l.oracle.Answer(ctx, logictest.Case{File: "random", Name: fmt.Sprint(exact, args), SQL: exact, Args: args})
	if stateOfPostgres(wantErr) == "57014" {
		return 0, nil
	}
	got, err := asker(l.engine)(ctx, sql, args)
	other, otherErr := asker(l.byValue)(ctx, sql, args)
	if err != nil && (admitted(err) || names(unsupportedHere, err)) || otherErr != nil && admitted(otherErr) {
		return 0, nil
	}
	if wantErr != nil {
		switch {
		case stateOfPostgres(wantErr) == "":
			return 0, &problem{"the oracle", wantErr}
		case err == nil:
			return 0, &problem{"only PostgreSQL fails with " + stateOfPostgres(wantErr), wantErr}
		case !sameClass(stateOfPostgres(wantErr), stateOf(err)):
			return 0, &problem{"PostgreSQL fails with " + stateOfPostgres(wantErr) + ", Atoll with " + stateOf(err), err}
		}
		return 0, nil
	}
	if err != nil {
		return 0, &problem{"only Atoll fails with " + stateOf(err), err}
	}
	if otherErr != nil {
		return 0, &problem{"by value fails with " + stateOf(otherErr), otherErr}
	}
	near := q.Near()
	if err := matched(near, got, other, func(n querygen.Nearness, a, b logictest.Cell) bool {
		switch n.Kind {
		case querygen.NearValue, querygen.NearTop, querygen.NearHeavy:
			return a.Null == b.Null // each is held against PostgreSQL's
		}
		return a == b
	}); err != nil {
		return 0, &problem{"another answer by value", err}
	}
	if q.Estimated() {
		return len(got.Rows), nil
	}
	for _, a := range []struct {
		kind string
		logictest.Answer
	}{{"another answer", got}, {"another answer than that by value", other}} {
		if err := matched(near, want, a.Answer, isNear); err != nil {
			return 0, &problem{a.kind, err}
		}
	}
	return len(got.Rows), nil
}

// matched pairs the rows of two answers: those that agree in all columns that are exact may be paired if every other cell passes.
func matched(near []querygen.Nearness, want, got logictest.Answer, same func(n querygen.Nearness, want, got logictest.Cell) bool) error {
	if len(want.Rows) != len(got.Rows) {
		return fmt.Errorf("%d rows, want %d", len(got.Rows), len(want.Rows))
	}
	known := map[[2]logictest.Cell]map[querygen.Nearness]bool{}
	fits := func(a, b []logictest.Cell) bool {
		for i, n := range near {
			if n.Kind == "" {
				continue
			}
			k := [2]logictest.Cell{a[i], b[i]}
			if known[k] == nil {
				known[k] = map[querygen.Nearness]bool{}
			}
			ok, is := known[k][n]
			if !is {
				ok = same(n, a[i], b[i])
				known[k][n] = ok
			}
			if !ok {
				return false
			}
		}
		return true
	}
	w, g := byExact(near, want), byExact(near, got)
	for k, rows := range w {
		if at := unpaired(rows, g[k], fits); at >= 0 {
			return fmt.Errorf("no row %.400s; of those like it: %.600s", fmt.Sprint(rows[at]), fmt.Sprint(g[k]))
		}
	}
	return nil
}

// byExact collects the rows that are the same in all exact columns.
func byExact(near []querygen.Nearness, a logictest.Answer) map[string][][]logictest.Cell {
	out := map[string][][]logictest.Cell{}
	for _, row := range a.Rows {
		k := ""
		for i, n := range near {
			if n.Kind == "" {
				k += row[i].String() + "|"
			}
		}
		out[k] = append(out[k], row)
	}
	return out
}

// unpaired pairs each wanted row with one that fits, and returns the number of one that cannot be; -1 if all can (augmenting paths).
func unpaired(want, got [][]logictest.Cell, fits func(a, b []logictest.Cell) bool) int {
	holder := make([]int, len(got)) // of each row that came, the row that it is paired with, plus one
	var place func(i int, seen []bool) bool
	place = func(i int, seen []bool) bool {
		for j := range got {
			if seen[j] || !fits(want[i], got[j]) {
				continue
			}
			if seen[j] = true; holder[j] == 0 || place(holder[j]-1, seen) {
				holder[j] = i + 1
				return true
			}
		}
		return false
	}
next:
	for i := range want {
		for k := range got { // one that is free, if there is one: most rows that look alike are alike
			if j := (i + k) % len(got); holder[j] == 0 && fits(want[i], got[j]) {
				holder[j] = i + 1
				continue next
			}
		}
		if !place(i, make([]bool, len(got))) {
			return i
		}
	}
	return -1
}

// isNear holds a value against PostgreSQL's.
func isNear(n querygen.Nearness, want, got logictest.Cell) bool {
	switch n.Kind {
	case querygen.NearSame:
		return true
	case querygen.NearTop, querygen.NearHeavy:
		return nearList(n, want, got)
	}
	if want.Null || got.Null {
		return want.Null == got.Null
	}
	switch n.Kind {
	case querygen.NearValue:
		return nearNumber(got.Text, want.Text) || nearMoment(got.Text, want.Text)
	case querygen.NearCount:
		x, err := strconv.ParseFloat(want.Text, 64)
		e, err2 := strconv.ParseFloat(got.Text, 64)
		// Six standard errors: thousands of groups are looked at, and all statements are known beforehand.
		return err == nil && err2 == nil && (x == 0) == (e == 0) && math.Abs(e-x) <= 6*1.04/math.Sqrt(float64(int(1)<<n.Of))*x+2
	}
	return false
}

// nearList holds a list with its bounds against all values of a group; that of a group without values is NULL.
func nearList(n querygen.Nearness, all, list logictest.Cell) bool {
	var values []json.RawMessage
	var listed []listedVisit
	if !all.Null && json.Unmarshal([]byte(all.Text), &values) != nil || !list.Null && json.Unmarshal([]byte(list.Text), &listed) != nil {
		return false
	}
	count, total := map[string]int64{}, int64(0)
	for _, v := range values {
		if k := jsonKey(v); k != "null" {
			count[k]++
			total++
		}
	}
	if list.Null || total == 0 {
		return list.Null == (total == 0)
	}
	most := make([]int64, 0, len(count))
	for _, c := range count {
		most = append(most, c)
	}
	slices.SortFunc(most, func(a, b int64) int { return int(b - a) })
	seen := map[string]bool{}
	for i, v := range listed {
		k := jsonKey(v.Value)
		c := count[k]
		if c == 0 || c < v.Count || c > v.Count+v.Error || seen[k] || i > 0 && listed[i-1].Count < v.Count {
			return false
		}
		if seen[k] = true; n.Kind == querygen.NearTop && v.Certain && c < most[min(n.Of, len(most))-1] {
			return false
		}
		if n.Kind == querygen.NearHeavy && v.Certain != (v.Count*int64(n.Of) >= total) {
			return false
		}
	}
	if n.Kind == querygen.NearTop {
		return len(listed) == min(n.Of, len(count))
	}
	for k, c := range count {
		if c*int64(n.Of) >= total && !seen[k] {
			return false
		}
	}
	return true
}

// jsonKey is one text for equal values: numbers in lowest terms.
func jsonKey(v json.RawMessage) string {
	if r, ok := new(big.Rat).SetString(string(v)); ok {
		return r.RatString()
	}
	return string(v)
}
