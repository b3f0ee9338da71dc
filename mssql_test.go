package atoll

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/microsoft/go-mssqldb" // for ATOLL_TEST_MSSQL_DSN

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// lesser is a driver's name in the layouts of these tests: a server that speaks TDS and is not SQL Server. It lacks what the
// list says, or gives another answer.
const lesser = "lesser"

var lesserMissing = []string{engine.MissingBinaryCollation, engine.MissingDateParts, engine.MissingDecimalScale, engine.MissingHashBytes,
	engine.MissingOffsetFetch, engine.MissingOffsets, engine.MissingOpenJSON, engine.MissingStableVariance, engine.MissingSupplementary,
	engine.MissingTranslate, engine.MissingUTF8Collation}

// caseSensitive is another one: a database whose names and texts mind letter case, and whose varchar is UTF-8.
const caseSensitive = "case_sensitive"

// playing says what server plays a driver of these names; none is asked for where it is absent.
var playing = map[string]engine.Options{
	lesser:        {AllowSnapshot: true, Missing: lesserMissing},
	caseSensitive: {AllowSnapshot: true, Collation: "Latin1_General_100_CS_AS_SC_UTF8"},
}

// driverOf is the driver that a layout's name of one stands for.
func driverOf(name string) string {
	if _, plays := playing[name]; plays {
		return "sqlserver"
	}
	return name
}

// sqlServer is a schema on a SQL Server that a shard may use.
type sqlServer struct {
	dsn, schema string
	exec        func(context.Context, string) error
}

// newSQLServer starts a server of its own; if ATOLL_TEST_MSSQL_DSN is set, it makes a schema at that server instead and drops it
// when the test ends.
func newSQLServer(t *testing.T, driver string) sqlServer {
	t.Helper()
	options, plays := playing[driver]
	if dsn := os.Getenv("ATOLL_TEST_MSSQL_DSN"); dsn != "" && !plays {
		return newSchema(t, dsn)
	}
	if !plays {
		options.AllowSnapshot = true
	}
	s := tdstest.Start(t, tdstest.WithEngine(options))
	return sqlServer{s.DSN(), "dbo", s.Exec}
}

func newSchema(t *testing.T, dsn string) sqlServer {
	t.Helper()
	db, err := sql.Open("sqlserver", dsn)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(ctx context.Context, sql string) error {
		_, err := db.ExecContext(ctx, sql)
		return err
	}
	s := sqlServer{dsn, fmt.Sprintf("atoll_%d", time.Now().UnixNano()), exec}
	if err := exec(t.Context(), "CREATE SCHEMA "+s.schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(dropSchema(db, s.schema), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dropSchema drops a schema and what tables are in it.
func dropSchema(db *sql.DB, schema string) error {
	ctx := context.Background()
	rows, err := db.QueryContext(ctx, "SELECT t.name FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE s.name = @p1", schema)
	if err != nil {
		return err
	}
	var drops []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return errors.Join(err, rows.Close())
		}
		drops = append(drops, "DROP TABLE "+schema+".["+name+"]")
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, drop := range append(drops, "DROP SCHEMA "+schema) {
		if _, err := db.ExecContext(ctx, drop); err != nil {
			return fmt.Errorf("%s: %w", drop, err)
		}
	}
	return nil
}

// variable is the variable of the environment that a shard's DSN, which holds a password, stands in.
func variable(shard string) string {
	return strings.ToUpper(strings.ReplaceAll(shard, "-", "_")) + "_DSN"
}

func (w *world) fillSQLServer(t *testing.T, data *logictest.Dataset, s *logictest.Shard, l logictest.Layout, driver string, env map[string]string) {
	t.Helper()
	place := fmt.Sprint(s.Name, len(l.Shards), driver)
	defer func() { env[variable(s.Name)] = w.servers[place].dsn }()
	server, filled := w.servers[place]
	if !filled {
		server = newSQLServer(w.t, driver)
	}
	s.DSN, s.Schema = "${"+variable(s.Name)+"}", server.schema
	if filled {
		return
	}
	stmts, err := data.MSSQLStatements(l, s.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range stmts {
		if err := server.exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql[:min(len(sql), 500)])
		}
	}
	w.servers[place] = server
}
