package output

import (
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Format names an output format.
type Format string

// The formats of `--format`.
const (
	Table   Format = "table"
	CSV     Format = "csv"
	JSON    Format = "json"
	NDJSON  Format = "ndjson"
	Arrow   Format = "arrow"
	Parquet Format = "parquet"
)

// Formats lists all formats in the order help texts name them.
var Formats = []Format{Table, CSV, JSON, NDJSON, Arrow, Parquet}

// ParseFormat returns the format called name, or an error that lists the names.
func ParseFormat(name string) (Format, error) {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		if string(f) == name {
			return f, nil
		}
		names[i] = string(f)
	}
	return "", fmt.Errorf("unknown format %q; one of %s", name, strings.Join(names, ", "))
}

// Binary reports whether the format's bytes are not for people to read.
func (f Format) Binary() bool { return f == Arrow || f == Parquet }

// Writer writes one result. One goroutine drives it; memory use does not grow with the number of rows. A writer
// holds nothing that needs releasing, so it may be dropped at any time, but the output is complete only after Close.
type Writer interface {
	// Write writes the rows of one batch and keeps nothing of it. The batch has the schema given to New.
	Write(rec arrow.Record) error

	// Close completes the output: closing brackets, footer, end-of-stream marker. Call it once, after the last batch.
	// It does not close the underlying writer.
	Close() error

	// Abort ends the output instead of Close when the rows did not all arrive. If nothing was written yet it writes
	// nothing. Otherwise it leaves what a strict reader rejects: in CSV and NDJSON a last line that says so and
	// is not terminated, an array without end in JSON, a message cut short in Arrow, no footer in Parquet.
	Abort() error
}

// Options adjusts how results are shown.
type Options struct {
	// Color allows terminal escape sequences in tables; it makes NULL tell apart from the text "NULL".
	Color bool
}

// broken is the text Abort leaves where a format has a place for it.
const broken = "atoll: the query failed here, these rows are not the whole answer"

// New returns a writer of the given format, which writes results of that schema to w. It fails if the format has no
// form for a column's type.
func New(format Format, w io.Writer, schema *arrow.Schema, opts Options) (Writer, error) {
	switch format {
	case Arrow:
		return newArrowWriter(w, schema), nil
	case Parquet:
		return newParquetWriter(w, schema)
	}
	cols, err := newCells(schema)
	if err != nil {
		return nil, err
	}
	switch format {
	case Table:
		return newTableWriter(w, cols, opts), nil
	case CSV:
		return newCSVWriter(w, cols), nil
	case JSON:
		return newJSONWriter(w, cols, false), nil
	case NDJSON:
		return newJSONWriter(w, cols, true), nil
	}
	_, err = ParseFormat(string(format))
	return nil, err
}

// Copy writes all batches of r to w and closes w, or aborts it when r or w fails. It returns the number of rows
// written. It does not release r.
func Copy(w Writer, r array.RecordReader) (rows int64, err error) {
	for r.Next() {
		rec := r.Record()
		if err := w.Write(rec); err != nil {
			return rows, err
		}
		rows += rec.NumRows()
	}
	if err := r.Err(); err != nil {
		// The reader's error is the one to report; if the output cannot be marked either, its reader sees it cut.
		_ = w.Abort()
		return rows, err
	}
	return rows, w.Close()
}
