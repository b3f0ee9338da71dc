package atoll

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/planner/plan"
)

// ExplainOptions say what to show.
type ExplainOptions struct {
	// Analyze runs the query, throws its answer away, and shows what each shard really did.
	Analyze bool
}

// Explanation is a plan for people and programs. Times in JSON are nanoseconds.
type Explanation struct {
	SQL         string            `json:"query"`
	Planning    time.Duration     `json:"planning_ns"`
	Regions     []ExplainRegion   `json:"regions"`
	Coordinator ExplainSite       `json:"coordinator"`
	Lookups     []Lookup          `json:"lookups,omitempty"` // in directory and index tables, before it was planned
	Steps       []ExplainStep     `json:"steps,omitempty"`
	Fragments   []ExplainFragment `json:"fragments"`
	Columns     []ExplainColumn   `json:"columns"`
	// Crossings are what the fragments send over the borders of regions; none where there is no residency policy.
	Crossings []Crossing `json:"crossings,omitempty"`
	// Approximations are the estimates in the answer.
	Approximations []Approximation  `json:"approximations,omitempty"`
	Analyzed       *ExplainAnalysis `json:"analyzed,omitempty"`
}

// ExplainRegion is a region of the configuration, and its shards whether the query asks them or not.
type ExplainRegion struct {
	Region       string             `json:"region"`
	Jurisdiction string             `json:"jurisdiction"`
	Shards       []ExplainPlacement `json:"shards,omitempty"`
}

// ExplainPlacement is a shard of a region.
type ExplainPlacement struct {
	Shard  string `json:"shard"`
	Driver string `json:"driver"`
}

// ExplainSite is the coordinator's part: its operators, one a line, inputs indented; and the SQL that its
// engine runs, if any.
type ExplainSite struct {
	Region string   `json:"region"`
	Tree   []string `json:"tree"`
}

// ExplainStep is what runs before the rest, at the coordinator, and becomes parameters of statements at the shards: an edge
// from the coordinator to each shard whose statement reads one of them.
type ExplainStep struct {
	Number        int                `json:"number"` // 1 for the first
	Head          string             `json:"step"`   // its number, what it is for, the query's parameters that it gives
	Columns       []ExplainColumn    `json:"columns"`
	EstimatedRows int64              `json:"estimated_rows"` // -1 if unknown
	Tree          []string           `json:"tree"`
	Actual        *ExplainStepActual `json:"actual,omitempty"`
}

// ExplainStepActual is what a step really gave each of the shards whose statement reads it.
type ExplainStepActual struct {
	Rows  int64 `json:"rows"`
	Bytes int64 `json:"bytes"` // of the parameters as text
}

// ExplainFragment is one statement at one or more shards, and the edge from them to the coordinator.
type ExplainFragment struct {
	ID            int             `json:"id"`
	Why           string          `json:"ends_because"`
	Columns       []ExplainColumn `json:"columns"`
	EstimatedRows int64           `json:"estimated_rows_per_shard"` // -1 if unknown
	Shards        []ExplainShard  `json:"shards"`
	Pruned        []string        `json:"pruned,omitempty"`
	Missing       []string        `json:"left_out,omitempty"` // shards that may have rows for the query, and did not answer
}

// ExplainColumn is a column that travels over an edge or that the user sees.
type ExplainColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// ExplainShard is one shard's share of a fragment.
type ExplainShard struct {
	Shard  string `json:"shard"`
	From   string `json:"from_region"`
	To     string `json:"to_region"`
	Driver string `json:"driver"`
	SQL    string `json:"sql"`
	Steps  []int  `json:"steps,omitempty"` // the numbers of the steps whose rows the statement gets as parameters
	// Replicas are those of the shard, whether they may be read or not.
	Replicas []ExplainReplica `json:"replicas,omitempty"`
	Actual   *ExplainActual   `json:"actual,omitempty"`
}

// ExplainReplica is a replica that may be asked in place of a shard's own server, if it is fresh enough, or may not.
type ExplainReplica struct {
	Replica string `json:"replica"`
	Region  string `json:"region"`
	Refused string `json:"refused,omitempty"` // why it may not be read for this query; "" if it may
}

// ExplainActual is what one shard really did.
type ExplainActual struct {
	Replica    string        `json:"replica,omitempty"` // that the rows are of, "" for the shard's own server
	Region     string        `json:"region"`            // that they come from
	Attempts   int           `json:"attempts,omitempty"`
	Hedged     bool          `json:"hedged,omitempty"`
	Rows       int64         `json:"rows"`
	Bytes      int64         `json:"bytes"`
	RoundTrips int           `json:"round_trips"`
	Start      time.Duration `json:"start_ns"` // from the beginning of the query
	FirstBatch time.Duration `json:"first_batch_ns"`
	Total      time.Duration `json:"total_ns"` // as FirstBatch from Start
}

// ExplainAnalysis sums up a run.
type ExplainAnalysis struct {
	Rows    int64         `json:"rows"`
	Total   time.Duration `json:"total_ns"`
	Slowest string        `json:"slowest_shard"`
	// Completeness tells how complete an answer in part was; nil for a query that needs all shards.
	Completeness *Completeness `json:"completeness,omitempty"`
}

// Explain plans a query and shows how it would run; with Analyze, how it ran.
func (e *Engine) Explain(ctx context.Context, sql string, opts ExplainOptions, args ...any) (*Explanation, error) {
	return e.As(Caller{}).Explain(ctx, sql, opts, args...)
}

func (t *topology) explainQuery(ctx context.Context, q *query, opts ExplainOptions, start time.Time) (*Explanation, error) {
	rec, err := t.intent(ctx, q)
	if err != nil {
		return nil, err
	}
	p, err := inTime(ctx, t.Engine, start, func(ctx context.Context) (*plan.Plan, error) { return t.plan(ctx, q) })
	if err = rec.decided(ctx, p, err); err != nil {
		return nil, wrapError(err)
	}
	planning := time.Since(start) - q.place.Waited()
	if !opts.Analyze {
		return t.explain(q, p, planning), rec.ended(nil, 0)
	}
	r, err := t.run(ctx, q, p, rec, start)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	for r.Next() {
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	ran, _ := r.running.state()
	x := t.explain(q, ran, planning)
	x.analyze(r)
	x.Crossings = r.Crossings()
	return x, nil
}

func (t *topology) explain(q *query, p *plan.Plan, planning time.Duration) *Explanation {
	x := &Explanation{
		SQL:         q.sql,
		Planning:    planning,
		Regions:     t.explainRegions(),
		Coordinator: ExplainSite{Region: t.cfg.Coordinator.Region, Tree: explainTree(p.Root)},
		Columns:     explainColumns(p.Output),
	}
	for i, s := range p.Steps {
		x.Steps = append(x.Steps, explainStep(i+1, s))
	}
	mayRead := t.mayRead(q, p)
	for _, f := range p.Fragments {
		xf := ExplainFragment{ID: f.ID, Why: f.Why, Columns: explainColumns(f.Root.Columns()), EstimatedRows: f.EstRows, Pruned: f.Pruned, Missing: f.Missing}
		for _, at := range f.Targets {
			xf.Shards = append(xf.Shards, ExplainShard{
				Shard: at.Shard, From: at.Region, To: t.cfg.Coordinator.Region, Driver: t.byName[at.Shard].Driver, SQL: at.Statement.SQL,
				Steps: stepsRead(p.Steps, at.Statement.Params), Replicas: t.explainReplicas(at.Shard, mayRead),
			})
		}
		x.Fragments = append(x.Fragments, xf)
	}
	x.Lookups = q.lookups.report()
	x.Crossings = crossings(p)
	x.Approximations = approximations(p)
	return x
}

func (t *topology) explainReplicas(shard string, mayRead func(shard, replica string) error) []ExplainReplica {
	var out []ExplainReplica
	for _, r := range t.byName[shard].Replicas {
		x := ExplainReplica{Replica: r.Name, Region: r.Region}
		if err := mayRead(shard, r.Name); err != nil {
			x.Refused = err.Error()
		}
		out = append(out, x)
	}
	return out
}

func (t *topology) explainRegions() []ExplainRegion {
	var out []ExplainRegion
	for _, r := range t.Map.Regions() {
		region := ExplainRegion{Region: r.Name, Jurisdiction: r.Jurisdiction}
		for _, s := range t.Map.Shards() {
			if s.Region == r.Name {
				region.Shards = append(region.Shards, ExplainPlacement{s.Name, t.byName[s.Name].Driver})
			}
		}
		out = append(out, region)
	}
	return out
}

func explainStep(n int, s *plan.Step) ExplainStep {
	rows := int64(1)
	switch {
	case s.Value:
	case s.EstRows < 0:
		rows = -1
	default:
		rows = int64(math.Ceil(min(s.EstRows, float64(s.MaxRows))))
	}
	return ExplainStep{Number: n, Head: s.Head(n), Columns: explainColumns(s.Cols), EstimatedRows: rows, Tree: explainTree(s.Root)}
}

// stepsRead numbers the steps that give one of the parameters.
func stepsRead(steps []*plan.Step, params []int) []int {
	var out []int
	for i, s := range steps {
		gives := func(n int) bool { return slices.Contains(s.Params, n) || !s.Value && n == s.Rows }
		if slices.ContainsFunc(params, gives) {
			out = append(out, i+1)
		}
	}
	return out
}

// explainTree gives one text an operator, which may be of several lines: a statement with a literal that has line breaks.
func explainTree(root plan.Node) []string {
	var out []string
	var walk func(n plan.Node, indent string)
	walk = func(n plan.Node, indent string) {
		out = append(out, indent+plan.Describe(n))
		for _, input := range n.Inputs() {
			walk(input, indent+"  ")
		}
	}
	walk(root, "")
	return out
}

func explainColumns(cols []plan.Column) []ExplainColumn {
	out := make([]ExplainColumn, len(cols))
	for i, c := range cols {
		out[i] = ExplainColumn{c.Name, c.Type.String()}
	}
	return out
}

func (x *Explanation) analyze(r *Result) {
	st := r.Stats()
	x.Analyzed = &ExplainAnalysis{Rows: st.Rows, Total: st.Total}
	if r.running.query.leaving != nil {
		x.Analyzed.Completeness = r.Completeness()
	}
	var slowest time.Duration
	for i, given := range r.running.given() {
		x.Steps[i].Actual = &ExplainStepActual{Rows: given.Rows, Bytes: given.Bytes}
	}
	_, progress := r.running.state()
	for _, f := range progress {
		xf := x.fragment(f.Fragment.ID)
		for i, p := range f.Shards() {
			s := p.Stats
			xf.Shards[i].Actual = &ExplainActual{Replica: s.Replica, Region: r.engine.regionOf(p.Shard, s.Replica), Attempts: s.Attempts, Hedged: s.Hedged, Rows: s.Rows, Bytes: s.Bytes, RoundTrips: s.RoundTrips,
				Start: r.statement(f.Fragment.ID, p).Start, FirstBatch: s.FirstBatch, Total: s.Total}
			if s.Total >= slowest {
				slowest, x.Analyzed.Slowest = s.Total, p.Shard
			}
		}
	}
}

// Crossing is what a shard's own server sends over a border for a fragment; nil where it sends nothing over one.
func (x *Explanation) Crossing(fragment int, shard string) *Crossing {
	for i := range x.Crossings {
		if c := &x.Crossings[i]; c.Fragment == fragment && c.Shard == shard && c.Replica == "" {
			return c
		}
	}
	return nil
}

func (x *Explanation) fragment(id int) *ExplainFragment {
	for i := range x.Fragments {
		if x.Fragments[i].ID == id {
			return &x.Fragments[i]
		}
	}
	return &ExplainFragment{}
}
