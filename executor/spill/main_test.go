package spill

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashEnv); dir != "" {
		crash(dir)
	}
	goleak.VerifyTestMain(m)
}

var everyType = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float32,
	arrow.PrimitiveTypes.Float64, &arrow.Decimal128Type{Precision: 20, Scale: 4}, &arrow.Decimal256Type{Precision: 76, Scale: 38},
	arrow.BinaryTypes.String, arrow.BinaryTypes.Binary, arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Time64us,
	&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, &arrow.FixedSizeBinaryType{ByteWidth: 16}, arrow.FixedWidthTypes.MonthDayNanoInterval,
}

// randomBatch makes a batch of all types, with NULLs in every second column, cut out of a longer one.
func randomBatch(t testing.TB, alloc memory.Allocator, rng *rand.Rand, rows int) arrow.Record {
	t.Helper()
	var fields []arrow.Field
	for i, dt := range everyType {
		fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: dt, Nullable: true})
	}
	b := array.NewRecordBuilder(alloc, arrow.NewSchema(fields, nil))
	defer b.Release()
	for c, f := range fields {
		for range rows + 5 {
			if c%2 == 0 && rng.IntN(4) == 0 {
				b.Field(c).AppendNull()
				continue
			}
			appendRandom(t, b.Field(c), f.Type, rng)
		}
	}
	whole := b.NewRecord()
	defer whole.Release()
	return whole.NewSlice(3, int64(rows+3))
}

func appendRandom(t testing.TB, b array.Builder, dt arrow.DataType, rng *rand.Rand) {
	t.Helper()
	var err error
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(rng.IntN(2) == 0)
	case *array.StringBuilder:
		b.Append(strings.Repeat("x", rng.IntN(20)))
	case *array.BinaryBuilder:
		b.Append([]byte(strings.Repeat("\x00y", rng.IntN(9))))
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte(fmt.Sprintf("%016d", rng.IntN(1<<30))))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(arrow.MonthDayNanoInterval{Months: int32(rng.IntN(9)), Days: 3, Nanoseconds: rng.Int64()})
	case *array.Date32Builder:
		b.Append(arrow.Date32(rng.IntN(1 << 16)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(rng.IntN(1 << 30)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(rng.Int64N(1 << 50)))
	default:
		err = b.AppendValueFromString(fmt.Sprint(rng.IntN(1 << 14)))
	}
	if err != nil {
		t.Fatalf("%s: %v", dt, err)
	}
}

func open(t testing.TB, o Options) *Space {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// create makes a file, and checks in the end that it was closed.
func create(t testing.TB, s *Space) *File {
	t.Helper()
	f, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// names lists a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}
