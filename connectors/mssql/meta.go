package mssql

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// Columns of the connector's own questions to the server.
func textField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
}

func intField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64, Nullable: true}
}

func boolField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.FixedWidthTypes.Boolean, Nullable: true}
}

// row is one row of an answer to the connector's own questions.
type row struct {
	rec arrow.Record
	i   int
}

func (r row) null(col int) bool   { return r.rec.Column(col).IsNull(r.i) }
func (r row) text(col int) string { return r.rec.Column(col).(*array.String).Value(r.i) }
func (r row) int(col int) int64   { return r.rec.Column(col).(*array.Int64).Value(r.i) }
func (r row) bool(col int) bool   { return r.rec.Column(col).(*array.Boolean).Value(r.i) }

// ask runs one of the connector's own statements, outside snapshot isolation, which catalogues need not support, and
// calls each for every row.
func (s *shard) ask(ctx context.Context, sql string, fields []arrow.Field, args []connectors.Arg, each func(row)) error {
	r, err := s.query(ctx, single{s.pool}, connectors.Statement{SQL: sql, Schema: arrow.NewSchema(fields, nil), Args: args}, readCommitted)
	if err != nil {
		return err
	}
	return eachRow(ctx, r, each)
}

// eachRow reads an answer to the connector's own questions to its end and closes it.
func eachRow(ctx context.Context, r connectors.Reader, each func(row)) (err error) {
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range int(rec.NumRows()) {
			each(row{rec, i})
		}
	}
}

// The isolation levels that statements run in.
const (
	snapshot      = "SNAPSHOT"
	readCommitted = "READ COMMITTED"
)

// settings is what statements and descriptions depend on.
type settings struct {
	version, edition    string
	engine              int64 // EngineEdition: 5 is Azure SQL Database
	collation           string
	level               int64 // compatibility level
	snapshotState       int64 // 1 is on
	committedSnapshot   bool
	schemaExists        bool
	updatable, database string
	folded              bool // the catalogue finds dbo as DBO; its collation need not be that of the data
}

const settingsSQL = `SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,
  CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition, CAST(SERVERPROPERTY('EngineEdition') AS int) AS engine,
  CAST(d.collation_name AS nvarchar(128)) AS collation, CAST(d.compatibility_level AS int) AS level,
  CAST(d.snapshot_isolation_state AS int) AS snapshot_state, d.is_read_committed_snapshot_on AS committed_snapshot,
  SCHEMA_ID(CAST(@p1 AS nvarchar(128))) AS schema_id, CAST(DATABASEPROPERTYEX(d.name, 'Updateability') AS nvarchar(128)) AS updatable,
  CAST(d.name AS nvarchar(128)) AS name, (SELECT COUNT_BIG(*) FROM sys.schemas AS n WHERE n.name = N'DBO') AS folded
FROM sys.databases AS d WHERE d.name = DB_NAME()`

// settings asks the server once what every statement depends on.
func (s *shard) settings(ctx context.Context) (*settings, error) {
	s.settingUp.Lock()
	defer s.settingUp.Unlock()
	if s.found != nil {
		return s.found, nil
	}
	fields := []arrow.Field{textField("version"), textField("edition"), intField("engine"), textField("collation"), intField("level"),
		intField("snapshot_state"), boolField("committed_snapshot"), intField("schema_id"), textField("updatable"), textField("name"),
		intField("folded")}
	var found *settings
	err := s.ask(ctx, settingsSQL, fields, []connectors.Arg{{Text: s.schema}}, func(r row) {
		found = &settings{version: orEmpty(r, 0), edition: orEmpty(r, 1), collation: orEmpty(r, 3), level: r.int(4),
			engine: r.int(2), snapshotState: r.int(5), committedSnapshot: r.bool(6), schemaExists: !r.null(7),
			updatable: orEmpty(r, 8), database: orEmpty(r, 9), folded: r.int(10) > 0}
	})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, configError(s.name, "sys.databases does not show the database of its DSN")
	case !found.schemaExists:
		return nil, configError(s.name, fmt.Sprintf("schema %q does not exist in its database, or the login may not see it", s.schema))
	}
	s.found = found
	return found, nil
}

func orEmpty(r row, col int) string {
	if r.null(col) {
		return ""
	}
	return r.text(col)
}

func (f *settings) isolation() string {
	if f.snapshotState == 1 {
		return snapshot
	}
	return readCommitted
}

// folds reports whether names are found whatever their case.
func (f *settings) folds() bool { return f.folded }
