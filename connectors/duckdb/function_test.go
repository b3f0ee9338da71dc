package duckdb

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/scalar"
)

// identity is a function of one type that returns its argument.
func identity(name string, t arrow.DataType, strict bool) scalar.Function {
	return scalar.Function{Name: name, Args: []arrow.DataType{t}, Result: t, Strict: strict,
		Eval: func(_ memory.Allocator, args []arrow.Array, _ int) (arrow.Array, error) {
			args[0].Retain()
			return args[0], nil
		}}
}

// int64Function is a function of bigints, computed value by value; ok false gives NULL.
func int64Function(name string, args int, strict bool, eval func(vals []int64, valid []bool) (int64, bool, error)) scalar.Function {
	f := scalar.Function{Name: name, Result: arrow.PrimitiveTypes.Int64, Strict: strict}
	for range args {
		f.Args = append(f.Args, arrow.PrimitiveTypes.Int64)
	}
	f.Eval = func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
		b := array.NewInt64Builder(alloc)
		defer b.Release()
		vals, valid := make([]int64, len(args)), make([]bool, len(args))
		for i := range rows {
			for j, a := range args {
				vals[j], valid[j] = a.(*array.Int64).Value(i), a.IsValid(i)
			}
			v, ok, err := eval(vals, valid)
			if err != nil {
				return nil, err
			}
			if ok {
				b.Append(v)
			} else {
				b.AppendNull()
			}
		}
		return b.NewArray(), nil
	}
	return f
}

// TestFunctionTypes sends the edges of every type through a function.
func TestFunctionTypes(t *testing.T) {
	var functions []scalar.Function
	for i, col := range edgeColumns() {
		functions = append(functions, identity(fmt.Sprintf("test_same_%d", i), col.typ, i%2 == 0))
	}
	r := newResidual(t, ResidualOptions{}, functions...)
	for i, col := range edgeColumns() {
		alloc := checkedAllocator(t)
		arr := edgeArray(alloc, col, 300, true)
		schema := schemaOf(field("v", col.typ))
		rec := array.NewRecord(schema, []arrow.Array{arr}, int64(arr.Len()))
		for _, sql := range []string{"SELECT test_same_%d(v) FROM in0", "SELECT test_same_%d(v) FROM in0 WHERE v IS NOT NULL OR true"} {
			recs, err := collect(t, r, ResidualQuery{SQL: fmt.Sprintf(sql, i), Schema: schema,
				Inputs: []Input{{Name: "in0", Source: &records{schema: schema, recs: []arrow.Record{rec}}}}})
			if err != nil {
				t.Fatalf("%s: %v", col.typ, err)
			}
			if !array.Equal(arr, recs[0].Column(0)) {
				t.Errorf("%s: differs", col.typ)
			}
		}
		rec.Release()
		arr.Release()
	}
}

func TestFunctions(t *testing.T) {
	var calls atomic.Int64
	volatile := int64Function("test_next", 0, false, func([]int64, []bool) (int64, bool, error) { return calls.Add(1), true, nil })
	volatile.Volatile = true
	r := newResidual(t, ResidualOptions{},
		int64Function("test_add", 2, true, func(v []int64, _ []bool) (int64, bool, error) { return v[0] + v[1], true, nil }),
		int64Function("test_or", 2, false, func(v []int64, valid []bool) (int64, bool, error) {
			if valid[0] {
				return v[0], true, nil
			}
			return v[1], valid[1], nil
		}),
		int64Function("test_pick", 1, true, func(v []int64, _ []bool) (int64, bool, error) { return v[0] * 10, true, nil }),
		int64Function("test_pick", 2, true, func(v []int64, _ []bool) (int64, bool, error) { return v[0] * v[1], true, nil }),
		volatile)
	for _, tc := range []struct {
		sql  string
		want int64
	}{
		{"SELECT test_add(1, 2)", 3},
		{"SELECT count(test_add(id, NULL)) FROM in0", 0},
		{"SELECT count(*) FROM in0 WHERE test_add(id, CASE WHEN id % 2 = 0 THEN id END) IS NULL", 5000},
		{"SELECT sum(test_add(id, 1)) FROM in0", 10_000 * 10_001 / 2},
		{"SELECT test_or(NULL, 7)", 7},
		{"SELECT sum(test_or(CASE WHEN id < 10 THEN NULL ELSE 0 END, id)) FROM in0", 45},
		{"SELECT test_pick(4) + test_pick(3, 5)", 55},
		{"SELECT test_pick(4::SMALLINT)", 40},
		{"SELECT count(DISTINCT test_next()) FROM in0", 10_000},
		{"SELECT count(*) FROM in0 WHERE test_add(id, 0) BETWEEN 4000 AND 4999", 1000},
	} {
		if got := one(t, r, ResidualQuery{SQL: tc.sql, Inputs: []Input{rowsInput(t, memory.DefaultAllocator, 10_000, 3000)}}); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.sql, got, tc.want)
		}
	}
}

func TestFunctionErrors(t *testing.T) {
	raise := func(name string, err error) scalar.Function {
		return int64Function(name, 1, true, func(v []int64, valid []bool) (int64, bool, error) {
			if valid[0] && v[0] == 5 {
				return 0, false, err
			}
			return v[0], true, nil
		})
	}
	panics := raise("test_panic", nil)
	panics.Eval = func(memory.Allocator, []arrow.Array, int) (arrow.Array, error) { panic("secret-cell") }
	short := raise("test_short", nil)
	short.Eval = func(alloc memory.Allocator, _ []arrow.Array, rows int) (arrow.Array, error) {
		return array.MakeArrayOfNull(alloc, arrow.PrimitiveTypes.Int64, rows-1), nil
	}
	r := newResidual(t, ResidualOptions{}, panics, short,
		raise("test_zero", errors.New("sqlstate:22012")), raise("test_odd", errors.New("secret-cell is odd")))
	for _, tc := range []struct {
		sql   string
		class connectors.Class
		state string
	}{
		{"SELECT test_zero(5)", connectors.ClassData, "22012"},
		{"SELECT test_zero(id) FROM in0", connectors.ClassData, "22012"},
		{"SELECT id FROM in0 WHERE test_zero(id) > 3", connectors.ClassData, "22012"},
		{"SELECT error('sqlstate:22003')::BIGINT", connectors.ClassData, "22003"},
		{"SELECT test_odd(id) FROM in0", connectors.ClassInternal, "XX000"},
		{"SELECT test_panic(id) FROM in0", connectors.ClassInternal, "XX000"},
		{"SELECT test_short(id) FROM in0", connectors.ClassInternal, "XX000"},
		{"SELECT test_short(1)", connectors.ClassInternal, "XX000"},
	} {
		_, err := collect(t, r, ResidualQuery{SQL: tc.sql, Schema: bigint, Inputs: []Input{rowsInput(t, memory.DefaultAllocator, 100, 100)}})
		e := mustError(t, err)
		if e.Class != tc.class || e.SQLState != tc.state || strings.Contains(err.Error(), "secret-cell") {
			t.Errorf("%s: class %q: %v", tc.sql, e.Class, err)
		}
	}
	// A branch that is not taken must not fail.
	got := one(t, r, ResidualQuery{SQL: "SELECT count(CASE WHEN id = 5 THEN 1 ELSE test_zero(id) END) FROM in0",
		Inputs: []Input{rowsInput(t, memory.DefaultAllocator, 100, 100)}})
	if got != 100 {
		t.Errorf("guarded calls: %d", got)
	}
}

func TestDuplicateOverload(t *testing.T) {
	r := newResidual(t, ResidualOptions{}, identity("test_twice", arrow.PrimitiveTypes.Int64, true),
		identity("test_twice", arrow.PrimitiveTypes.Int64, true))
	if _, err := collect(t, r, ResidualQuery{SQL: "SELECT 1", Schema: bigint}); err == nil || !strings.Contains(err.Error(), "test_twice") {
		t.Errorf("got %v", err)
	}
}
