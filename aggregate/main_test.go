package aggregate

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Types by the letters that the tests use.
var types = map[string]arrow.DataType{
	"int16": arrow.PrimitiveTypes.Int16, "int32": arrow.PrimitiveTypes.Int32, "int64": arrow.PrimitiveTypes.Int64,
	"float32": arrow.PrimitiveTypes.Float32, "float64": arrow.PrimitiveTypes.Float64,
	"n(10,2)": &arrow.Decimal128Type{Precision: 10, Scale: 2}, "n(30,5)": &arrow.Decimal128Type{Precision: 30, Scale: 5},
	"numeric": Wide, "text": arrow.BinaryTypes.String, "bool": arrow.FixedWidthTypes.Boolean,
	"date": arrow.FixedWidthTypes.Date32, "timestamp": &arrow.TimestampType{Unit: arrow.Microsecond},
	"interval": arrow.FixedWidthTypes.MonthDayNanoInterval,
	"uuid":     &arrow.FixedSizeBinaryType{ByteWidth: 16},
}

func typesOf(t testing.TB, names ...string) []arrow.DataType {
	t.Helper()
	var out []arrow.DataType
	for _, n := range names {
		if types[n] == nil {
			t.Fatalf("no type %q", n)
		}
		out = append(out, types[n])
	}
	return out
}

// parse makes an array from texts separated by blanks; NULL is NULL, ” the empty text.
func parse(t testing.TB, alloc memory.Allocator, dt arrow.DataType, text string) arrow.Array {
	t.Helper()
	b := array.NewBuilder(alloc, dt)
	defer b.Release()
	for _, s := range strings.Fields(text) {
		switch {
		case s == "NULL":
			b.AppendNull()
			continue
		case s == "''":
			s = ""
		case s == "-0" && dt.ID() == arrow.FLOAT64:
			b.(*array.Float64Builder).Append(math.Copysign(0, -1))
			continue
		}
		if dt.ID() == arrow.STRING {
			s = strings.ReplaceAll(s, "_", " ")
		}
		if iv, ok := b.(*array.MonthDayNanoIntervalBuilder); ok {
			if err := iv.UnmarshalJSON([]byte("[" + s + "]")); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := b.AppendValueFromString(s); err != nil {
			t.Fatalf("%q as %s: %v", s, dt, err)
		}
	}
	return b.NewArray()
}

// show prints a value without the trailing zeros of a numeric.
func show(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return "NULL"
	}
	switch d := a.(type) {
	case *array.Decimal128:
		return trim(d.Value(i).ToString(d.DataType().(*arrow.Decimal128Type).Scale))
	case *array.Decimal256:
		return trim(d.Value(i).ToString(d.DataType().(*arrow.Decimal256Type).Scale))
	}
	return a.ValueStr(i)
}

func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// merge runs a Hash over batches and returns its rows as lines, values separated by a bar.
func merge(t testing.TB, alloc memory.Allocator, spec HashSpec, batches ...arrow.Record) ([]string, error) {
	t.Helper()
	h, err := NewHash(alloc, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	for _, b := range batches {
		if err := h.Consume(context.Background(), b); err != nil {
			return nil, err
		}
	}
	r := h.Results(3)
	defer r.Close()
	var out []string
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for row := range int(rec.NumRows()) {
			var line []string
			for _, c := range rec.Columns() {
				line = append(line, show(c, row))
			}
			out = append(out, strings.Join(line, "|"))
		}
	}
}

// plainSpec groups by the first keys columns and gives each function its partials from the columns after.
func plainSpec(keys []arrow.Field, fns ...*Function) HashSpec {
	in, out := append([]arrow.Field{}, keys...), append([]arrow.Field{}, keys...)
	spec := HashSpec{}
	for i := range keys {
		spec.Keys = append(spec.Keys, i)
	}
	for _, f := range fns {
		a := Agg{Function: f, Name: string(f.Kind), Field: f.Field(string(f.Kind))}
		for p := range f.Partials {
			a.Inputs = append(a.Inputs, len(in))
			in = append(in, f.PartialField(p, "p"))
		}
		spec.Aggs = append(spec.Aggs, a)
		out = append(out, a.Field)
	}
	spec.Input, spec.Output = arrow.NewSchema(in, nil), arrow.NewSchema(out, nil)
	return spec
}

func lookup(t testing.TB, name string, distinct bool, args ...string) *Function {
	t.Helper()
	f, err := Lookup(name, typesOf(t, args...), distinct)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func record(t testing.TB, schema *arrow.Schema, cols ...arrow.Array) arrow.Record {
	t.Helper()
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	n := int64(0)
	if len(cols) > 0 {
		n = int64(cols[0].Len())
	}
	return array.NewRecord(schema, cols, n)
}
