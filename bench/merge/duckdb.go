package merge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// The engines that merge.
const (
	Atoll = "atoll"
	// DuckBatches is DuckDB reading the same batches through a table function, DuckTable reading a table of its own that was filled with them before.
	DuckBatches = "DuckDB, from batches"
	DuckTable   = "DuckDB, own table"
)

// duckMemory is what DuckDB may hold, in bytes: nothing that is measured is to spill.
const duckMemory = 4 << 30

// statement is what DuckDB runs.
func (s *state) statement() string {
	if s.limit > 0 {
		return fmt.Sprintf("%s LIMIT %d", s.sql, s.limit)
	}
	return s.sql
}

// result is the schema of the statement's rows: of a quotient a float.
func (s *state) result() *arrow.Schema {
	fields := s.output.Fields()
	if s.name == Avg {
		fields[1] = arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Float64, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// fromBatches is DuckDB in memory, with one thread, that reads batches as they are.
type fromBatches struct {
	state  *state
	in     *input
	engine *duckdb.Residual
}

func newFromBatches(s *state, in *input) (*fromBatches, error) {
	e, err := duckdb.NewResidual(duckdb.ResidualOptions{MemoryLimit: duckMemory})
	return &fromBatches{s, in, e}, err
}

func (m *fromBatches) close() error { return m.engine.Close() }

func (m *fromBatches) merge(ctx context.Context, each func(arrow.Record) error) error {
	source := &stream{schema: m.state.input, recs: m.in.inTurn()}
	r, err := m.engine.Query(ctx, duckdb.ResidualQuery{SQL: m.state.statement(), Schema: m.state.result(),
		Inputs: []duckdb.Input{{Name: "rows", Source: source, Rows: int64(m.in.rows)}}})
	return drain(ctx, r, err, each)
}

// ownTable is DuckDB over a file that it wrote itself, in a folder that close removes.
type ownTable struct {
	state *state
	dir   string
	conn  connectors.Connector
}

// newOwnTable fills a table. The file's threads are those that a file gets while the process has one processor: one.
func newOwnTable(ctx context.Context, s *state, in *input) (m *ownTable, err error) {
	dir, err := os.MkdirTemp("", "atoll-bench-merge-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	var columns []string
	for _, f := range s.input.Fields() {
		kind := "BIGINT"
		if f.Type.ID() == arrow.STRING {
			kind = "VARCHAR"
		}
		columns = append(columns, f.Name+" "+kind)
	}
	path := filepath.Join(dir, "rows.duckdb")
	ddl := []string{"CREATE TABLE rows (" + strings.Join(columns, ", ") + ")"}
	if err := duckdb.CreateFile(ctx, path, ddl, []duckdb.FileTable{{Name: "rows", Source: &stream{schema: s.input, recs: in.inTurn()}}}); err != nil {
		return nil, err
	}
	conn, err := duckdb.Open(connectors.Config{Shard: "bench", DSN: path})
	return &ownTable{s, dir, conn}, err
}

func (m *ownTable) close() error { return errors.Join(m.conn.Close(), os.RemoveAll(m.dir)) }

func (m *ownTable) merge(ctx context.Context, each func(arrow.Record) error) error {
	r, err := m.conn.Query(ctx, connectors.Statement{SQL: m.state.statement(), Schema: m.state.result()})
	return drain(ctx, r, err, each)
}

// drain reads a reader, unless opening it failed, to its end.
func drain(ctx context.Context, r connectors.Reader, failed error, each func(arrow.Record) error) (err error) {
	if failed != nil {
		return failed
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return pull(func() (arrow.Record, error) { return r.Next(ctx) }, each)
}

// duckVersion asks DuckDB for its version.
func duckVersion(ctx context.Context) (version string, err error) {
	e, err := duckdb.NewResidual(duckdb.ResidualOptions{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	schema := arrow.NewSchema([]arrow.Field{{Name: "v", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	r, err := e.Query(ctx, duckdb.ResidualQuery{SQL: "SELECT version() AS v", Schema: schema})
	err = drain(ctx, r, err, func(rec arrow.Record) error {
		version = rec.Column(0).ValueStr(0)
		return nil
	})
	return version, err
}
