package tdstest

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// wide is a table of the shape that the connector's benchmark streams, repeated up to n rows.
type wide struct {
	rows    [][]engine.Value
	n, next int
}

func newWide(n int) *wide {
	w := &wide{n: n}
	for i := range 1000 {
		w.rows = append(w.rows, []engine.Value{int64(i) << 33, int64(i), dec(fmt.Sprintf("%d.%02d", i*977, i%100)), text(fmt.Sprintf("customer number %024d", i)),
			at("2024-02-29 12:34:56.789012"), float64(i) / 3})
	}
	return w
}

var wideColumns = []engine.Column{
	{Name: "id", Type: engine.Type{Kind: engine.BigInt}}, {Name: "n", Type: engine.Type{Kind: engine.Int}, Nullable: true},
	{Name: "amount", Type: engine.Type{Kind: engine.Decimal, Precision: 15, Scale: 2}, Nullable: true},
	{Name: "name", Type: engine.Type{Kind: engine.NVarchar, Length: 40}, Nullable: true},
	{Name: "at", Type: engine.Type{Kind: engine.DateTime2, Scale: 6}, Nullable: true}, {Name: "f", Type: engine.Type{Kind: engine.Float}, Nullable: true},
}

func (w *wide) Columns() []engine.Column { return wideColumns }

func (w *wide) Next(context.Context) ([]engine.Value, error) {
	if w.next == w.n {
		return nil, io.EOF
	}
	w.next++
	return w.rows[w.next%len(w.rows)], nil
}

func (w *wide) Close() {}

// BenchmarkEncode is the server's side alone.
func BenchmarkEncode(b *testing.B) {
	w := newPacketWriter(io.Discard)
	plan, err := w.metadata(wideColumns)
	if err != nil {
		b.Fatal(err)
	}
	rows := newWide(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for {
		row, err := rows.Next(b.Context())
		if err != nil {
			break
		}
		if _, err := w.row(plan, row); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkStream is the whole way: b.N rows to the driver, with and without TLS.
func BenchmarkStream(b *testing.B) {
	for _, encrypt := range []string{"disable", "true"} {
		b.Run("encrypt="+encrypt, func(b *testing.B) {
			s := startFake(b, &fake{do: map[string]func(context.Context, []engine.Param, func(engine.Result) error) error{
				"go now": func(_ context.Context, _ []engine.Param, each func(engine.Result) error) error {
					return each(engine.Result{Rows: newWide(b.N)})
				},
			}})
			db := open(b, s.DSNWith("encrypt", encrypt, "certificate", s.CertificateFile()))
			b.ResetTimer()
			n, err := count(b.Context(), db, "go now")
			if err != nil || n != b.N {
				b.Fatal(n, err)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
