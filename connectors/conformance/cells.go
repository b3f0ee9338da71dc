package conformance

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// cell writes one value so that every difference shows: exact floats with the sign of zero, decimals in
// full, dates and times as the integers Arrow holds.
func cell(col arrow.Array, i int) string {
	if col.IsNull(i) {
		return "NULL"
	}
	switch a := col.(type) {
	case *array.Int16:
		return strconv.FormatInt(int64(a.Value(i)), 10)
	case *array.Int32:
		return strconv.FormatInt(int64(a.Value(i)), 10)
	case *array.Int64:
		return strconv.FormatInt(a.Value(i), 10)
	case *array.Float32:
		return strconv.FormatFloat(float64(a.Value(i)), 'g', -1, 32)
	case *array.Float64:
		return strconv.FormatFloat(a.Value(i), 'g', -1, 64)
	case *array.Boolean:
		return strconv.FormatBool(a.Value(i))
	case *array.String:
		return strconv.Quote(a.Value(i))
	case *array.Binary:
		return hex.EncodeToString(a.Value(i))
	case *array.FixedSizeBinary:
		return hex.EncodeToString(a.Value(i))
	case *array.Decimal128:
		return plain(a.Value(i).BigInt(), a.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Decimal256:
		return plain(a.Value(i).BigInt(), a.DataType().(*arrow.Decimal256Type).Scale)
	case *array.Date32:
		return strconv.FormatInt(int64(a.Value(i)), 10)
	case *array.Time64:
		return strconv.FormatInt(int64(a.Value(i)), 10)
	case *array.Timestamp:
		return strconv.FormatInt(int64(a.Value(i)), 10)
	case *array.MonthDayNanoInterval:
		v := a.Value(i)
		return fmt.Sprintf("%d/%d/%d", v.Months, v.Days, v.Nanoseconds)
	}
	return fmt.Sprintf("no text for %T", col)
}

// plain writes a decimal with exactly scale fraction digits.
func plain(unscaled *big.Int, scale int32) string {
	sign, digits := "", new(big.Int).Abs(unscaled).String()
	if unscaled.Sign() < 0 {
		sign = "-"
	}
	for len(digits) <= int(scale) {
		digits = "0" + digits
	}
	if scale == 0 {
		return sign + digits
	}
	return sign + digits[:len(digits)-int(scale)] + "." + digits[len(digits)-int(scale):]
}

// outcome is a statement read to its end.
type outcome struct {
	rows    [][]string
	batches []int64 // rows per batch
	stats   connectors.Stats
}

// run reads a statement to its end and closes it. It checks what holds for every reader: batches are never
// empty, carry the schema asked for and not more rows than asked for, and the end repeats.
func run(ctx context.Context, c connectors.Connector, stmt connectors.Statement) (outcome, error) {
	var out outcome
	r, err := c.Query(ctx, stmt)
	if err != nil {
		return out, err
	}
	err = out.readAll(ctx, r, stmt)
	out.stats = r.Stats()
	for range 2 {
		if closeErr := r.Close(); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("close: %w", closeErr))
		}
	}
	return out, err
}

func (out *outcome) readAll(ctx context.Context, r connectors.Reader, stmt connectors.Statement) error {
	for {
		rec, err := r.Next(ctx)
		if err != nil {
			if _, again := r.Next(ctx); again == nil || again.Error() != err.Error() {
				return fmt.Errorf("calling Next again after %q says %q", err, again)
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := checkBatch(rec, stmt); err != nil {
			return err
		}
		out.batches = append(out.batches, rec.NumRows())
		for i := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for j := range row {
				row[j] = cell(rec.Column(j), i)
			}
			out.rows = append(out.rows, row)
		}
	}
}

func checkBatch(rec arrow.Record, stmt connectors.Statement) error {
	most := int64(stmt.BatchRows)
	if most == 0 {
		most = connectors.DefaultBatchRows
	}
	switch {
	case rec.NumRows() == 0:
		return errors.New("an empty batch")
	case rec.NumRows() > most:
		return fmt.Errorf("a batch of %d rows, asked for %d", rec.NumRows(), most)
	case !rec.Schema().Equal(stmt.Schema):
		return fmt.Errorf("batch schema %v, asked for %v", rec.Schema(), stmt.Schema)
	}
	return nil
}

// mustRun is run for statements that must succeed.
func mustRun(t *testing.T, c connectors.Connector, stmt connectors.Statement) outcome {
	t.Helper()
	out, err := run(testContext(t), c, stmt)
	if err != nil {
		t.Fatalf("%s: %v", stmt.SQL, err)
	}
	return out
}
