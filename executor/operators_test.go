package executor

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
)

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		script        string
		offset, count int64
		want          string
	}{
		{"1:a 2:b;3:c", 0, 2, "1:a 2:b"},
		{"1:a 2:b;3:c", 1, 1, "2:b"},
		{"1:a 2:b;3:c", 2, NoLimit, "3:c"},
		{"1:a 2:b;3:c", 1, 2, "2:b 3:c"},
		{"1:a 2:b;err", 0, 2, "1:a 2:b"},
		{"err", 0, 0, ""},
		{"1:a", 5, 5, ""},
	} {
		w := newWorld(t, schemaKV)
		l, err := NewLimit(newChecker(w.serial(c.script), w.alloc), c.offset, c.count)
		if err != nil {
			t.Fatal(err)
		}
		op := newChecker(l, w.alloc)
		got, err := rows(t, context.Background(), op)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v %v", c, got, err)
		}
		if err := op.Close(); err != nil {
			t.Fatal(err)
		}
		w.checkClosed()
	}
	if _, err := NewLimit(nil, -1, 0); err == nil {
		t.Fatal("a negative offset was taken")
	}
}

func TestSelect(t *testing.T) {
	w := newWorld(t, schemaKV)
	fields := schemaKV.Fields()
	fields[0].Name, fields[1].Name = "x", "y"
	schema := arrow.NewSchema([]arrow.Field{fields[1], fields[0], fields[1]}, nil)
	s, err := NewSelect(w.serial("1:a NULL:b;2:c"), []int{1, 0, 1}, schema)
	if err != nil {
		t.Fatal(err)
	}
	op := newChecker(s, w.alloc)
	got, err := rows(t, context.Background(), op)
	if err != nil || strings.Join(got, " ") != "a:1:a b:NULL:b c:2:c" {
		t.Fatal(got, err)
	}
	if err := op.Close(); err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]int{{0, 0, 1}, {1, 0}, {1, 0, 2}} {
		if _, err := NewSelect(w.serial(""), bad, schema); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

// sumByKey is SELECT k, sum(n) … GROUP BY k over int64 partials.
func sumByKey(t *testing.T) aggregate.HashSpec {
	t.Helper()
	sum, err := aggregate.Lookup("sum", []arrow.DataType{arrow.PrimitiveTypes.Int32}, false)
	if err != nil {
		t.Fatal(err)
	}
	k := arrow.Field{Name: "k", Type: arrow.BinaryTypes.String, Nullable: true}
	return aggregate.HashSpec{
		Input: arrow.NewSchema([]arrow.Field{k, sum.PartialField(0, "p")}, nil), Keys: []int{0},
		Aggs:   []aggregate.Agg{{Function: sum, Inputs: []int{1}, Name: "sum", Field: sum.Field("sum")}},
		Output: arrow.NewSchema([]arrow.Field{k, sum.Field("sum")}, nil),
	}
}

func TestHashAggregate(t *testing.T) {
	for _, c := range []struct{ script, want, fails string }{
		{"a:1 b:2;a:3 NULL:4;NULL:NULL", "NULL:4 a:4 b:2", ""},
		{"", "", ""},
		{"a:1;err", "", "boom"},
		{"a:9223372036854775807;a:1", "", "bigint out of range (column \"sum\") (SQLSTATE 22003)"},
	} {
		spec := sumByKey(t)
		w := newWorld(t, spec.Input)
		a, err := NewHashAggregate(newChecker(w.serial(c.script), w.alloc), GroupsSpec{Hash: spec, Alloc: w.alloc, BatchRows: 2})
		if err != nil {
			t.Fatal(err)
		}
		op := newChecker(a, w.alloc)
		got, err := rows(t, context.Background(), op)
		if c.fails != "" && (err == nil || err.Error() != c.fails) || c.fails == "" && err != nil {
			t.Errorf("%s: %v", c.script, err)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v", c.script, got)
		}
		if err := op.Close(); err != nil {
			t.Fatal(err)
		}
		w.checkClosed()
	}
}

// echoEngine answers a query with its first input.
type echoEngine struct{ fail error }

func (e echoEngine) Query(_ context.Context, q ResidualQuery) (connectors.Reader, error) {
	if e.fail != nil {
		return nil, e.fail
	}
	return echoReader{q.Inputs[0].Source}, nil
}

type echoReader struct{ in Operator }

func (r echoReader) Next(ctx context.Context) (arrow.Record, error) { return r.in.Next(ctx) }
func (r echoReader) Stats() connectors.Stats                        { return connectors.Stats{Rows: 7} }
func (r echoReader) Close() error                                   { return nil }

func TestResidual(t *testing.T) {
	w := newWorld(t, schemaKV)
	r := NewResidual(echoEngine{}, ResidualQuery{Schema: schemaKV,
		Inputs: []ResidualInput{{"in", w.serial("1:a;2:b")}}}, nil)
	if r.Stats().Rows != 0 {
		t.Error("statistics before the start")
	}
	op := newChecker(r, w.alloc)
	got, err := rows(t, context.Background(), op)
	if err != nil || strings.Join(got, " ") != "1:a 2:b" || r.Stats().Rows != 7 {
		t.Fatal(got, err)
	}
	if err := op.Close(); err != nil {
		t.Fatal(err)
	}
	w.checkClosed()
	failing := NewResidual(echoEngine{errShard}, ResidualQuery{Schema: schemaKV}, nil)
	if _, err := failing.Next(context.Background()); !errors.Is(err, errShard) {
		t.Fatal(err)
	}
	if err := failing.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAccount(t *testing.T) {
	account := NewAccount(4096)
	alloc := account.Allocator(memory.NewGoAllocator())
	b := alloc.Allocate(1000)
	b = alloc.Reallocate(5000, b)
	var limit *LimitError
	if err := account.Over(); !errors.As(err, &limit) || limit.Limit != "limits.memory" || limit.Max != 4096 || limit.Used != 5000 {
		t.Fatal(err)
	}
	alloc.Free(b)
	if account.Over() != nil || account.Used() != 0 || account.Peak() != 5000 {
		t.Fatal(account.Used(), account.Peak())
	}
	if free := NewAccount(0); free.Over() != nil {
		t.Fatal("no limit is a limit")
	}
}

func TestGuard(t *testing.T) {
	w := newWorld(t, schemaKV)
	account := NewAccount(10)
	op := newChecker(NewGuard(w.serial("1:a;2:b"), account), w.alloc)
	if _, err := op.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	account.Add(11)
	var limit *LimitError
	if _, err := op.Next(context.Background()); !errors.As(err, &limit) {
		t.Fatal(err)
	}
	if err := op.Close(); err != nil {
		t.Fatal(err)
	}
	w.checkClosed()
}

// rogue is an operator that breaks rules.
type rogue struct {
	schema *arrow.Schema
	next   func() (arrow.Record, error)
}

func (r rogue) Schema() *arrow.Schema                      { return r.schema }
func (r rogue) Next(context.Context) (arrow.Record, error) { return r.next() }
func (r rogue) Close() error                               { return nil }

func TestCheckerFindsBreaches(t *testing.T) {
	empty := batch(t, memory.DefaultAllocator, schemaKV, "")
	full := batch(t, memory.DefaultAllocator, schemaKV, "1:a")
	other := arrow.NewSchema(schemaKV.Fields()[:1], nil)
	ends := []error{io.EOF, errShard}
	for _, c := range []struct {
		rule string
		op   rogue
	}{
		{"empty batch", rogue{schemaKV, func() (arrow.Record, error) { return empty, nil }}},
		{"schema", rogue{other, func() (arrow.Record, error) { return full, nil }}},
		{"neither", rogue{schemaKV, func() (arrow.Record, error) { return nil, nil }}},
		{"with an error", rogue{schemaKV, func() (arrow.Record, error) { return full, io.EOF }}},
		{"sticky", rogue{schemaKV, func() (arrow.Record, error) {
			err := ends[0]
			ends = ends[1:]
			return nil, err
		}}},
	} {
		op := newChecker(c.op, memory.DefaultAllocator)
		_, err := op.Next(context.Background())
		if c.rule == "sticky" {
			_, err = op.Next(context.Background())
		}
		var breach *BreachError
		if !errors.As(err, &breach) || !strings.Contains(breach.Rule, c.rule) {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
	op := newChecker(rogue{schemaKV, func() (arrow.Record, error) { return full, nil }}, memory.DefaultAllocator)
	if err := op.Close(); err == nil {
		t.Error("Next after Close went unnoticed")
	}
	if _, err := op.Next(context.Background()); err == nil {
		t.Error("the consumer's Next after Close went unnoticed")
	}
}

// TestCheckerScrambles shows that a batch kept without retaining it is overwritten, and one retained is not.
func TestCheckerScrambles(t *testing.T) {
	w := newWorld(t, schemaKV)
	op := newChecker(w.serial("1:a;2:b;3:c"), w.alloc)
	kept, err := op.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	kept.Retain()
	stolen, err := op.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	bytes := stolen.Column(0).Data().Buffers()[1].Bytes()
	if _, err := op.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	if bytes[0] != 0xdb {
		t.Error("the stolen batch is intact")
	}
	if got := texts(kept); got[0] != "1:a" {
		t.Errorf("the retained batch reads %v", got)
	}
	kept.Release()
	if err := op.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestResultReader(t *testing.T) {
	for _, c := range []struct {
		script, want, fails string
	}{
		{"1:a;2:b", "1:a 2:b", ""},
		{"1:a;err", "1:a", "boom"},
		{"1:a;panic", "1:a", "internal error while computing the result: the query was stopped; the log has the details"},
		{"", "", ""},
	} {
		w := newWorld(t, schemaKV)
		calls := 0
		var told error
		r := NewResultReader(context.Background(), w.serial(c.script), func(err error) { calls++; told = err })
		var got []string
		for r.Next() {
			got = append(got, texts(r.Record())...)
		}
		if strings.Join(got, " ") != c.want || r.Next() || r.Record() != nil {
			t.Errorf("%s: %v", c.script, got)
		}
		if c.fails == "" && r.Err() != nil || c.fails != "" && (r.Err() == nil || r.Err().Error() != c.fails) {
			t.Errorf("%s: %v", c.script, r.Err())
		}
		w.checkClosed() // before Release
		r.Release()
		if calls != 1 || !errors.Is(told, r.Err()) {
			t.Errorf("%s: told %d times, %v", c.script, calls, told)
		}
	}
}

func TestResultReaderReleasedEarly(t *testing.T) {
	w := newWorld(t, schemaKV)
	r := NewResultReader(context.Background(), w.serial("1:a;2:b"), nil)
	if !r.Next() {
		t.Fatal(r.Err())
	}
	r.Retain()
	r.Release()
	if r.Record() == nil {
		t.Fatal("released with a reference left")
	}
	r.Release()
	w.checkClosed()
	if r.Next() || r.Err() != nil {
		t.Fatal(r.Err())
	}
}
