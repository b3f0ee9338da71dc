package bounds

import "github.com/atoll-sql/atoll/planner/plan"

// join: pairs of rows that stand for others are pairs that stand for theirs. A row that an outer join keeps although it
// found no partner stands for the row with one, if there is one; what it has NULL then may be a value.
func (a *analysis) join(n *plan.Join) (rel, error) {
	l, err := a.walk(n.Left)
	if err != nil {
		return l, err
	}
	var r rel
	err = a.around(homesIf(n.Lateral, l.home), func() error { r, err = a.walk(n.Right); return err })
	if err != nil {
		return r, err
	}
	wholeL, wholeR := a.whole(n.Left, l), a.whole(n.Right, r)
	on := rel{}
	err = a.around(append(l.home[:len(l.home):len(l.home)], r.home...), func() error { _, err = a.conditions(&on, "ON", n.On); return err })
	if err != nil {
		return on, err
	}
	out := rel{rows: l.rows, why: l.why, one: l.one && r.one && n.Kind != plan.Full}
	out.worse(r.rows, r.why)
	out.worse(on.rows, on.why)
	local := on.rows == all && together(l.home, r.home, n.On)
	if on.rows == all {
		out.home = joinedHomes(n.Kind, l.home, r.home, wholeL, wholeR, local)
	}
	if out.rows == some && n.Kind == plan.Inner && on.rows == all && len(out.home) > 0 && together(out.home, a.outer, n.On) {
		out.rows, out.why, out.home = all, "", nil
	}
	return out, a.extend(n, l, r, on, local)
}

func homesIf(cond bool, homes []home) []home {
	if cond {
		return homes
	}
	return nil
}

// joinedHomes: a pair lies where both of its rows do, or where the one does whose partner is on no shard in particular.
func joinedHomes(kind plan.JoinKind, l, r []home, wholeL, wholeR, local bool) []home {
	switch kind {
	case plan.Inner:
		switch {
		case local:
			return append(l[:len(l):len(l)], r...)
		case wholeR:
			return l
		case wholeL:
			return r
		}
	case plan.Left:
		if local || wholeR {
			return l
		}
	case plan.Right:
		if local || wholeL {
			return r
		}
	}
	return nil
}

// extend notes what becomes of columns that an outer join may fill with NULLs.
func (a *analysis) extend(n *plan.Join, l, r, on rel, local bool) error {
	if n.Kind == plan.Inner {
		return nil
	}
	if n.Kind == plan.Full && !local && (on.rows != all || l.rows != all && r.rows != all) {
		return &Unsound{"FULL JOIN", a.lacking(n), "two rows that stand alone may be one row in the whole answer"}
	}
	if n.Kind != plan.Right {
		a.nullable(n.Right, local || on.rows == all && r.rows == all)
	}
	if n.Kind != plan.Left {
		a.nullable(n.Left, local || on.rows == all && l.rows == all)
	}
	return nil
}

// nullable: the columns of n may be NULL where no partner was found; if found is set, there is none in the whole answer either.
func (a *analysis) nullable(n plan.Node, found bool) {
	for _, c := range n.Columns() {
		k := a.column(c)
		if k.claim &^= filled; !found {
			k = k.weakened(null, "NULL may mean that a partner was not seen")
		}
		a.cols[c.ID] = k
	}
}
