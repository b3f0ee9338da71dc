package plantest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Render prints a placed plan: what the coordinator does, then each fragment with its statements. Shards that
// run the same statement stand together, in the plan's order.
func Render(p *plan.Plan) string { return render(p, func(string) string { return "" }) }

// Render prints a plan of this world. A statement in T-SQL is marked with [tsql].
func (w *World) Render(p *plan.Plan) string {
	return render(p, func(shard string) string {
		if s := w.Catalog.Shard(shard); s != nil && s.Caps.Dialect == "tsql" {
			return " [tsql]"
		}
		return ""
	})
}

func render(p *plan.Plan, mark func(shard string) string) string {
	var b strings.Builder
	for i, s := range p.Steps {
		b.WriteString(s.Head(i+1) + "\n  " + strings.ReplaceAll(strings.TrimRight(plan.Tree(s.Root), "\n"), "\n", "\n  ") + "\n")
	}
	b.WriteString(plan.Tree(p.Root))
	for _, f := range p.Fragments {
		fmt.Fprintf(&b, "fragment %d: %s", f.ID, f.Why)
		if f.EstRows >= 0 {
			fmt.Fprintf(&b, ", ~%d rows a shard", f.EstRows)
		}
		b.WriteByte('\n')
		writeTargets(&b, f.Targets, mark)
		if len(f.Pruned) > 0 {
			fmt.Fprintf(&b, "  pruned: %s\n", strings.Join(f.Pruned, ", "))
		}
		if len(f.Missing) > 0 {
			fmt.Fprintf(&b, "  left out: %s\n", strings.Join(f.Missing, ", "))
		}
		if f.StandIn {
			b.WriteString("  stands in for them: nothing that it holds is asked for\n")
		}
	}
	return b.String()
}

func writeTargets(b *strings.Builder, targets []plan.Target, mark func(shard string) string) {
	same := func(x, y plan.Statement) bool { return x.SQL == y.SQL && slices.Equal(x.Params, y.Params) }
	for i, t := range targets {
		if slices.ContainsFunc(targets[:i], func(o plan.Target) bool { return same(o.Statement, t.Statement) }) {
			continue
		}
		var names []string
		for _, o := range targets[i:] {
			if same(o.Statement, t.Statement) {
				names = append(names, o.Shard)
			}
		}
		fmt.Fprintf(b, "  %s%s: %s\n", strings.Join(names, ", "), mark(t.Shard), t.Statement.SQL)
		for j, n := range t.Statement.Params {
			fmt.Fprintf(b, "    its $%d is the query's $%d\n", j+1, n)
		}
	}
}

// RenderError prints an error as a door would, with its place in the text.
func RenderError(err error, sql string) string {
	var e *ast.Error
	if errors.As(err, &e) {
		return "ERROR " + e.SQLState + ": " + e.Render(sql) + "\n"
	}
	return "ERROR: " + err.Error() + "\n"
}
