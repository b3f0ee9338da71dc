// Package place decides who runs what: it turns a logical plan into fragments that run at the shards, the edges
// over which their rows travel, and what the coordinator does with them.
//
// Placement is a pure function of the plan and of snapshots of catalog and shard map. It works bottom-up. Every
// subtree is either still at the shards, with a property that says how its rows are spread, or at the
// coordinator. An operator stays at the shards if that gives the same rows as running it over all of them
// together, and if every shard's dialect can write it exactly; otherwise its inputs are gathered first.
package place

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/shardmap"
)

// Env is what placement knows besides the plan.
type Env struct {
	Map     *shardmap.Map
	Catalog *catalog.Catalog
	// Params are the parameters' values in text form, nil for NULL; they prune shards.
	Params []*string
	// Region is the coordinator's. Of replicated tables the copy in this region is read.
	Region string
	// WithMoving reads rows of moving keys on both of the shards that have them: for who moves them.
	WithMoving bool
	// Lookups knows directory and index tables; nil for nobody.
	Lookups Lookups
	// Missing are shards that are left out: the plan is that of a world in which they hold no row of any sharded table, and no copy of any other.
	Missing map[string]bool
	// Off names decisions that are switched off, for tests and for measuring; see Switches.
	Off map[string]bool
}

// Switches are the names that Env.Off may hold. Off, each makes plans that move more and answer the same.
var Switches = []string{"push_down", "shard_pruning", "superset_filter", "colocated_join", "colocation_classes", "reference_join", "complete_aggregate",
	"complete_distinct", "partial_aggregate", "top_n", "first_below", "ranked_first", "push_sort", "share_sources",
	"ship_rows", "ship_values", "eager_aggregation", "union_aggregates", "estimates", "percentile_rounds", "sketches"}

// Without is a set of what is switched off, like off, with a further decision in it.
func Without(off map[string]bool, name string) map[string]bool {
	out := map[string]bool{}
	maps.Copy(out, off)
	out[name] = true
	return out
}

// Place splits root. output are the columns that the user sees, which root must offer. Of a plan that sends rows to the
// shards of others and one that does not, it returns the one that moves less.
func Place(root plan.Node, output []plan.Column, env Env) (*plan.Plan, error) {
	p, err := placedOnce(root, output, env)
	if err != nil || !sends(p) || env.Off["estimates"] {
		return p, err
	}
	env.Off = Without(env.Off, "ship_rows")
	if plain, err := placedOnce(root, output, env); err == nil && cost(plain) <= cost(p) {
		return plain, nil
	}
	return p, nil
}

func placedOnce(root plan.Node, output []plan.Column, env Env) (*plan.Plan, error) {
	p := newPlacer(env, root)
	r, err := p.place(root)
	if err != nil {
		return nil, err
	}
	top, err := p.gather(r, "the result")
	if err != nil {
		return nil, err
	}
	phys, err := p.physical(top)
	if err != nil {
		return nil, err
	}
	out := &plan.Plan{Steps: p.stepsFor(phys), Root: phys, Output: output, Logical: root}
	out.Fragments = p.gathered(out)
	return out, somebody(out)
}

// placer carries what one plan's placement shares.
type placer struct {
	env       Env
	fragments []*plan.Fragment
	sources   map[*plan.Fragment]*placed // what each fragment gathers
	steps     []*plan.Step
	next      int // last column ID in use
	params    int // last parameter in use

	// While a subquery is placed: outer are the columns around it that are at the coordinator, around is the tree
	// around it whose shards it may be left to.
	outer  map[int]bool
	around *placed

	// alone are the subqueries that read nothing around them, by root: each is placed once, wherever it is tried to be left.
	alone map[plan.Node]*placed
	// refused are the attempts to leave a subquery to shards, or to compute it first, that failed.
	refused map[attempt]bool

	root plan.Node          // of the statement
	fast map[plan.Type]bool // types whose fast hash all its shards have, or not
}

func newPlacer(env Env, root plan.Node) *placer {
	return &placer{env: env, next: plan.LastColumn(root), params: len(env.Params), sources: map[*plan.Fragment]*placed{}, alone: map[plan.Node]*placed{},
		refused: map[attempt]bool{}, root: root, fast: map[plan.Type]bool{}}
}

// spread is how the rows of a subtree are distributed.
type spread uint8

const (
	coordinator spread = iota
	sharded            // every row on exactly one of the shards
	replicated         // all rows on each of the shards
)

// placed is a subtree and where its rows are.
type placed struct {
	node   plan.Node
	spread spread
	copied bool  // the one shard was chosen from several that have the same rows
	shards []int // ascending; which shards may hold rows
	all    []int // before pruning
	tables []string
	ways   []way // what tells where a row is, each by itself
	// facts bound the columns of the ways and the pseudo-columns, by column ID.
	facts map[int]shardmap.Constraint
	// notNull are the columns of the ways that are declared NOT NULL on every shard.
	notNull map[int]bool
	pseudo  map[int]string // column ID → PseudoShard or PseudoRegion
	// nullable are the pseudo-columns that an outer join may have made NULL.
	nullable map[int]bool
	order    []plan.SortKey // each shard's rows come in this order
	rows     float64        // estimated rows, of each shard if at the shards; negative if unknown
	whole    float64        // what they would be without filters
}

func (p *placer) off(name string) bool { return p.env.Off[name] }

func (p *placer) newColumn(name string, t plan.Type) plan.Column {
	p.next++
	return plan.Column{ID: p.next, Name: name, Type: t}
}

func (p *placer) place(n plan.Node) (*placed, error) {
	if s, ok := n.(*plan.Scan); ok {
		return p.scan(s)
	}
	if j, ok := n.(*plan.Join); ok && j.Lateral {
		return p.lateral(j)
	}
	in := make([]*placed, len(n.Inputs()))
	for i, x := range n.Inputs() {
		r, err := p.place(x)
		if err != nil {
			return nil, err
		}
		in[i] = r
	}
	if hasSubqueries(n) {
		return p.withSubqueries(n, in)
	}
	return p.operator(n, in)
}

// operator places an operator, without subqueries that are not at the shards of its inputs, over those.
func (p *placer) operator(n plan.Node, in []*placed) (*placed, error) {
	switch n := n.(type) {
	case *plan.OneRow, *plan.Values, *plan.WorkTable:
		return &placed{node: n}, nil
	case *plan.Series:
		return p.series(n)
	case *plan.Recursion:
		return p.recursion(n, in)
	case *plan.SetOp:
		return p.setOp(n, in)
	case *plan.Filter:
		return p.filter(n, in[0])
	case *plan.Project:
		return p.project(n, in[0])
	case *plan.Join:
		return p.join(n, in[0], in[1])
	case *plan.Aggregate:
		return p.aggregate(n, in[0])
	case *plan.Window:
		return p.window(n, in[0])
	case *plan.Sort:
		return p.sort(n, in[0])
	case *plan.Limit:
		return p.limit(n, in[0])
	}
	return nil, fmt.Errorf("internal error: placement does not know %T", n)
}

func (p *placer) scan(n *plan.Scan) (*placed, error) {
	t, ok := p.env.Map.Table(n.Table)
	if !ok {
		return nil, fmt.Errorf("internal error: table %q is not in the shard map", n.Table)
	}
	s := t.Scheme()
	r := &placed{node: n, spread: sharded, shards: s.Shards, all: s.Shards, tables: []string{n.Table},
		facts: map[int]shardmap.Constraint{}, pseudo: map[int]string{}, notNull: map[int]bool{}, rows: p.scanRows(n.Table, s.Shards)}
	r.whole = r.rows
	if s.Kind == shardmap.KindReference {
		r.spread = replicated
	}
	r.ways = p.waysOf(n, t, r.notNull)
	for _, c := range n.Cols {
		if c.Pseudo {
			r.pseudo[c.Column.ID] = c.Source
		}
	}
	if p.off("push_down") {
		return p.toCoordinator(r, "push-down is off")
	}
	return r, nil
}

func (p *placer) scanRows(table string, shards []int) float64 {
	t := p.env.Catalog.Table(table)
	sum := 0.0
	for _, s := range shards {
		if p.left(s) && len(shards) > 1 {
			continue
		}
		n := t.Rows(p.env.Map.Shard(s).Name)
		if n < 0 {
			return -1
		}
		sum += float64(n)
	}
	return sum / float64(len(shards))
}

// fits reports whether every shard of r can run n exactly.
func (p *placer) fits(r *placed, n plan.Node) bool {
	if r.spread == coordinator || p.readsOuter(n) {
		return false
	}
	seen := map[string]bool{}
	for _, s := range p.live(r) {
		sh := p.env.Catalog.Shard(p.env.Map.Shard(s).Name)
		if sh == nil || sh.Err != nil || seen[abilities(sh.Caps)] {
			continue
		}
		seen[abilities(sh.Caps)] = true
		if sqlgen.Check(n, site(sh)) != nil {
			return false
		}
	}
	return true
}

// site is where statements for a shard run, without its pseudo-columns.
func site(sh *catalog.Shard) sqlgen.Site {
	return sqlgen.Site{Dialect: sh.Caps.Dialect, Schema: sh.Schema, BinaryCollation: sh.Caps.BinaryCollation,
		Missing: sh.Caps.Missing, Native: sh.Native, Columns: sh.ColumnNames}
}

// abilities is equal for two shards that can be given the same expressions.
func abilities(c connectors.Capabilities) string {
	return c.Dialect + " " + strings.Join(c.Missing, ",")
}

// toCoordinator gathers r.
func (p *placer) toCoordinator(r *placed, why string) (*placed, error) {
	if r.spread == coordinator {
		return r, nil
	}
	n, err := p.gather(r, why)
	if err != nil {
		return nil, err
	}
	return &placed{node: n, rows: r.total(), whole: r.whole * r.total() / max(r.rows, 1)}, nil
}

// gather ends a fragment: from here on its rows are at the coordinator.
func (p *placer) gather(r *placed, why string) (plan.Node, error) {
	if r.spread == coordinator {
		return r.node, nil
	}
	if r.spread == replicated {
		r = p.oneReplica(r)
	}
	f := &plan.Fragment{ID: len(p.fragments) + 1, Root: r.node, Why: why, EstRows: int64(r.rows), Copied: r.copied}
	asked, err := p.asked(f, r)
	if err != nil {
		return nil, err
	}
	kept := map[int]bool{}
	for _, s := range append(slices.Clone(asked), r.shards...) {
		kept[s] = true
	}
	texts := map[string]plan.Statement{}
	for _, s := range asked {
		t, err := p.target(s, r, texts)
		if err != nil {
			return nil, err
		}
		f.Targets = append(f.Targets, t)
	}
	if r.spread == sharded {
		for _, s := range r.all {
			if !kept[s] {
				f.Pruned = append(f.Pruned, p.env.Map.Shard(s).Name)
			}
		}
	}
	f.Keys = p.keysOf(r.node)
	p.fragments = append(p.fragments, f)
	p.sources[f] = r
	return &plan.Gather{Fragment: f, Keys: r.order}, nil
}

// target writes the statement for one shard. Shards that would get the same text share it.
func (p *placer) target(s int, r *placed, texts map[string]plan.Statement) (plan.Target, error) {
	sh := p.env.Map.Shard(s)
	info := p.env.Catalog.Shard(sh.Name)
	if info == nil {
		return plan.Target{}, fmt.Errorf("internal error: shard %q is not in the catalog", sh.Name)
	}
	if info.Err != nil {
		return plan.Target{}, info.Err
	}
	for _, t := range r.tables {
		if !info.HasTable(t) {
			return plan.Target{}, &MissingTable{Table: t, Shard: sh.Name}
		}
	}
	site := site(info)
	for _, source := range r.pseudo {
		site = named(site, source, sh)
	}
	st, err := p.env.written(r.node, s, site, texts)
	if err != nil {
		return plan.Target{}, err
	}
	return plan.Target{Shard: sh.Name, Region: sh.Region, Statement: st}, nil
}

// named gives a site the value of a pseudo-column.
func named(site sqlgen.Site, source string, sh shardmap.Shard) sqlgen.Site {
	switch source {
	case plan.PseudoShard:
		site.Shard = sh.Name
	case plan.PseudoRegion:
		site.Region = sh.Region
	}
	return site
}

// Statement writes a tree that a shard is to run in place of a fragment's own. texts keeps what was written of this tree for other
// shards. The error is a *sqlgen.Unsupported where the shard's dialect has no exact form of it.
func (e Env) Statement(root plan.Node, shard string, texts map[string]plan.Statement) (plan.Statement, error) {
	info := e.Catalog.Shard(shard)
	i, ok := e.Map.ShardIndex(shard)
	if info == nil || !ok {
		return plan.Statement{}, fmt.Errorf("internal error: shard %q is not in the catalog", shard)
	}
	site := site(info)
	plan.VisitAll(root, func(n plan.Node) {
		s, ok := n.(*plan.Scan)
		if !ok {
			return
		}
		for _, c := range s.Cols {
			if c.Pseudo {
				site = named(site, c.Source, e.Map.Shard(i))
			}
		}
	})
	return e.written(root, i, site, texts)
}

// written is the statement that computes root at a shard, whose site it is.
func (e Env) written(root plan.Node, shard int, site sqlgen.Site, texts map[string]plan.Statement) (plan.Statement, error) {
	root, hidden, err := e.hiding(root, shard, &site)
	if err != nil {
		return plan.Statement{}, err
	}
	key := textKey(site, root) + "\x00" + hidden
	st, ok := texts[key]
	if !ok {
		var err error
		if st, err = sqlgen.Generate(root, site); err != nil {
			return plan.Statement{}, err
		}
		texts[key] = st
	}
	return st, nil
}

// textKey is equal for sites at which root is written in the same words.
func textKey(s sqlgen.Site, root plan.Node) string {
	key := []string{s.Dialect, s.Schema, s.Shard, s.Region, strconv.FormatBool(s.BinaryCollation), strings.Join(s.Missing, ",")}
	plan.VisitAll(root, func(n plan.Node) {
		if scan, ok := n.(*plan.Scan); ok {
			if s.Dialect == "duckdb" {
				key = append(key, s.Columns(scan.Table)...)
			}
			for _, c := range scan.Cols {
				if s.Dialect == "tsql" || c.Column.Type.Kind == plan.Array {
					key = append(key, s.Native(scan.Table, c.Source))
				}
			}
		}
	})
	return strings.Join(key, "\x00")
}

// MissingTable says that a shard which should hold part of a table has no such table.
type MissingTable struct{ Table, Shard string }

// Error implements error.
func (e *MissingTable) Error() string {
	return fmt.Sprintf("table %q does not exist on shard %s", e.Table, e.Shard)
}

// oneReplica chooses the copy to read: in the coordinator's region if there is one, else the first that answers.
func (p *placer) oneReplica(r *placed) *placed {
	c := *r
	best := r.shards[0]
	rank := func(s int) int {
		sh := p.env.Map.Shard(s)
		info := p.env.Catalog.Shard(sh.Name)
		switch {
		case p.left(s):
			return 3
		case info == nil || info.Err != nil:
			return 2
		case sh.Region != p.env.Region:
			return 1
		}
		return 0
	}
	for _, s := range r.shards[1:] {
		if rank(s) < rank(best) {
			best = s
		}
	}
	c.copied = c.copied || len(r.shards) > 1 && c.spread == replicated
	c.shards, c.spread = []int{best}, sharded
	c.all = c.shards
	return &c
}

// intersect and union work on ascending lists.
func intersect(a, b []int) []int {
	in := map[int]bool{}
	for _, x := range b {
		in[x] = true
	}
	var out []int
	for _, x := range a {
		if in[x] {
			out = append(out, x)
		}
	}
	return out
}

func union(a, b []int) []int {
	in := map[int]bool{}
	for _, x := range append(append([]int(nil), a...), b...) {
		in[x] = true
	}
	out := make([]int, 0, len(in))
	for x := range in {
		out = append(out, x)
	}
	sort.Ints(out)
	return out
}

func contains(list, want []int) bool { return len(intersect(want, list)) == len(want) }
