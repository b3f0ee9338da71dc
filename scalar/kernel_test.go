package scalar

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// notStrict are the functions for which a NULL among the arguments has a meaning.
var notStrict = map[string]bool{
	"pg_format": true, "pg_overlaps": true, "pg_array_position": true, "pg_array_positions": true, "pg_array_any": true,
	"pg_array_all": true, "pg_array_cat": true, "pg_array_append": true, "pg_array_prepend": true, "pg_array_remove": true,
	"pg_array_replace": true, "pg_array_fill": true, "pg_array_to_string": true, "pg_string_to_array": true, "pg_json_key": true,
}

func TestNullsGiveNull(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, f := range Functions() {
		if notStrict[f.Name] {
			continue
		}
		if !f.Strict {
			t.Errorf("%s is not strict", f.Name)
		}
		args := make([]arrow.Array, len(f.Args))
		for i, dt := range f.Args {
			args[i] = array.MakeArrayOfNull(alloc, dt, 3)
		}
		out, err := f.Eval(alloc, args, 3)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if out.Len() != 3 || out.NullN() != 3 || !arrow.TypeEqual(out.DataType(), f.Result) {
			t.Errorf("%s: %d rows, %d NULLs, type %s", f.Name, out.Len(), out.NullN(), out.DataType())
		}
		out.Release()
		for _, a := range args {
			a.Release()
		}
	}
}

func TestWrongColumns(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, f := range Functions() {
		if _, err := f.Eval(alloc, nil, 1); err == nil {
			t.Errorf("%s takes no columns", f.Name)
		}
	}
}

func TestSignaturesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions() {
		sig := fmt.Sprint(f.Name, f.Args)
		if seen[sig] {
			t.Errorf("%s twice", sig)
		}
		seen[sig] = true
		if !strings.HasPrefix(f.Name, "pg_") || f.Volatile {
			t.Errorf("%s: name or volatility", f.Name)
		}
	}
}

// signature writes a function as doc.go lists it.
func signature(f Function) string {
	name := func(dt arrow.DataType) string {
		if dt.ID() == arrow.DECIMAL256 {
			return "wide"
		}
		return sqlType(dt)
	}
	args := make([]string, len(f.Args))
	for i, dt := range f.Args {
		args[i] = name(dt)
	}
	return fmt.Sprintf("%s(%s) %s", f.Name, strings.Join(args, ", "), name(f.Result))
}

func TestDocListsEveryFunction(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, line := range strings.Split(string(doc), "\n") {
		if sig, ok := strings.CutPrefix(line, "//\t"); ok {
			listed[sig] = true
		}
	}
	for _, f := range Functions() {
		if !listed[signature(f)] {
			t.Errorf("doc.go does not list %s", signature(f))
		}
		delete(listed, signature(f))
	}
	for sig := range listed {
		t.Errorf("doc.go lists %s, which does not exist", sig)
	}
}

func TestBatchWithNullsAndOffsets(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	f := findFunction(t, "pg_numeric_div", types(wideType, wideType))
	a := columnOf(t, alloc, wideType, "9", "1", nullText, "10", "-7.5")
	defer a.Release()
	b := columnOf(t, alloc, wideType, "0", "3", "1", nullText, "2")
	defer b.Release()
	sa, sb := array.NewSlice(a, 1, 5), array.NewSlice(b, 1, 5)
	defer sa.Release()
	defer sb.Release()
	out, err := f.Eval(alloc, []arrow.Array{sa, sb}, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	want := "[0.33333333333333333333 NULL NULL -3.75]"
	if got := fmt.Sprint(textsOf(t, alloc, out)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestErrorsCarryTheirState(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, c := range []struct {
		fn    string
		args  []arrow.DataType
		row   []string
		state string
	}{
		{"pg_int_div", types(tInt4, tInt4), []string{"1", "0"}, "22012"},
		{"pg_wide", types(tText), []string{"NaN"}, "22003"},
		{"pg_wide", types(tText), []string{"secret"}, "22P02"},
		{"pg_numeric_mul", types(wideType, wideType), []string{"1e30", "1e30"}, "22003"},
		{"pg_numeric_mul", types(wideType, wideType), []string{"1e-30", "1e-30"}, "22003"},
		{"pg_numeric_add", types(wideType, wideType), []string{"99999999999999999999999999999999999999", "1"}, "22003"},
		{"pg_text_date", types(tText), []string{"8/1/1999"}, "22007"},
		{"pg_text_date", types(tText), []string{"tomorrow"}, "22007"},
		{"pg_text_date", types(tText), []string{"2021--01-05"}, "22007"},
		{"pg_text_timestamp", types(tText), []string{"20210105T101112"}, "22007"},
		{"pg_text_timestamp", types(tText), []string{"2021-01-05 10:"}, "22007"},
		{"pg_text_timestamptz", types(tText), []string{"2021-01-05 10:00 CEST"}, "22007"},
		{"pg_text_interval", types(tText), []string{"P1"}, "22007"},
		{"pg_text_interval", types(tText), []string{"300 years 2600000 hours"}, "22015"},
		{"pg_wide_limb", types(wideType, tInt4), []string{"1", "8"}, "22023"},
		{"pg_extract", types(tText, tDate), []string{"year", "infinity"}, "22003"},
	} {
		args := make([]arrow.Array, len(c.args))
		for i, dt := range c.args {
			args[i] = columnOf(t, alloc, dt, c.row[i])
		}
		out, err := findFunction(t, c.fn, c.args).Eval(alloc, args, 1)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != c.state || !strings.Contains(err.Error(), "sqlstate:"+c.state) {
			t.Errorf("%s%q: %v, want %s", c.fn, c.row, err, c.state)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error holds data: %v", c.fn, err)
		}
		if out != nil {
			out.Release()
		}
		for _, a := range args {
			a.Release()
		}
	}
}

func TestEvalFromSeveralGoroutines(t *testing.T) {
	alloc := memory.NewGoAllocator()
	f := findFunction(t, "pg_numeric_ln", types(wideType))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			arg := columnOf(t, alloc, wideType, fmt.Sprint(i+2))
			for range 20 {
				if _, err := f.Eval(alloc, []arrow.Array{arg}, 1); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
}
