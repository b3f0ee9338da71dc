package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// ranks is what the Narrow operators of one plan.Ranks share. Those of one query run one after the other; it is released with the
// last of them.
type ranks struct {
	narrowing
	spec      *plan.Ranks
	fractions []wanted // by want
	account   *Account
	keys      []arrow.Array // the groups' keys
	users     atomic.Int32
	counted   int64 // bytes in the account
}

// wanted is the fraction of one want, or NULL.
type wanted struct {
	of   float64
	seen bool
}

// Narrow is the coordinator's part of one round of counts; see plan.Narrow. It reads its input at its first Next, if there is anything
// left to find.
type Narrow struct {
	operator
	input     Operator
	ranks     *ranks
	round     int
	last      bool
	alloc     memory.Allocator
	batchRows int
	read      bool
	next      int // interval or group to hand out
}

func (b *builder) narrow(n *plan.Narrow, in Operator) (Operator, error) {
	r := b.ranks[n.Ranks]
	if r == nil {
		r = &ranks{spec: n.Ranks, account: b.env.Account, narrowing: narrowing{shifts: n.Ranks.Shifts, few: n.Ranks.Few}}
		for _, w := range n.Ranks.Wants {
			f, err := b.fraction(w.Fraction)
			if err != nil {
				return nil, closing(in, err)
			}
			r.fractions = append(r.fractions, f)
		}
		if b.ranks == nil {
			b.ranks = map[*plan.Ranks]*ranks{}
		}
		b.ranks[n.Ranks] = r
	}
	cols := 3
	if n.Round == 1 {
		cols = len(n.Ranks.Keys) + 2
	}
	if got := in.Schema().NumFields(); got != cols {
		return nil, closing(in, fmt.Errorf("internal error: counts of %d columns where %d were expected", got, cols))
	}
	r.users.Add(1)
	op := &Narrow{operator: operator{schema: schemaFor(n.Cols)}, input: in, ranks: r, round: n.Round, last: n.Last(), alloc: b.env.Alloc, batchRows: b.env.BatchRows}
	if op.batchRows <= 0 {
		op.batchRows = connectors.DefaultBatchRows
	}
	return op, nil
}

// fraction reads a percentile's constant argument.
func (b *builder) fraction(x plan.Expr) (wanted, error) {
	c, err := b.constant(x)
	if err != nil || c.Null {
		return wanted{}, err
	}
	v, err := strconv.ParseFloat(c.Text, 64)
	if err != nil {
		return wanted{}, errors.New("internal error: the fraction of a percentile is not in its canonical form")
	}
	return wanted{v, true}, nil
}

// Next implements Operator.
func (n *Narrow) Next(ctx context.Context) (arrow.Record, error) {
	return n.operator.next(ctx, n.produce)
}

func (n *Narrow) produce(ctx context.Context) (arrow.Record, error) {
	if !n.read {
		n.read = true
		if n.round == 1 || len(n.ranks.open) > 0 {
			if err := n.consume(ctx); err != nil {
				return nil, err
			}
		}
		if n.last && len(n.ranks.open) > 0 {
			return nil, errors.New("internal error: the last round of counts left values open")
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n.last {
		return n.results()
	}
	return n.bounds()
}

// consume reads the counts and learns from them.
func (n *Narrow) consume(ctx context.Context) error {
	var counts []tally
	groups, err := n.newGroups()
	if err != nil {
		return err
	}
	defer groups.release()
	for {
		rec, err := n.input.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			counts, err = n.tallied(rec, groups, counts)
		}
		if err == nil && n.ranks.account != nil {
			n.ranks.count(int64(24*cap(counts)) + groups.bytes())
			err = n.ranks.account.Over()
		}
		if err != nil {
			return err
		}
	}
	if err := n.input.Close(); err != nil {
		return err
	}
	if n.round > 1 {
		err = n.ranks.learn(n.round, counts)
	} else {
		n.ranks.keys = groups.arrays()
		var places func(int64) []int64
		if places, err = n.ranks.places(groups.n); err == nil {
			err = n.ranks.begin(groups.n, counts, places)
		}
	}
	n.ranks.count(n.ranks.bytes())
	return err
}

// count notes how many bytes the ranks hold beyond Arrow's.
func (r *ranks) count(bytes int64) {
	if r.account != nil {
		r.account.Add(bytes - r.counted)
		r.counted = bytes
	}
}

// tallied adds the counts of a batch. Rows without a value are in no bucket: they only tell that their group is there.
func (n *Narrow) tallied(rec arrow.Record, groups *groupKeys, counts []tally) ([]tally, error) {
	cols := rec.Columns()
	last := len(cols) - 2
	bucket, count := cols[last], column.Values[int64](cols[last+1])
	var of []int
	if n.round == 1 {
		var err error
		if of, err = groups.number(cols[:last], int(rec.NumRows())); err != nil {
			return nil, err
		}
	} else {
		for _, v := range column.Values[int64](cols[0]) {
			of = append(of, int(v))
		}
	}
	keys := column.Values[int64](bucket)
	for i, g := range of {
		if !bucket.IsNull(i) {
			counts = append(counts, tally{g, keys[i], count[i]})
		}
	}
	return counts, nil
}

// places are those that the wants ask for. Fractions are looked at only if there is a group.
func (r *ranks) places(groups int) (func(total int64) []int64, error) {
	for _, f := range r.fractions {
		if groups > 0 && f.seen && !(f.of >= 0 && f.of <= 1) {
			return nil, &aggregate.Error{SQLState: "22003", Text: fmt.Sprintf("percentile value %g is not between 0 and 1", f.of)}
		}
	}
	return func(total int64) []int64 {
		var out []int64
		for i, w := range r.spec.Wants {
			if f := r.fractions[i]; f.seen {
				low, high, _ := fractionPlaces(f.of, w.Between, w.Desc, total)
				out = append(out, low, high)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}, nil
}

// bounds hands out the intervals for the next round.
func (n *Narrow) bounds() (arrow.Record, error) {
	from := n.next
	to := min(from+n.batchRows, len(n.ranks.open))
	if from == to {
		return nil, io.EOF
	}
	n.next = to
	open := n.ranks.open[from:to]
	rows := make([]int32, len(open))
	for i, v := range open {
		rows[i] = int32(v.group)
	}
	cols := make([]arrow.Array, 0, n.schema.NumFields())
	defer func() { release(cols) }()
	for _, key := range n.ranks.keys {
		v, err := column.NewVector(n.alloc, key.DataType())
		if err != nil {
			return nil, err
		}
		err = v.AppendRows(key, rows)
		if err == nil {
			cols = append(cols, v.Array())
		}
		v.Release()
		if err != nil {
			return nil, err
		}
	}
	for _, of := range []func(i int) int64{
		func(i int) int64 { return int64(from + i) }, func(i int) int64 { return open[i].bound }, func(i int) int64 { return open[i].mask },
	} {
		b := array.NewInt64Builder(n.alloc)
		for i := range open {
			b.Append(of(i))
		}
		cols = append(cols, b.NewArray())
		b.Release()
	}
	return array.NewRecord(n.schema, cols, int64(len(open))), nil
}

// results hands out the groups.
func (n *Narrow) results() (arrow.Record, error) {
	from := n.next
	to := min(from+n.batchRows, len(n.ranks.totals))
	if from == to {
		return nil, io.EOF
	}
	n.next = to
	cols := make([]arrow.Array, 0, n.schema.NumFields())
	defer func() { release(cols) }()
	for _, key := range n.ranks.keys {
		cols = append(cols, array.NewSlice(key, int64(from), int64(to)))
	}
	for i := range n.ranks.spec.Wants {
		col, err := n.result(i, from, to)
		if err != nil {
			return nil, err
		}
		cols = append(cols, col)
	}
	return array.NewRecord(n.schema, cols, int64(to-from)), nil
}

func (n *Narrow) result(want, from, to int) (arrow.Array, error) {
	r := n.ranks
	w, f := r.spec.Wants[want], r.fractions[want]
	b := array.NewBuilder(n.alloc, w.Col.Type.Arrow())
	defer b.Release()
	for g := from; g < to; g++ {
		total := r.totals[g]
		if !f.seen || total == 0 {
			b.AppendNull()
			continue
		}
		low, high, part := fractionPlaces(f.of, w.Between, w.Desc, total)
		var err error
		if w.Between {
			var v float64
			v, err = r.between(r.key(g, low), r.key(g, high), low == high, part)
			b.(*array.Float64Builder).Append(v)
		} else {
			err = appendKey(b, r.spec.Of, r.key(g, low))
		}
		if err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}

func (r *ranks) between(low, high int64, same bool, part float64) (float64, error) {
	v, err := keyNumber(r.spec.Of, low)
	if err != nil || same {
		return v, err
	}
	next, err := keyNumber(r.spec.Of, high)
	return v + float64(part*(next-v)), err // not fused: PostgreSQL rounds in between
}

func release(cols []arrow.Array) {
	for _, c := range cols {
		c.Release()
	}
}

// Close implements Operator.
func (n *Narrow) Close() error {
	if n.shut() {
		if n.ranks.users.Add(-1) == 0 {
			release(n.ranks.keys)
			n.ranks.keys = nil
			n.ranks.count(0)
		}
	}
	return n.input.Close()
}
