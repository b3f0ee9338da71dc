package residency

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// several is the form's word for more than one.
func (f Form) several() string {
	if f == Sketch {
		return "sketches"
	}
	return f.String() + "s"
}

// nearestSketch is a query that a rule of sketches permits, and under which terms.
func nearestSketch(r *Rule, table string) string {
	call := "approx_count_distinct(" + plainName(r.Columns[0])
	if r.Sketch.Precision < UsualPrecision {
		call += fmt.Sprintf(", %d", r.Sketch.Precision)
	}
	var items, keys []string
	for _, c := range r.Sketch.GroupBy[:min(len(r.Sketch.GroupBy), 4)] {
		keys = append(keys, plainName(c))
	}
	items = append(append(items, keys...), call+")")
	q := "SELECT " + strings.Join(items, ", ") + " FROM " + plainName(table)
	if len(keys) > 0 {
		q += " GROUP BY " + strings.Join(keys, ", ")
	}
	text := fmt.Sprintf("rule %s permits, of sets of %d or more (entity: %s): %s", r.ID, r.Sketch.Min, r.Sketch.Entity, q)
	if r.Sketch.Key == perPurpose {
		text += ", for a stated purpose"
	}
	return text
}

// estimable adds to the refusal of a query that counts distinct values of a table that a rule permits the same as an estimate, where one does.
func (c *checker) estimable(no *Refusal, l *lineage, edges map[string][]crossing) {
	for _, ref := range l.refs {
		if ref.scan.Table != no.Table || ref.aggregate == nil {
			continue
		}
		estimated := &lineage{calls: map[*plan.Aggregate][]call{ref.aggregate: approximated(l.calls[ref.aggregate])}}
		if estimated.calls[ref.aggregate] == nil {
			continue
		}
		for _, r := range c.env.Policy.allowing(no.Table) {
			if r.Form == Sketch && c.env.permits(r, ref, estimated, edges[no.Table]) {
				no.Hint = "as an estimate (approx_count_distinct, or --approx) it may leave: " + nearestSketch(r, no.Table)
				return
			}
		}
	}
}

// permits reports that a rule permits what is done with a reference over all of the table's borders.
func (e *Env) permits(r *Rule, ref *reference, l *lineage, edges []crossing) bool {
	if e.Purpose == "" && len(r.Purposes) == 0 { // the caller may yet state one, as the hint says
		stated := *e
		stated.Purpose = "any"
		e = &stated
	}
	if clause, _ := e.limited(ref); clause != "" {
		return false
	}
	if clause, _ := e.covers(r, ref, l); clause != "" {
		return false
	}
	return !slices.ContainsFunc(edges, func(at crossing) bool {
		clause, _ := e.stands(r, at.edge)
		denied, _ := e.denied(ref, at.edge)
		return clause != "" || denied != nil
	})
}

// approximated are calls as --approx makes them of counts of distinct values; nil if there is another among them.
func approximated(calls []call) []call {
	out := slices.Clone(calls)
	for i, c := range out {
		if c.agg.Fn != "count" || !c.agg.Distinct || len(c.agg.Args) != 1 {
			return nil
		}
		out[i].agg.Fn, out[i].agg.Distinct = "approx_count_distinct", false
		out[i].agg.Sketch = &plan.Sketch{Precision: UsualPrecision, Hash: plan.HashKeyed, Inner: &plan.Param{N: 1}, Outer: &plan.Param{N: 2}}
	}
	return out
}
