package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// duck is an embedded file with one table, open as long as the table is there: opening one takes longer than reading it.
type duck struct {
	dir  string
	open connectors.Connector // nil while there is no table
}

func startDuckDB() (*duck, error) {
	dir, err := os.MkdirTemp("", "atoll-bench-transfer-")
	return &duck{dir: dir}, err
}

func (d *duck) dialect() int { return dialectDuckDB }

func (d *duck) table() string { return "t" }

func (d *duck) path() string { return filepath.Join(d.dir, "t.duckdb") }

func (d *duck) fill(ctx context.Context, t *table) error {
	insert := fmt.Sprintf("INSERT INTO %s SELECT %s FROM range(1::BIGINT, %d::BIGINT) AS r(g)", t.name, t.values(dialectDuckDB), t.rows+1)
	return d.create(ctx, t.create(dialectDuckDB), insert)
}

func (d *duck) create(ctx context.Context, ddl ...string) (err error) {
	if err := duckdb.CreateFile(ctx, d.path(), ddl, nil); err != nil {
		return err
	}
	d.open, err = duckdb.Open(connectors.Config{Shard: "bench", DSN: d.path()})
	return err
}

func (d *duck) drop(context.Context, *table) error {
	c := d.open
	d.open = nil
	return errors.Join(c.Close(), os.Remove(d.path()))
}

func (d *duck) arrow(string) (connectors.Connector, func() error, error) {
	return d.open, func() error { return nil }, nil
}

func (d *duck) version(ctx context.Context) (string, error) {
	if err := d.create(ctx); err != nil {
		return "", err
	}
	caps, err := d.open.Calibrate(ctx)
	return caps.Version, errors.Join(err, d.drop(ctx, nil))
}

func (d *duck) totals(ctx context.Context, t *table) (totals, error) {
	numbers, err := d.numbers(ctx, t.totals(dialectDuckDB), 3)
	if err != nil {
		return totals{}, err
	}
	return totals{numbers[0], numbers[1], numbers[2]}, nil
}

// numbers runs a statement whose one row has so many bigints.
func (d *duck) numbers(ctx context.Context, sql string, n int) (_ []int64, err error) {
	var fields []arrow.Field
	for i := range n {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("n%d", i), Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	}
	r, err := d.open.Query(ctx, connectors.Statement{SQL: sql, Schema: arrow.NewSchema(fields, nil)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	rec, err := r.Next(ctx)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the statement gave no row")
	}
	if err != nil {
		return nil, err
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = rec.Column(i).(*array.Int64).Value(0)
	}
	return out, nil
}

// Scan is DuckDB's own reading of every value.
const Scan = "own scan"

func (d *duck) readers() []reader {
	return []reader{
		atoll(d, DuckDB, "connectors/duckdb, an embedded file that stays open"),
		{engine: DuckDB, name: Scan, setup: "count(*) where a hash of all columns is not -1, in DuckDB: every value is read and none leaves the engine", read: d.scan},
	}
}

func (d *duck) scan(ctx context.Context, t *table) (brought, error) {
	hash := "hash(" + t.each(", ", func(c string, _ *kind) string { return c }) + ")"
	numbers, err := d.numbers(ctx, "SELECT count(*) FROM "+t.name+" WHERE "+hash+"::HUGEINT <> -1", 1)
	if err != nil {
		return brought{}, err
	}
	return brought{rows: numbers[0]}, nil
}

func (d *duck) close(context.Context) error {
	var err error
	if d.open != nil {
		err = d.open.Close()
	}
	return errors.Join(err, os.RemoveAll(d.dir))
}
