package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

var update = flag.Bool("update", false, "rewrite testdata")

func TestGolden(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	rec := edgeRows(t, mem)
	defer rec.Release()
	for _, format := range []Format{Table, CSV, JSON, NDJSON} {
		t.Run(string(format), func(t *testing.T) {
			got := render(t, format, rec)
			name := filepath.Join("testdata", "edges."+string(format))
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s:\n%s", name, got)
			}
		})
	}
}

func TestSlicedBatchesReadTheSame(t *testing.T) {
	rec := edgeRows(t, memory.DefaultAllocator)
	defer rec.Release()
	for _, format := range []Format{Table, CSV, JSON, NDJSON} {
		var parts []arrow.Record
		for i := range rec.NumRows() {
			parts = append(parts, rec.NewSlice(i, i+1))
		}
		if got, want := render(t, format, parts...), render(t, format, rec); got != want {
			t.Errorf("%s: one-row slices give\n%s\nwant\n%s", format, got, want)
		}
	}
}

func TestCSVQuoting(t *testing.T) {
	rec := texts(memory.DefaultAllocator, `a"b`, "x", "", "\x00null", `"`, `a"b"c`, "a,b", "a\rb", "a\nb", " a ", `\.`, "é")
	defer rec.Release()
	got := render(t, CSV, rec)
	want := strings.Join([]string{`"a""b"`, `x`, `""`, ``, `""""`, `"a""b""c"`, `"a,b"`, "\"a\rb\"", "\"a\nb\"", ` a `, `"\."`, `é`, ``}, "\r\n")
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCSVReadsBack(t *testing.T) {
	rec := edgeRows(t, memory.DefaultAllocator)
	defer rec.Release()
	rows, err := csv.NewReader(strings.NewReader(render(t, CSV, rec))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 || len(rows[0]) != everyType.NumFields() {
		t.Fatalf("%d rows of %d fields", len(rows), len(rows[0]))
	}
	// encoding/csv turns CR LF inside a field into LF.
	if got, want := rows[4][8], "say \"hi\",\nbye\t\\"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSONIsValid(t *testing.T) {
	rec := edgeRows(t, memory.DefaultAllocator)
	defer rec.Release()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(render(t, JSON, rec)), &rows); err != nil {
		t.Fatal(err)
	}
	if got := rows[3]["t"]; got != "say \"hi\",\r\nbye\t\\" {
		t.Errorf("t = %q", got)
	}
	if got := rows[4]["j"]; got != "not json" {
		t.Errorf("an invalid document reads back as %q", got)
	}
	lines := strings.Split(strings.TrimSuffix(render(t, NDJSON, rec), "\n"), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines, want one per row", len(lines))
	}
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Errorf("not valid: %s", l)
		}
	}
}

func TestDuplicateColumnNames(t *testing.T) {
	got := uniqueNames([]string{"a", "b", "a", "a_2", "a", ""})
	want := []string{"a", "b", "a_3", "a_2", "a_4", ""}
	if strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoRows(t *testing.T) {
	for format, want := range map[Format]string{
		Table:  " a\n---\n(0 rows)\n",
		CSV:    "a\r\n",
		JSON:   "[]\n",
		NDJSON: "",
	} {
		rec := texts(memory.DefaultAllocator, "a")
		if got := render(t, format, rec); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
}

func TestTableStreamsAfterItsFirstRows(t *testing.T) {
	values := make([]string, widthRows+2)
	for i := range values {
		values[i] = "v"
	}
	values[widthRows+1] = "wider than the others"
	rec := texts(memory.DefaultAllocator, "name", values...)
	got := strings.Split(render(t, Table, rec), "\n")
	if len(got) != len(values)+4 {
		t.Fatalf("%d lines", len(got))
	}
	if got[0] != " name" || got[1] != "------" || got[len(got)-3] != " wider than the others" || got[len(got)-2] != "(1002 rows)" {
		t.Errorf("got %q … %q", got[:3], got[len(got)-3:])
	}
}

func TestColorMarksNull(t *testing.T) {
	rec := texts(memory.DefaultAllocator, "a", "\x00null", "NULL")
	var out bytes.Buffer
	w, err := New(Table, &out, rec.Schema(), Options{Color: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(rec), w.Close()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), " \x1b[2mNULL\x1b[22m\n NULL\n") {
		t.Errorf("got %q", out.String())
	}
}

func TestFailureLeavesNothingThatLooksComplete(t *testing.T) {
	rec := edgeRows(t, memory.DefaultAllocator)
	for _, format := range Formats {
		var out bytes.Buffer
		w, err := New(format, &out, rec.Schema(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Copy(w, &failing{rec: rec, n: 0}); !errors.Is(err, errBroken) {
			t.Errorf("%s: error %v", format, err)
		}
		if out.Len() > 0 {
			t.Errorf("%s: %d bytes written though no batch arrived", format, out.Len())
		}
		w, err = New(format, &out, rec.Schema(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := Copy(w, &failing{rec: rec, n: 2000})
		if !errors.Is(err, errBroken) || rows != 10000 {
			t.Errorf("%s: %d rows, error %v", format, rows, err)
		}
		if out.Len() == 0 {
			t.Errorf("%s: rows were not streamed", format)
		}
		if err := readComplete(format, out.Bytes()); err == nil {
			t.Errorf("%s: a failed query's output reads as complete", format)
		}
	}
}

// readComplete reads out as a strict reader of the format does.
func readComplete(format Format, out []byte) error {
	switch format {
	case CSV:
		_, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
		return err
	case JSON:
		var rows []any
		return json.Unmarshal(out, &rows)
	case NDJSON:
		for _, line := range bytes.Split(bytes.TrimSpace(out), []byte("\n")) {
			if !json.Valid(line) {
				return errors.New("invalid line")
			}
		}
		return nil
	case Table:
		if bytes.Contains(out, []byte(broken)) {
			return errors.New("marked")
		}
		return nil
	case Arrow:
		recs, err := readArrow(out)
		release(recs)
		return err
	}
	recs, err := readParquet(out)
	release(recs)
	return err
}

func release(recs []arrow.Record) {
	for _, r := range recs {
		r.Release()
	}
}

func TestCopyCountsRows(t *testing.T) {
	rec := edgeRows(t, memory.DefaultAllocator)
	r, err := array.NewRecordReader(rec.Schema(), []arrow.Record{rec, rec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var out bytes.Buffer
	w, err := New(NDJSON, &out, rec.Schema(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := Copy(w, r); rows != 10 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestUnknownFormat(t *testing.T) {
	_, err := ParseFormat("xml")
	if err == nil || !strings.Contains(err.Error(), "table, csv, json, ndjson, arrow, parquet") {
		t.Errorf("got %v", err)
	}
}

func TestUnsupportedType(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{plain("l", arrow.ListOf(arrow.PrimitiveTypes.Int32))}, nil)
	_, err := New(CSV, &bytes.Buffer{}, schema, Options{})
	if err == nil || !strings.Contains(err.Error(), `"l"`) {
		t.Errorf("got %v", err)
	}
}
