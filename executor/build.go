package executor

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/executor/spill"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Env is what a plan needs to run.
type Env struct {
	// Connector returns the connector of a shard that the plan names.
	Connector func(shard string) (connectors.Connector, error)
	Residual  ResidualEngine
	Args      []connectors.Arg // values of the query's parameters
	Alloc     memory.Allocator
	Account   *Account
	// MaxBytes bounds the memory of one hash aggregate, 0 for no bound.
	MaxBytes int64
	// Spill is where groups go that do not fit in memory; nil makes the query fail then.
	Spill         *spill.Space
	BatchRows     int
	MaxConcurrent int // shards of one fragment that are asked at once, 0 for all
	// StepDone, if not nil, is told what the plan's step i, counted from 0, has given. It is called from any goroutine.
	StepDone func(i int, g Given)
	// Arrived, if not nil, sees each batch that a shard, or one of its replicas, sends for a fragment before anybody else does; its error ends
	// the query. It is called from any goroutine.
	Arrived func(f *plan.Fragment, shard, replica string, rec arrow.Record) error
	// Small is told how many groups a target kept back, where the plan has that counted. It is called from any goroutine.
	Small func(f *plan.Fragment, shard, replica string, groups int64)
	// Optional, if not nil, lets the query go on without a shard that fails or is late: in place where one statement alone reads the shard, and it is one of
	// several that the rows of a fragment come from. A failure of any other shard ends the plan, to be made anew without that shard.
	Optional *Optional
	// Heard, if not nil, learns when shards are heard.
	Heard *Heard
	// Checked puts an invariant checker above every operator, for tests.
	Checked bool
}

// FragmentProgress is how far the shards of one fragment are.
type FragmentProgress struct {
	Fragment *plan.Fragment
	Shards   func() []Progress
}

// Build turns a plan into operators. Nothing runs before the first Next of the operator returned; whoever
// calls Build closes it.
func Build(p *plan.Plan, env Env) (Operator, []FragmentProgress, error) {
	b := &builder{env: env, snapshots: newSnapshots(env.Account), asked: map[string]int{}, batchBytes: batchBytes(p, env.Account)}
	steps, err := b.steps(p)
	if err != nil {
		return nil, nil, err
	}
	op, err := b.build(p.Root)
	if err == nil {
		op, err = b.output(op, p.Root.Columns(), p.Output)
	}
	if err != nil {
		return nil, nil, closingSteps(steps, err)
	}
	if len(steps) > 0 {
		op = b.checked(&Steps{operator: operator{schema: op.Schema()}, steps: steps, main: op, args: b.env.Args, done: b.env.StepDone})
	}
	return NewGuard(&inSnapshots{op, b.snapshots}, env.Account), b.progress, nil
}

// steps builds what runs first, and makes room for the parameters that it gives.
func (b *builder) steps(p *plan.Plan) ([]step, error) {
	if len(p.Steps) == 0 {
		return nil, nil
	}
	b.env.Args = append(slices.Clone(b.env.Args), make([]connectors.Arg, p.StepParams())...)
	used := p.ReadParams()
	giver := map[int]int{} // parameter → step
	var out []step
	for i, s := range p.Steps {
		op, err := b.build(s.Root)
		if err == nil {
			op, err = b.output(op, s.Root.Columns(), s.Cols)
		}
		if err != nil {
			return nil, closingSteps(out, err)
		}
		st := step{Step: s, op: op, used: used}
		for n := range plan.ParamsOf(s.Root) {
			if before, ok := giver[n]; ok && !slices.Contains(st.after, before) {
				st.after = append(st.after, before)
			}
		}
		for _, n := range append(slices.Clone(s.Params), s.Rows) {
			giver[n] = i
		}
		out = append(out, st)
	}
	return out, nil
}

func closingSteps(steps []step, err error) error {
	for _, s := range steps {
		err = closing(s.op, err)
	}
	return err
}

type builder struct {
	env       Env
	progress  []FragmentProgress
	snapshots *snapshots
	ranks     map[*plan.Ranks]*ranks // of the Narrow operators made so far
	asked     map[string]int         // statements of fragments by shard

	batchBytes int64 // of one batch of a shard; 0 for the connectors' default
}

func schemaFor(cols []plan.Column) *arrow.Schema {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = c.Type.Field(c.Name)
	}
	return arrow.NewSchema(fields, nil)
}

// output names and orders the columns as the user sees them.
func (b *builder) output(op Operator, have, want []plan.Column) (Operator, error) {
	at, err := positions(have, want)
	if err != nil {
		return nil, closing(op, err)
	}
	return b.selected(op, at, want)
}

func (b *builder) selected(op Operator, at []int, cols []plan.Column) (Operator, error) {
	s, err := NewSelect(op, at, schemaFor(cols))
	if err != nil {
		return nil, closing(op, err)
	}
	return b.checked(s), nil
}

func closing(op Operator, err error) error {
	if cerr := op.Close(); cerr != nil {
		return fmt.Errorf("%w (and closing: %v)", err, cerr)
	}
	return err
}

func (b *builder) checked(op Operator) Operator {
	if b.env.Checked {
		return NewChecker(op)
	}
	return op
}

func (b *builder) build(n plan.Node) (Operator, error) {
	op, err := b.operator(n)
	if err != nil {
		return nil, err
	}
	return b.checked(op), nil
}

func (b *builder) operator(n plan.Node) (Operator, error) {
	switch n := n.(type) {
	case *plan.Gather:
		return b.gather(n)
	case *plan.Residual:
		return b.residual(n)
	}
	if len(n.Inputs()) != 1 {
		return nil, fmt.Errorf("internal error: the executor has no operator for %T", n)
	}
	in, err := b.build(n.Inputs()[0])
	if err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *plan.MergeAggregate:
		op, err := b.mergeAggregate(n, in)
		if err != nil {
			return nil, closing(in, err)
		}
		return op, nil
	case *plan.Limit:
		count := n.Count
		if count < 0 {
			count = NoLimit
		}
		op, err := NewLimit(in, n.Offset, count)
		if err != nil {
			return nil, closing(in, err)
		}
		return op, nil
	case *plan.Project:
		return b.project(n, in)
	case *plan.Narrow:
		return b.narrow(n, in)
	}
	return nil, closing(in, fmt.Errorf("internal error: the executor has no operator for %T", n))
}

func (b *builder) project(n *plan.Project, in Operator) (Operator, error) {
	from := make([]plan.Column, len(n.Items))
	for i, it := range n.Items {
		c, ok := it.Expr.(*plan.Col)
		if !ok {
			return nil, closing(in, fmt.Errorf("internal error: an expression is left to the executor: %s", plan.Format(it.Expr)))
		}
		from[i] = c.Column
	}
	at, err := positions(n.Input.Columns(), from)
	if err != nil {
		return nil, closing(in, err)
	}
	return b.selected(in, at, n.Columns())
}

// positions finds each column of want in have.
func positions(have, want []plan.Column) ([]int, error) {
	at := make(map[int]int, len(have))
	for i, c := range have {
		at[c.ID] = i
	}
	out := make([]int, len(want))
	for i, c := range want {
		p, ok := at[c.ID]
		if !ok {
			return nil, fmt.Errorf("internal error: column %s#%d does not reach the operator that reads it", c.Name, c.ID)
		}
		out[i] = p
	}
	return out, nil
}

func (b *builder) gather(n *plan.Gather) (Operator, error) {
	schema := schemaFor(n.Columns())
	sources := make([]Source, len(n.Fragment.Targets))
	for i, t := range n.Fragment.Targets {
		s, err := b.source(n.Fragment, t, schema)
		if err != nil {
			return nil, err
		}
		sources[i] = s
	}
	if len(n.Keys) == 0 || len(sources) == 1 {
		x := NewExchange(ExchangeSpec{Schema: schema, Sources: sources, MaxConcurrent: b.env.MaxConcurrent})
		b.progress = append(b.progress, FragmentProgress{n.Fragment, x.Progress})
		return x, nil
	}
	keys := make([]SortKey, len(n.Keys))
	for i, k := range n.Keys {
		at, err := positions(n.Columns(), []plan.Column{k.Col})
		if err != nil {
			return nil, err
		}
		keys[i] = SortKey{Column: at[0], Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	m, err := NewOrderedMerge(MergeSpec{Schema: schema, Sources: sources, Keys: keys, BatchRows: b.env.BatchRows, BatchBytes: b.batchBytes, Alloc: b.env.Alloc})
	if err != nil {
		return nil, err
	}
	b.progress = append(b.progress, FragmentProgress{n.Fragment, m.Progress})
	return m, nil
}

func (b *builder) source(f *plan.Fragment, t plan.Target, schema *arrow.Schema) (Source, error) {
	c, err := b.env.Connector(t.Shard)
	if err != nil {
		return Source{}, err
	}
	args, err := b.args(t.Statement)
	if err != nil {
		return Source{}, err
	}
	stmt := connectors.Statement{SQL: t.Statement.SQL, Schema: schema, BatchRows: b.env.BatchRows, BatchBytes: b.batchBytes, Alloc: b.env.Alloc}
	shard := b.snapshots.join(t.Shard, c)
	b.asked[t.Shard]++
	s := Source{Shard: t.Shard, Optional: b.env.Optional, Heard: b.env.Heard, Open: func(ctx context.Context) (connectors.Reader, error) {
		stmt.Args = args()
		return shard.query(ctx, stmt)
	}}
	if len(f.Targets) > 1 {
		s.Alone = func() bool { return b.asked[t.Shard] == 1 } // all sources are made before any is read
	}
	if t.Small != nil && b.env.Small != nil {
		if s.After, err = b.small(f, t); err != nil {
			return Source{}, err
		}
	}
	if b.env.Arrived != nil {
		s.Arrived = func(replica string, rec arrow.Record) error { return b.env.Arrived(f, t.Shard, replica, rec) }
	}
	return s, nil
}

// small counts what a target keeps back, in the state of the shard that its rows are of.
func (b *builder) small(f *plan.Fragment, t plan.Target) (func(context.Context) error, error) {
	c, err := b.env.Connector(t.Shard)
	if err != nil {
		return nil, err
	}
	args, err := b.args(*t.Small)
	if err != nil {
		return nil, err
	}
	shard := b.snapshots.join(t.Shard, c)
	schema := arrow.NewSchema([]arrow.Field{{Name: "small_groups", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	stmt := connectors.Statement{SQL: t.Small.SQL, Schema: schema, BatchRows: b.env.BatchRows, Alloc: b.env.Alloc}
	return func(ctx context.Context) error {
		stmt.Args = args()
		count := Source{Shard: t.Shard, Optional: b.env.Optional, Heard: b.env.Heard,
			Open: func(ctx context.Context) (connectors.Reader, error) { return shard.query(ctx, stmt) }}
		m := &meter{shard: t.Shard}
		return count.read(ctx, schema, m, func(rec arrow.Record) error {
			n, ok := rec.Column(0).(*array.Int64)
			if !ok || n.Len() != 1 || n.IsNull(0) {
				return fmt.Errorf("internal error: shard %s did not count the groups that it keeps back", t.Shard)
			}
			b.env.Small(f, t.Shard, m.server(), n.Value(0))
			return nil
		})
	}, nil
}

// args returns what gives a statement's parameters, once the steps that they come from have run.
func (b *builder) args(s plan.Statement) (func() []connectors.Arg, error) {
	for _, n := range s.Params {
		if n < 1 || n > len(b.env.Args) {
			return nil, fmt.Errorf("internal error: a statement needs parameter $%d", n)
		}
	}
	all := b.env.Args
	return func() []connectors.Arg {
		out := make([]connectors.Arg, len(s.Params))
		for i, n := range s.Params {
			out[i] = all[n-1]
		}
		return out
	}, nil
}

func (b *builder) mergeAggregate(n *plan.MergeAggregate, in Operator) (Operator, error) {
	cols := n.Input.Columns()
	keys, err := positions(cols, n.Keys)
	if err != nil {
		return nil, err
	}
	spec := aggregate.HashSpec{Input: in.Schema(), Keys: keys, Output: schemaFor(n.Columns()), MaxBytes: b.env.MaxBytes}
	for _, a := range n.Aggs {
		types := make([]arrow.DataType, len(a.ArgTypes))
		for i, t := range a.ArgTypes {
			types[i] = t.Arrow()
		}
		f, err := b.function(a, types)
		if err != nil {
			return nil, err
		}
		inputs, err := positions(cols, a.Partials)
		if err != nil {
			return nil, err
		}
		spec.Aggs = append(spec.Aggs, aggregate.Agg{Function: f, Inputs: inputs, Name: a.Col.Name, Field: a.Col.Type.Field(a.Col.Name)})
	}
	groups := GroupsSpec{Hash: spec, Alloc: b.env.Alloc, Account: b.env.Account, Space: b.env.Spill, BatchRows: b.env.BatchRows}
	if n.Withheld {
		return NewWithheld(b.env.Alloc, in, func(in Operator) (Operator, error) { return NewHashAggregate(in, groups) })
	}
	if n.Sets != nil {
		return NewGroupingSets(in, GroupingSetsSpec{Groups: groups, Sets: n.Sets})
	}
	return NewHashAggregate(in, groups)
}

func (b *builder) residual(n *plan.Residual) (Operator, error) {
	args, err := b.args(n.Statement)
	if err != nil {
		return nil, err
	}
	q := ResidualQuery{SQL: n.Statement.SQL, Schema: schemaFor(n.Columns()), BatchRows: b.env.BatchRows, Alloc: b.env.Alloc}
	for i, src := range n.Sources {
		op, err := b.build(src)
		if err == nil {
			op, err = b.inputNames(op, src.Columns())
		}
		if err != nil {
			for _, in := range q.Inputs {
				err = closing(in.Source, err)
			}
			return nil, err
		}
		q.Inputs = append(q.Inputs, ResidualInput{Name: "in" + strconv.Itoa(i), Source: op})
	}
	return NewResidual(b.env.Residual, q, args), nil
}

// inputNames gives a residual's input the column names by which its statement calls them.
func (b *builder) inputNames(op Operator, cols []plan.Column) (Operator, error) {
	named := make([]plan.Column, len(cols))
	at := make([]int, len(cols))
	for i, name := range plan.Aliases(cols) {
		named[i] = cols[i]
		named[i].Name = name
		at[i] = i
	}
	return b.selected(op, at, named)
}
