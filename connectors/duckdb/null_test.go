package duckdb

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

// TestNothingLiesUnderNull: DuckDB computes a CASE for all rows and then marks those that it withholds; their values stay in its
// vectors. A batch goes on to a caller, who may look at its bytes.
func TestNothingLiesUnderNull(t *testing.T) {
	const secret = 7306918273645519
	r := newResidual(t, ResidualOptions{})
	const sql = `SELECT CASE WHEN n < 11 THEN NULL ELSE x END AS a, CASE WHEN n < 11 THEN NULL ELSE x::DECIMAL(38,0) END AS b,
		CASE WHEN n < 11 THEN NULL ELSE x::DOUBLE END AS c, CASE WHEN n < 11 THEN NULL ELSE x % 2 = 1 END AS d, CASE WHEN n < 11 THEN NULL ELSE x::VARCHAR END AS e
		FROM (SELECT sum(x)::BIGINT AS x, count(*) AS n FROM range(7306918273645519, 7306918273645520) AS t(x)) AS s`
	recs, err := collect(t, r, ResidualQuery{SQL: sql, Schema: arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "b", Type: &arrow.Decimal128Type{Precision: 38}, Nullable: true},
		{Name: "c", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "d", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "e", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		for i, col := range rec.Columns() {
			if col.NullN() != int(rec.NumRows()) {
				t.Errorf("column %d is not NULL", i)
			}
			for _, b := range col.Data().Buffers()[1:] {
				if b == nil {
					continue
				}
				if len(bytes.Trim(b.Bytes(), "\x00")) > 0 {
					t.Errorf("under the NULL of column %d lies %x; the secret is %x", i, b.Bytes(), binary.LittleEndian.AppendUint64(nil, secret))
				}
			}
		}
	}
}
