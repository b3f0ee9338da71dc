package scalar

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/axiomhq/hyperloglog"

	"github.com/atoll-sql/atoll/aggregate/hll"
)

// TestSketches estimates stored sketches, sparse and dense, as the library does.
func TestSketches(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	b := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
	defer b.Release()
	r := rand.New(rand.NewPCG(1, 1))
	var want, wantErrors []string
	for _, c := range []struct {
		precision uint8
		hashes    int
		err       string
	}{{4, 0, "0.26"}, {4, 40, "0.26"}, {10, 12, "0.0325"}, {14, 1000, "0.008125"}, {14, 50_000, "0.008125"}} {
		sk, err := hyperloglog.NewSketch(c.precision, false)
		if err != nil {
			t.Fatal(err)
		}
		s, err := hll.New(hll.Origin{Precision: c.precision, Hash: hll.Portable})
		if err != nil {
			t.Fatal(err)
		}
		for range c.hashes {
			h := r.Uint64()
			s.Insert(h)
			sk.InsertHash(h)
		}
		b.Append(s.Append(nil))
		want, wantErrors = append(want, strconv.FormatUint(sk.Estimate(), 10)), append(wantErrors, c.err)
	}
	b.AppendNull()
	want, wantErrors = append(want, "NULL"), append(wantErrors, "NULL")
	in := []arrow.Array{b.NewArray()}
	defer in[0].Release()
	for name, want := range map[string][]string{"pg_hll_estimate": want, "pg_hll_error": wantErrors} {
		out, err := findFunction(t, name, []arrow.DataType{arrow.BinaryTypes.Binary}).Eval(alloc, in, len(want))
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range textsOf(t, alloc, out) {
			if s != want[i] {
				t.Errorf("%s, row %d: %s, want %s", name, i, s, want[i])
			}
		}
		out.Release()
	}
}

func TestNoSketches(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	impossible := "HLL\x01\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00" // 16 registers of the highest rank follow
	for range 16 {
		impossible += "\x3d"
	}
	for data, state := range map[string]string{"": "22023", "HLL\x01": "22023", "HLL\x02" + impossible[4:]: "22023", impossible + "\x00": "22023", impossible: "22003"} {
		b := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
		b.AppendString(data)
		in := b.NewArray()
		_, err := findFunction(t, "pg_hll_estimate", []arrow.DataType{arrow.BinaryTypes.Binary}).Eval(alloc, []arrow.Array{in}, 1)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != state {
			t.Errorf("%q: %v, want %s", data, err, state)
		}
		in.Release()
		b.Release()
	}
}
