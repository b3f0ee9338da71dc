package atoll

import (
	"context"
	"fmt"
	"strings"
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
	Planning    time.Duration     `json:"planning_ns"`
	Coordinator ExplainSite       `json:"coordinator"`
	Fragments   []ExplainFragment `json:"fragments"`
	Columns     []ExplainColumn   `json:"columns"`
	Analyzed    *ExplainAnalysis  `json:"analyzed,omitempty"`
}

// ExplainSite is the coordinator's part: its operators, one a line, inputs indented; and the SQL that its
// engine runs, if any.
type ExplainSite struct {
	Region string   `json:"region"`
	Tree   []string `json:"tree"`
}

// ExplainFragment is one statement at one or more shards, and the edge from them to the coordinator.
type ExplainFragment struct {
	ID            int             `json:"id"`
	Why           string          `json:"ends_because"`
	Columns       []ExplainColumn `json:"columns"`
	EstimatedRows int64           `json:"estimated_rows_per_shard"` // -1 if unknown
	Shards        []ExplainShard  `json:"shards"`
	Pruned        []string        `json:"pruned,omitempty"`
}

// ExplainColumn is a column that travels over an edge or that the user sees.
type ExplainColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// ExplainShard is one shard's share of a fragment.
type ExplainShard struct {
	Shard  string         `json:"shard"`
	From   string         `json:"from_region"`
	To     string         `json:"to_region"`
	Driver string         `json:"driver"`
	SQL    string         `json:"sql"`
	Actual *ExplainActual `json:"actual,omitempty"`
}

// ExplainActual is what one shard really did.
type ExplainActual struct {
	Rows       int64         `json:"rows"`
	Bytes      int64         `json:"bytes"`
	RoundTrips int           `json:"round_trips"`
	FirstBatch time.Duration `json:"first_batch_ns"`
	Total      time.Duration `json:"total_ns"`
}

// ExplainAnalysis sums up a run.
type ExplainAnalysis struct {
	Rows    int64         `json:"rows"`
	Total   time.Duration `json:"total_ns"`
	Slowest string        `json:"slowest_shard"`
}

// Explain plans a query and shows how it would run; with Analyze, how it ran.
func (e *Engine) Explain(ctx context.Context, sql string, opts ExplainOptions, args ...any) (*Explanation, error) {
	start := time.Now()
	params, err := textArgs(args)
	if err != nil {
		return nil, err
	}
	p, err := e.plan(ctx, sql, params, e.opts.now())
	if err != nil {
		return nil, wrapError(err)
	}
	x := e.explain(p)
	x.Planning = time.Since(start)
	if !opts.Analyze {
		return x, nil
	}
	r, err := e.run(ctx, p, start)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	for r.Next() {
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	x.analyze(r)
	return x, nil
}

func (e *Engine) explain(p *plan.Plan) *Explanation {
	x := &Explanation{
		Coordinator: ExplainSite{Region: e.cfg.Coordinator.Region, Tree: strings.Split(strings.TrimRight(plan.Tree(p.Root), "\n"), "\n")},
		Columns:     explainColumns(p.Output),
	}
	for _, f := range p.Fragments {
		xf := ExplainFragment{ID: f.ID, Why: f.Why, Columns: explainColumns(f.Root.Columns()), EstimatedRows: f.EstRows, Pruned: f.Pruned}
		for _, t := range f.Targets {
			xf.Shards = append(xf.Shards, ExplainShard{
				Shard: t.Shard, From: t.Region, To: e.cfg.Coordinator.Region, Driver: e.byName[t.Shard].driver, SQL: t.Statement.SQL,
			})
		}
		x.Fragments = append(x.Fragments, xf)
	}
	return x
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
	var slowest time.Duration
	for _, f := range r.progress {
		xf := x.fragment(f.Fragment.ID)
		for i, p := range f.Shards() {
			s := p.Stats
			xf.Shards[i].Actual = &ExplainActual{Rows: s.Rows, Bytes: s.Bytes, RoundTrips: s.RoundTrips, FirstBatch: s.FirstBatch, Total: s.Total}
			if s.Total >= slowest {
				slowest, x.Analyzed.Slowest = s.Total, p.Shard
			}
		}
	}
}

func (x *Explanation) fragment(id int) *ExplainFragment {
	for i := range x.Fragments {
		if x.Fragments[i].ID == id {
			return &x.Fragments[i]
		}
	}
	return &ExplainFragment{}
}

// Text shows the explanation for people.
func (x *Explanation) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "coordinator (%s), planned in %s\n", x.Coordinator.Region, x.Planning.Round(time.Microsecond))
	for _, l := range x.Coordinator.Tree {
		b.WriteString("  " + l + "\n")
	}
	for i := range x.Fragments {
		x.Fragments[i].text(&b)
	}
	if a := x.Analyzed; a != nil {
		fmt.Fprintf(&b, "\nanswered: %s in %s; slowest shard: %s\n", counted(a.Rows, "row"), a.Total.Round(time.Microsecond), a.Slowest)
	}
	return b.String()
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (f *ExplainFragment) text(b *strings.Builder) {
	est := "an unknown number of rows"
	if f.EstimatedRows >= 0 {
		est = "about " + counted(f.EstimatedRows, "row")
	}
	fmt.Fprintf(b, "\nfragment %d: %s; %s from each shard\n", f.ID, f.Why, est)
	cols := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		cols[i] = c.Name + " " + c.Type
	}
	fmt.Fprintf(b, "  columns: %s\n", strings.Join(cols, ", "))
	for i, s := range f.Shards {
		fmt.Fprintf(b, "  %s (%s, %s → %s)\n", s.Shard, s.Driver, s.From, s.To)
		if a := s.Actual; a != nil {
			fmt.Fprintf(b, "    actual: %s, %d bytes, first batch after %s, done after %s, %s\n", counted(a.Rows, "row"), a.Bytes,
				a.FirstBatch.Round(time.Microsecond), a.Total.Round(time.Microsecond), counted(int64(a.RoundTrips), "round trip"))
		}
		if i+1 == len(f.Shards) || f.Shards[i+1].SQL != s.SQL { // shards in a row that run the same text show it once
			fmt.Fprintf(b, "    %s\n", s.SQL)
		}
	}
	if len(f.Pruned) > 0 {
		fmt.Fprintf(b, "  not asked, no row can match: %s\n", strings.Join(f.Pruned, ", "))
	}
}
