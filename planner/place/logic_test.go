package place_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
)

// TestPlaceLogic plans every statement of testdata/logic over every mix of shards, with every switch off, with none and with one, and
// again, which take turns: the plans are sound, and planning the same text again gives the same plan.
func TestPlaceLogic(t *testing.T) {
	names, everything := plantest.Names(), map[string]bool{}
	for _, name := range names {
		everything[name] = true
	}
	cases := plantest.LogicCases(t)
	for turn, setup := range []plantest.Setup{
		{Dialects: []string{"postgres", "postgres", "postgres"}},
		{Dialects: []string{"postgres", "duckdb", "tsql"}},
		{Dialects: []string{"tsql", "tsql", "tsql"}, Missing: allFeatures},
	} {
		t.Run(strings.Join(setup.Dialects, "_"), func(t *testing.T) {
			w := plantest.Logic(t, setup)
			for i, c := range cases {
				q, err := w.Bind(c.SQL, c.Params...)
				if err != nil && slices.Contains(setup.Dialects, "tsql") && strings.Contains(err.Error(), "column") {
					continue // of a type that SQL Server has not
				}
				if err != nil {
					refused(t, c, err)
					continue
				}
				text := placeSoundly(t, w, c, q, nil)
				placeSoundly(t, w, c, q, everything)
				placeSoundly(t, w, c, q, map[string]bool{names[(i+turn)%len(names)]: true})
				if i%3 != turn {
					continue
				}
				if again, err := w.Bind(c.SQL, c.Params...); err != nil || placeSoundly(t, w, c, again, nil) != text {
					t.Errorf("%s/%s: planned twice, two plans", c.File, c.Name)
				}
			}
		})
	}
}

// allFeatures is what a server may lack.
var allFeatures = []string{connectors.FeatureBinaryCollation, connectors.FeatureDateParts, connectors.FeatureDecimalScale,
	connectors.FeatureHashBytes, connectors.FeatureOffsetFetch, connectors.FeatureOffsets, connectors.FeatureOpenJSON,
	connectors.FeatureSHA256, connectors.FeatureStableVariance, connectors.FeatureSupplementary, connectors.FeatureTranslate, connectors.FeatureUTF8Collation}

// refused checks that an error is one that the case expects, or that something is not supported yet.
func refused(t *testing.T, c plantest.LogicCase, err error) {
	t.Helper()
	var e *ast.Error
	if !errors.As(err, &e) {
		t.Errorf("%s/%s: an error without SQLSTATE: %v", c.File, c.Name, err)
	} else if c.SQLState == "" && e.SQLState != "0A000" && e.SQLState != c.Refused && e.SQLState != "42703" { // the latter on SQL Server, which has no intervals
		t.Errorf("%s/%s: %v", c.File, c.Name, err)
	}
}

// placeSoundly places a bound query and returns the plan's text, "" if it is refused.
func placeSoundly(t *testing.T, w *plantest.World, c plantest.LogicCase, q *bind.Query, off map[string]bool) string {
	t.Helper()
	p, err := w.Place(q, off)
	if err != nil {
		refused(t, c, err)
		return ""
	}
	if err := soundPlan(w, p); err != nil {
		t.Errorf("%s/%s with %v off: %v\n%s", c.File, c.Name, off, err, plantest.Render(p))
	}
	return plantest.Render(p)
}

// soundPlan checks what an executor relies on.
func soundPlan(w *plantest.World, p *plan.Plan) error {
	for _, root := range p.Roots() {
		if err := rules.Verify(root); err != nil {
			return err
		}
	}
	cols := p.Root.Columns()
	if len(cols) != len(p.Output) {
		return errors.New("the root's columns are not the output")
	}
	for i, c := range p.Output {
		if cols[i].ID != c.ID || cols[i].Type != c.Type {
			return errors.New("column " + c.Name + " of the output is another at the root")
		}
	}
	gathered := 0
	for _, root := range p.Roots() {
		plan.Visit(root, func(n plan.Node) {
			if g, ok := n.(*plan.Gather); ok && slices.Contains(p.Fragments, g.Fragment) {
				gathered++
			}
		})
	}
	if gathered != len(p.Fragments) {
		return errors.New("not every fragment is gathered once")
	}
	for i, f := range p.Fragments {
		if f.ID != i+1 || f.Why == "" || len(f.Targets) == 0 {
			return errors.New("a fragment has no number, reason or target")
		}
		if err := soundFragment(w, f, len(p.Params)+p.StepParams()); err != nil {
			return err
		}
	}
	return nil
}

func soundFragment(w *plantest.World, f *plan.Fragment, params int) error {
	if err := rules.Verify(f.Root); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, name := range f.Pruned {
		seen[name] = true
	}
	for _, t := range f.Targets {
		if i, ok := w.Map.ShardIndex(t.Shard); !ok || w.Map.Shard(i).Region != t.Region || seen[t.Shard] {
			return errors.New("shard " + t.Shard + " is unknown, in another region, pruned or asked twice")
		}
		seen[t.Shard] = true
		for _, n := range t.Statement.Params {
			if n < 1 || n > params {
				return errors.New("a statement asks for a parameter that the query has not")
			}
		}
	}
	return nil
}

// TestPruningNarrows: a plan with pruning asks a subset of the shards that it asks without, of each table.
func TestPruningNarrows(t *testing.T) {
	w := plantest.Logic(t, plantest.Setup{})
	for _, c := range plantest.LogicCases(t) {
		with, err := w.Plan(c.SQL, c.Params, nil)
		if err != nil {
			continue
		}
		without, err := w.Plan(c.SQL, c.Params, map[string]bool{"shard_pruning": true})
		if err != nil || len(with.Fragments) != len(without.Fragments) {
			continue // one shard left may make another plan
		}
		for i, f := range with.Fragments {
			all := shardsOf(without.Fragments[i])
			for _, s := range shardsOf(f) {
				if !slices.Contains(all, s) {
					t.Errorf("%s/%s: fragment %d asks %s, which it does not without pruning", c.File, c.Name, f.ID, s)
				}
			}
		}
	}
}

func shardsOf(f *plan.Fragment) []string {
	var out []string
	for _, t := range f.Targets {
		out = append(out, t.Shard)
	}
	return out
}

// TestMissingTable: a shard that answers but lacks the table fails the query by name.
func TestMissingTable(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{Change: plantest.WithoutTable("br-1", "events")})
	_, err := w.Plan("select id from events", nil, nil)
	var missing *place.MissingTable
	if !errors.As(err, &missing) || missing.Table != "events" || missing.Shard != "br-1" {
		t.Errorf("got %v", err)
	}
}
