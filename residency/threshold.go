package residency

import (
	"errors"
	"fmt"
	"math"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Threshold is what a group needs in order to leave.
type Threshold struct {
	// Entities has an item for each protected table, at least one.
	Entities []EntityMin
	// Dominance has an item for each column whose largest contributors a rule bounds.
	Dominance []DominanceTerm
	OnSmall   OnSmall
	// Fence keeps what stands above the protected tree from being evaluated for groups that do not pass: it can raise errors.
	Fence bool
}

// EntityMin is how many distinct values of Col, a column of the aggregate's input, a group needs. NULL is none.
type EntityMin struct {
	Col plan.Column
	Min int64 // at least 1
}

// DominanceTerm bounds the share that the Largest entities, told by the column Entity, have of the sum of the absolute values of
// Arg in a group: more than Percent and the group does not pass. Both are columns of the aggregate's input, Arg of numbers.
//
// Rows of no known entity may be anybody's, also the largest's: what they contribute is counted on top of the Largest known ones.
// A group whose sum is 0, or that has no values, passes. One with a sum that is no finite number does not. Exact numbers are compared
// exactly; floats as double precision, so that the bound is as sharp as a sum of floats.
type DominanceTerm struct {
	Entity, Arg plan.Column
	Largest     int64 // at least 1
	Percent     int64 // 1 to 100; 100 bounds nothing
}

// fenceCount is the bound of a Limit that drops no row; no engine moves what stands above a Limit below it.
const fenceCount = math.MaxInt64

// Protect returns a tree with the output columns of agg (their IDs, order and types) that offers only the groups that may leave. next
// returns an ID that no column of the plan has yet. The same arguments give the same tree but for these IDs. The error says why no such
// tree exists: grouping sets, a column that the aggregate's input does not offer, a column of a type that tells no entities or that is
// no number.
//
// Pass stands for one condition for each entity, entities#i >= min, and one for each dominated column, total#j IS NULL OR (top#j <=
// total#j AND total#j is finite). Measured(in) stands for
//
//	aggregate by [groups] computing aggs, entities#i=count(DISTINCT entity i), …, top#j=sum(CASE WHEN first#j = 1 AND place#j <= largest
//	  THEN share#j END), total#j=sum(percent × |arg j|), …
//	  Ranked(in)
//
// Ranked(in) is in itself where nothing is dominated, else
//
//	window place#j=row_number() over (partition by keys, entity j is null, first#j = 1 order by share#j desc), …
//	  window first#j=row_number() over (partition by keys, entity j), share#j=sum(100 × |arg j|) over (partition by keys, entity j), …
//	    in
//
// The trees, over the aggregate's input, are (a limit in brackets stands where Fence is set):
//
//	grouped, DISTINCT too          without groups                    grouped, Fail                       without groups, Fail
//
//	project agg's columns          project agg's columns             project agg's columns               project agg's columns
//	  [limit all]                    left join on nothing              limit all                           limit all
//	    filter Pass                    project one='1'                   filter 1 / (1 if small#s = 0        filter 1 / (1 if Pass
//	      Measured(input)                one row                           else 0) = 1                         else 0) = 1
//	                                   [limit all]                       window small#s=count(CASE             Measured(input)
//	                                     filter Pass                       WHEN NOT Pass THEN 1 END)
//	                                       Measured(input)                 over ()
//	                                                                       Measured(input)
//
// So an aggregate without groups has its one row, of NULLs where it does not pass, over no row as over too few.
//
// Fail raises division_by_zero, SQLSTATE 22012, if any group does not pass: all groups are measured before the first row is offered. Over
// no rows there are no groups, and grouped answers then are empty without an error.
//
// Remainder of groups is the first tree over another aggregate: of the same aggs, by [key#k=m#k, …], whose input is
//
//	project input's columns, m#k=CASE WHEN Pass THEN key k END, …
//	  window entities#i=count(CASE WHEN nth#i = 1 AND entity i IS NOT NULL THEN 1 END) over (partition by keys), …, top#j=sum(…) over
//	    (partition by keys), total#j=sum(…) over (partition by keys), …
//	    window place#j=… (where something is dominated)
//	      window first#j=…, share#j=…, …, nth#i=row_number() over (partition by keys, entity i), …
//	        input
//
// so that what does not pass shares the group whose keys are all NULL, which passes or not like any other. A key that is a column keeps its
// ID above the aggregate, where it is NULL for what does not pass. Without groups Remainder is Drop.
func Protect(agg *plan.Aggregate, t Threshold, next func() int) (plan.Node, error) {
	g := &guard{t: t, next: next}
	if err := g.check(agg); err != nil {
		return nil, err
	}
	inner := agg
	if t.OnSmall == Remainder && len(agg.Groups) > 0 {
		inner = g.merged(agg)
	}
	measured, m := g.measured(inner)
	return &plan.Project{Input: g.passing(measured, m), Items: plan.PassOn(agg.Columns())}, nil
}

// SmallGroups returns a tree of one row with one bigint column: how many groups of agg do not pass, whatever becomes of them. An aggregate
// without groups is one group. It is for the auditors of the region where the rows are: the number tells what a threshold hides.
func SmallGroups(agg *plan.Aggregate, t Threshold, next func() int) (plan.Node, error) {
	g := &guard{t: t, next: next}
	if err := g.check(agg); err != nil {
		return nil, err
	}
	measured, m := g.measured(&plan.Aggregate{Input: agg.Input, Groups: agg.Groups})
	small := &plan.Filter{Input: measured, Conds: []plan.Expr{&plan.Not{X: &plan.And{Args: g.pass(m)}}}}
	count := plan.AggAssign{Col: g.column("small_groups", plan.T(plan.Int8)), Agg: plan.Agg{Fn: "count", Star: true, T: plan.T(plan.Int8)}}
	return &plan.Aggregate{Input: small, Aggs: []plan.AggAssign{count}}, nil
}

// guard builds the trees of one threshold.
type guard struct {
	t    Threshold
	next func() int
}

func (g *guard) column(name string, t plan.Type) plan.Column {
	return plan.Column{ID: g.next(), Name: name, Type: t}
}

// check reports what no protected tree can be made of.
func (g *guard) check(agg *plan.Aggregate) error {
	switch {
	case agg.Sets != nil:
		return errors.New("grouping sets have no threshold of their own: ask for each grouping by itself")
	case len(agg.Groups)+len(agg.Aggs) == 0:
		return errors.New("an aggregate without groups and aggregates offers nothing")
	case len(g.t.Entities) == 0 && holds(clauseThreshold):
		return errors.New("a threshold counts the entities of no table")
	case g.t.OnSmall > Fail:
		return fmt.Errorf("a threshold does not know what becomes of small groups: %d", g.t.OnSmall)
	}
	for _, e := range g.t.Entities {
		if e.Min < 1 {
			return fmt.Errorf("a threshold of %d entities is none", e.Min)
		}
		if err := entityColumn(agg, e.Col); err != nil {
			return err
		}
	}
	for _, d := range g.t.Dominance {
		if d.Largest < 1 || d.Percent < 1 || d.Percent > 100 {
			return fmt.Errorf("a bound of %d percent for the largest %d entities is none", d.Percent, d.Largest)
		}
		if err := entityColumn(agg, d.Entity); err != nil {
			return err
		}
		if !plan.Offers(agg.Input, d.Arg.ID) {
			return fmt.Errorf("the aggregate does not read column %s, whose largest contributors are bounded", d.Arg.Name)
		}
		if !d.Arg.Type.IsNumber() {
			return fmt.Errorf("column %s is of type %s, of which there are no largest contributors", d.Arg.Name, d.Arg.Type)
		}
	}
	return nil
}

// entityColumn reports a column that does not tell entities apart in the same way wherever values are compared.
func entityColumn(agg *plan.Aggregate, c plan.Column) error {
	if !plan.Offers(agg.Input, c.ID) {
		return fmt.Errorf("the aggregate does not read column %s, by which entities are counted", c.Name)
	}
	switch c.Type.Kind {
	case plan.Bool, plan.Int2, plan.Int4, plan.Int8, plan.Numeric, plan.Text, plan.Bpchar, plan.Bytea, plan.Date, plan.Timestamp, plan.TimestampTZ, plan.UUID:
		return nil
	}
	return fmt.Errorf("column %s is of type %s, by which no entities are counted", c.Name, c.Type)
}

// passing returns the rows of a measured aggregate that may leave.
func (g *guard) passing(measured *plan.Aggregate, m measures) plan.Node {
	grouped := len(measured.Groups) > 0
	if g.t.OnSmall == Fail {
		return &plan.Limit{Input: g.failing(measured, m), Count: fenceCount}
	}
	var n plan.Node = &plan.Filter{Input: measured, Conds: g.pass(m)}
	if g.t.Fence {
		n = &plan.Limit{Input: n, Count: fenceCount}
	}
	if grouped {
		return n
	}
	one := plan.Assign{Col: g.column("one", plan.T(plan.Int4)), Expr: intExpr(plan.Int4, 1)}
	return &plan.Join{Kind: plan.Left, Left: &plan.Project{Input: &plan.OneRow{}, Items: []plan.Assign{one}}, Right: n}
}

// failing divides by zero unless every group passes. The window sees all groups before a row is offered.
func (g *guard) failing(measured *plan.Aggregate, m measures) plan.Node {
	var in plan.Node = measured
	passes := plan.Expr(&plan.And{Args: g.pass(m)})
	if len(measured.Groups) > 0 {
		small := g.column("small", plan.T(plan.Int8))
		count := plan.Agg{Fn: "count", Args: []plan.Expr{oneIf(&plan.Not{X: passes}, nil)}, T: plan.T(plan.Int8)}
		in = &plan.Window{Input: in, Fns: []plan.WindowFn{{Col: small, Agg: count}}}
		passes = compared("=", columnExpr(small), intExpr(plan.Int8, 0))
	}
	one := intExpr(plan.Int4, 1)
	quotient := &plan.Call{Fn: "/", Args: []plan.Expr{one, oneIf(passes, intExpr(plan.Int4, 0))}, T: plan.T(plan.Int4)}
	return &plan.Filter{Input: in, Conds: []plan.Expr{compared("=", quotient, one)}}
}
