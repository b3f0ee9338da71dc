package residency_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
)

// edges are rows in which group 1 has three entities and group 2 has two; in group 3 entity 1 contributes all but nothing, in 4 nobody
// anything, in 5 there are no values. In 6 those of no known entity contribute most, in 7 the least number there is.
const edges = `INSERT INTO samples (id, i2, i4, i8, n, f8) VALUES (1, 1, 1, 10, 10, 10), (1, 1, 2, 10, 10, 10), (1, 1, 3, 10, 10, 10), (1, 2, 1, 5, 5, 5), (1, 2, 2, 5, 5, 5),
 (1, 3, 1, 98, 98, 98), (1, 3, 2, 1, 1, 1), (1, 3, 3, -1, -1, -1), (1, 4, 1, 0, 0, 0), (1, 4, 2, 0, 0, 0), (1, 5, 1, NULL, NULL, NULL), (1, 5, 2, NULL, NULL, NULL),
 (1, 6, 1, 1, 1, 1), (1, 6, 2, 1, 1, 1), (1, 6, NULL, 8, 8, 8), (1, 7, 1, -9223372036854775808, -999999999.999, -1e300), (1, 7, 2, 1, 1, 1)`

// TestThresholdEdges: what bounds decide at their edges.
func TestThresholdEdges(t *testing.T) {
	shards, _ := engines(t, []string{edges})
	w := plantest.Samples(t, "postgres")
	for _, c := range []struct {
		least, largest, percent int64
		passes                  string
	}{
		{1, 1, 100, "1 2 3 4 5 6 7"}, {2, 1, 100, "1 2 3 4 5 6 7"}, {3, 1, 100, "1 3"},
		{1, 1, 33, "4 5"}, {1, 1, 34, "1 4 5"}, {1, 1, 49, "1 4 5"}, {1, 1, 50, "1 2 4 5"}, {1, 2, 66, "4 5"}, {1, 2, 67, "1 4 5"},
		{1, 1, 89, "1 2 4 5"}, {1, 1, 90, "1 2 4 5 6"}, {1, 1, 97, "1 2 4 5 6"}, {1, 1, 98, "1 2 3 4 5 6"}, {1, 1, 99, "1 2 3 4 5 6"}, {1, 2, 99, "1 3 4 5"},
	} {
		for _, arg := range []string{"i8", "n", "f8"} {
			b, err := w.Bind("select i2, count(*) as c from (select i2, i4, i8, n, f8 from samples) as s group by i2")
			if err != nil {
				t.Fatal(err)
			}
			agg := aggregateOf(b.Root)
			term := residency.Threshold{Entities: []residency.EntityMin{{Col: columnNamed(agg, "i4"), Min: c.least}},
				Dominance: []residency.DominanceTerm{{Entity: columnNamed(agg, "i4"), Arg: columnNamed(agg, arg), Largest: c.largest, Percent: c.percent}}}
			protected, err := residency.Protect(agg, term, counter(b.Root))
			if err != nil {
				t.Fatal(err)
			}
			sorted := &plan.Sort{Input: protected, Keys: []plan.SortKey{{Col: protected.Columns()[0]}}}
			for _, e := range shards {
				got, sql, err := e.run(t.Context(), sorted)
				var groups []string
				for _, r := range got.Rows {
					groups = append(groups, r[0].Text)
				}
				if s := strings.Join(groups, " "); err != nil || s != c.passes {
					t.Errorf("%d entities, %d of at most %d%% of %s, %s: %v: groups %s, want %s\n%s", c.least, c.largest, c.percent, arg, e.name, err, s, c.passes, sql)
				}
			}
		}
	}
}

// TestThresholdNoNumbers: a sum that is no finite number passes no bound.
func TestThresholdNoNumbers(t *testing.T) {
	shards, _ := engines(t, nil)
	w := plantest.Samples(t, "postgres")
	for _, e := range shards[:2] { // SQL Server has no such numbers
		for i, sql := range []string{"'NaN'::float8", "'Infinity'::float8", "'-Infinity'::float8", "case when i2 = 1 then 'Infinity'::float8 else '-Infinity'::float8 end"} {
			b, err := w.Bind("select count(*) as c from (select i4, " + sql + " as x from (values (1, 1), (2, 2), (2, 3)) as v(i2, i4)) as s")
			if err != nil {
				t.Fatal(err)
			}
			agg := aggregateOf(b.Root)
			term := residency.Threshold{Entities: []residency.EntityMin{{Col: columnNamed(agg, "i4"), Min: 1}},
				Dominance: []residency.DominanceTerm{{Entity: columnNamed(agg, "i4"), Arg: columnNamed(agg, "x"), Largest: 1, Percent: 99}}}
			protected, err := residency.Protect(agg, term, counter(b.Root))
			if err != nil {
				t.Fatal(err)
			}
			if got, sql, err := e.run(t.Context(), protected); err != nil || !got.Rows[0][0].Null {
				t.Errorf("%s, %d: %v %v\n%s", e.name, i, got.Rows, err, sql)
			}
		}
	}
}

// TestThresholdFails: a small group fails the statement whatever stands above, and without one nothing does.
func TestThresholdFails(t *testing.T) {
	shards, _ := engines(t, []string{edges})
	w := plantest.Samples(t, "postgres")
	for _, least := range []int64{1, 2, 3, 4} {
		for _, keys := range []string{"i2", ""} {
			b, err := w.Bind(strings.TrimPrefix("select "+keys+", count(*) as c from (select i2, i4 from samples where i2 < 4) as s"+grouping(keys), "select , "))
			if keys == "" {
				b, err = w.Bind("select count(*) as c from (select i2, i4 from samples where i2 < 4) as s")
			}
			if err != nil {
				t.Fatal(err)
			}
			agg := aggregateOf(b.Root)
			term := residency.Threshold{OnSmall: residency.Fail, Entities: []residency.EntityMin{{Col: columnNamed(agg, "i4"), Min: least}}}
			next := counter(b.Root)
			protected, err := residency.Protect(agg, term, next)
			if err != nil {
				t.Fatal(err)
			}
			c := protected.Columns()[len(protected.Columns())-1]
			three := &plan.Const{Text: "3", T: plan.T(plan.Int8)}
			above := map[string]plan.Node{
				"itself":     protected,
				"one row":    &plan.Limit{Input: protected, Count: 1},
				"the first":  &plan.Limit{Input: &plan.Sort{Input: protected, Keys: []plan.SortKey{{Col: c, Desc: true}}}, Count: 1},
				"the others": &plan.Filter{Input: protected, Conds: []plan.Expr{&plan.Call{Fn: "=", Args: []plan.Expr{&plan.Col{Column: c}, three}, T: plan.T(plan.Bool)}}},
				"none":       &plan.Filter{Input: protected, Conds: []plan.Expr{&plan.Call{Fn: "<", Args: []plan.Expr{&plan.Col{Column: c}, &plan.Const{Text: "0", T: plan.T(plan.Int8)}}, T: plan.T(plan.Bool)}}},
				"a constant": &plan.Project{Input: protected, Items: []plan.Assign{{Col: plan.Column{ID: next(), Name: "x", Type: plan.T(plan.Int8)}, Expr: three}}},
			}
			for name, n := range above {
				for _, e := range shards {
					want := ""
					if least > 2 && (keys != "" || least > 3) {
						want = "22012"
					}
					if got, sql, err := e.run(t.Context(), n); sqlState(err) != want || want == "" && err != nil {
						t.Errorf("%d entities by %s, %s of it, %s: %v %v\n%s", least, keys, name, e.name, got.Rows, err, sql)
					}
				}
			}
		}
	}
}

// TestThresholdFence: what cannot be computed of a small group is not computed.
func TestThresholdFence(t *testing.T) {
	shards, _ := engines(t, []string{edges})
	w := plantest.Samples(t, "postgres")
	for _, mode := range []residency.OnSmall{residency.Drop, residency.Remainder} {
		b, err := w.Bind("select i2, count(*) as c from (select i2, i4 from samples where i2 < 4) as s group by i2")
		if err != nil {
			t.Fatal(err)
		}
		agg := aggregateOf(b.Root)
		next := counter(b.Root)
		term := residency.Threshold{OnSmall: mode, Fence: true, Entities: []residency.EntityMin{{Col: columnNamed(agg, "i4"), Min: 3}}}
		protected, err := residency.Protect(agg, term, next)
		if err != nil {
			t.Fatal(err)
		}
		number := func(v int) plan.Expr { return &plan.Const{Text: fmt.Sprint(v), T: plan.T(plan.Int8)} }
		c := &plan.Col{Column: protected.Columns()[1]}
		less := &plan.Call{Fn: "-", Args: []plan.Expr{c, number(2)}, T: plan.T(plan.Int8)} // 0 in group 2
		quotient := &plan.Call{Fn: "/", Args: []plan.Expr{number(1), less}, T: plan.T(plan.Int8)}
		for _, n := range []plan.Node{
			&plan.Project{Input: protected, Items: []plan.Assign{{Col: plan.Column{ID: next(), Name: "x", Type: plan.T(plan.Int8)}, Expr: quotient}}},
			&plan.Filter{Input: protected, Conds: []plan.Expr{&plan.Call{Fn: "=", Args: []plan.Expr{quotient, number(1)}, T: plan.T(plan.Bool)}}},
		} {
			for _, e := range shards {
				if got, sql, err := e.run(t.Context(), n); err != nil || len(got.Rows) != 2 {
					t.Errorf("%d, %s: %v %v\n%s", mode, e.name, got.Rows, err, sql)
				}
			}
		}
	}
}
