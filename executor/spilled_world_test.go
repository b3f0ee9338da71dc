package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/aggregate/hll"
	"github.com/atoll-sql/atoll/executor/spill"
)

// The types of keys and arguments.
var (
	tInt16, tInt32, tInt64 = arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64
	tFloat32, tFloat64     = arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64
	tText, tBool           = arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean
	tMoney                 = &arrow.Decimal128Type{Precision: 20, Scale: 2}
	tDate                  = arrow.FixedWidthTypes.Date32
	tTime                  = arrow.FixedWidthTypes.Time64us
	tStamp                 = &arrow.TimestampType{Unit: arrow.Microsecond}
	tInterval              = arrow.FixedWidthTypes.MonthDayNanoInterval
	tUUID                  = &arrow.FixedSizeBinaryType{ByteWidth: 16}
	tBytes                 = arrow.BinaryTypes.Binary
)

// spillSpec groups by keys and merges functions, each over partial columns of its own.
func spillSpec(keys []arrow.DataType, fns ...*aggregate.Function) aggregate.HashSpec {
	var in, out []arrow.Field
	spec := aggregate.HashSpec{}
	in = append(in, arrow.Field{Name: "unused", Type: tText, Nullable: true}) // a column that nobody reads
	for i, dt := range keys {
		f := arrow.Field{Name: fmt.Sprint("k", i), Type: dt, Nullable: true}
		spec.Keys = append(spec.Keys, len(in))
		in, out = append(in, f), append(out, f)
	}
	for i, f := range fns {
		a := aggregate.Agg{Function: f, Name: fmt.Sprint(f.Kind, i), Field: f.Field(fmt.Sprint(f.Kind, i))}
		for p := range f.Partials {
			a.Inputs = append(a.Inputs, len(in))
			in = append(in, f.PartialField(p, fmt.Sprint("p", i, p)))
		}
		spec.Aggs, out = append(spec.Aggs, a), append(out, a.Field)
	}
	spec.Input, spec.Output = arrow.NewSchema(in, nil), arrow.NewSchema(out, nil)
	return spec
}

// absent is the name of a column that holds nothing but NULLs.
const absent = "nothing"

// partials makes batches of partial rows over about the given number of groups.
func partials(t testing.TB, alloc memory.Allocator, spec aggregate.HashSpec, rng *rand.Rand, groups, batches, rows int) []arrow.Record {
	t.Helper()
	ops := map[int]aggregate.PartialOp{}
	optional := map[int]bool{} // columns with NULLs
	for _, a := range spec.Aggs {
		for p, c := range a.Inputs {
			ops[c], optional[c] = a.Function.Partials[p].Op, len(a.Inputs) == 1 || a.Function.Partials[0].Op == aggregate.OpTopCell && p == 2
		}
	}
	var out []arrow.Record
	for range batches {
		b := array.NewRecordBuilder(alloc, spec.Input)
		for range rows {
			for c, f := range spec.Input.Fields() {
				switch {
				case slices.Contains(spec.Keys, c):
					appendGroupKey(b.Field(c), rng.IntN(groups))
				case optional[c] && rng.IntN(8) == 0 || f.Name == absent:
					b.Field(c).AppendNull()
				default:
					appendPartial(t, b.Field(c), ops[c], f.Type, rng)
				}
			}
		}
		out = append(out, b.NewRecord())
		b.Release()
	}
	return out
}

// appendGroupKey makes a key of a group's number; group 0 is that of NULLs.
func appendGroupKey(b array.Builder, n int) {
	if n == 0 {
		b.AppendNull()
		return
	}
	appendNumber(b, n)
}

func appendNumber(b array.Builder, n int) {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(n%2 == 0)
	case *array.StringBuilder:
		b.Append(fmt.Sprint("key ", n))
	case *array.BinaryBuilder:
		b.Append(fmt.Append(nil, n))
	case *array.FixedSizeBinaryBuilder:
		b.Append(fmt.Appendf(nil, "%016d", n))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(arrow.MonthDayNanoInterval{Months: int32(n % 100), Days: int32(n % 30), Nanoseconds: int64(n)})
	case *array.Date32Builder:
		b.Append(arrow.Date32(n))
	case *array.Time64Builder:
		b.Append(arrow.Time64(n))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(n) * 1e6)
	default:
		if err := b.AppendValueFromString(fmt.Sprint(n)); err != nil {
			panic(err)
		}
	}
}

func appendPartial(t testing.TB, b array.Builder, op aggregate.PartialOp, dt arrow.DataType, rng *rand.Rand) {
	t.Helper()
	switch {
	case op == aggregate.OpHashes:
		b.(*array.BinaryBuilder).Append(fmt.Appendf(nil, "%08x", rng.Uint32()))
	case op == aggregate.OpTopFloor || op == aggregate.OpTopFloorOnce:
		b.(*array.Int64Builder).Append(rng.Int64N(2))
	case op == aggregate.OpTopCell:
		b.(*array.Int64Builder).Append(rng.Int64N(4)*512 + rng.Int64N(3))
	case op == aggregate.OpValue && dt.ID() == arrow.BINARY: // of hll_merge
		sk, err := hll.New(hll.Origin{Precision: 6})
		if err != nil {
			t.Fatal(err)
		}
		sk.Insert(rng.Uint64())
		b.(*array.BinaryBuilder).Append(sk.Append(nil))
	case op == aggregate.OpCountStar:
		b.(*array.Int64Builder).Append(1 + rng.Int64N(3))
	case dt.ID() == arrow.FLOAT64 && op == aggregate.OpMax: // a fraction
		b.(*array.Float64Builder).Append(rng.Float64())
	case dt.ID() == arrow.FLOAT64:
		b.(*array.Float64Builder).Append(rng.NormFloat64() * 1000)
	default:
		appendNumber(b, 1+rng.IntN(5000))
	}
}

// listOperator yields batches, which it does not own.
type listOperator struct {
	operator
	list []arrow.Record
	fail error // instead of the end
}

func (l *listOperator) Next(ctx context.Context) (arrow.Record, error) {
	return l.next(ctx, func(ctx context.Context) (arrow.Record, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(l.list) == 0 {
			if l.fail != nil {
				return nil, l.fail
			}
			return nil, io.EOF
		}
		rec := l.list[0]
		l.list = l.list[1:]
		rec.Retain()
		return rec, nil
	})
}

func (l *listOperator) Close() error { l.shut(); return nil }

// sortedRows reads an operator to its end and closes it.
func sortedRows(t testing.TB, op Operator) ([]string, error) {
	t.Helper()
	out, err := rows(t, context.Background(), op)
	if cerr := op.Close(); cerr != nil {
		t.Error(cerr)
	}
	slices.Sort(out)
	return out, err
}

// space makes a Space, and checks in the end that nothing is left of what was in it.
func space(t testing.TB, o spill.Options) *spill.Space {
	t.Helper()
	o.Dir = t.TempDir()
	before := openFiles(t)
	s, err := spill.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.Used() != 0 {
			t.Errorf("%d bytes are left on disk", s.Used())
		}
		folder, err := s.Folder()
		if err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
			t.Errorf("left in the folder: %v %v", entries, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if after := openFiles(t); after > before {
			t.Errorf("%d files were open before, %d are", before, after)
		}
		if left, _ := filepath.Glob(filepath.Join(o.Dir, "*")); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
	})
	return s
}

// openFiles is how many descriptors of files below temporary folders, named or not, the process has; 0 where the system does not tell.
func openFiles(t testing.TB) int {
	t.Helper()
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.Contains(to, "atoll-spill-") {
			n++
		}
	}
	return n
}

func releaseRecords(list []arrow.Record) {
	for _, r := range list {
		r.Release()
	}
}

var errInput = errors.New("the input failed")
