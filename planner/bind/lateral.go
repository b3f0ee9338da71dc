package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// beside binds a LATERAL item of FROM, which sees the items on its left as a subquery sees the query around it.
func beside[T any](b *binder, bind func() (T, error)) (T, error) {
	left := *b.lateral
	left.lateral = true
	b.outer = append(b.outer, &left)
	x, err := bind()
	b.outer = b.outer[:len(b.outer)-1]
	return x, err
}

// joinSide binds one side of a join. A recursive query must not refer to itself where the join may add NULLs.
func (b *binder) joinSide(t ast.TableExpr, lateral *scope, nullable bool) (plan.Node, *scope, error) {
	seen, banned := b.lateral, b.banned
	b.lateral = lateral
	if nullable {
		b.banned = append(b.banned, "an outer join")
	}
	node, sc, err := b.tableExpr(t)
	b.lateral, b.banned = seen, banned
	return node, sc, err
}

// unreachable is the left side of a RIGHT or FULL join as a LATERAL item on its right sees it: by name only.
func unreachable(s *scope) *scope {
	out := &scope{tables: s.tables, cols: append([]scopeCol(nil), s.cols...)}
	for i := range out.cols {
		out.cols[i].problem = "for a LATERAL reference the combining JOIN type must be INNER or LEFT"
		out.cols[i].state = "42P10"
	}
	return out
}

// joined joins two sides, laterally if the right reads the left.
func joined(kind plan.JoinKind, l, r plan.Node) *plan.Join {
	j := &plan.Join{Kind: kind, Left: l, Right: r}
	free := plan.Free(r)
	for _, c := range l.Columns() {
		j.Lateral = j.Lateral || free[c.ID]
	}
	return j
}

// usingAlias makes the first columns of a scope, those of USING, a table of their own.
func usingAlias(t *ast.JoinTable, sc *scope, columns int) (*scope, error) {
	alias := &scope{tables: []scopeTable{{alias: t.UsingAlias}}}
	if err := distinctAliases(t, sc, alias); err != nil {
		return nil, err
	}
	for _, c := range sc.cols[:columns] {
		alias.cols = append(alias.cols, scopeCol{table: t.UsingAlias, name: c.name, expr: c.expr, shadow: true})
	}
	return joinScopes(sc, alias), nil
}

func isTrue(e plan.Expr) bool {
	c, ok := e.(*plan.Const)
	return ok && !c.Null && c.T.Kind == plan.Bool && c.Text == "true"
}
