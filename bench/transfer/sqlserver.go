package transfer

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	_ "github.com/microsoft/go-mssqldb/azuread" // the driver "azuresql", which takes what connectors/mssql takes

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/mssql"
)

// tds is a SQL Server of the caller's.
type tds struct {
	dsn    string
	schema string
	db     *sql.DB
}

// startSQLServer goes to the caller's server and makes a schema. After an error nothing is left.
func startSQLServer(ctx context.Context, dsn string) (*tds, error) {
	c, err := mssql.Open(connectors.Config{Shard: "bench", DSN: dsn}) // it says of a DSN what is wrong, and never quotes it
	if err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	s := &tds{dsn: dsn, schema: "atoll_bench_" + rand.Text()[:8]}
	if s.db, err = sql.Open("azuresql", dsn); err != nil {
		return nil, errors.New("the DSN cannot be read by the driver")
	}
	if _, err := s.db.ExecContext(ctx, "CREATE SCHEMA "+s.schema); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

func (s *tds) dialect() int { return dialectTSQL }

func (s *tds) table() string { return s.schema + ".t" }

func (s *tds) version(ctx context.Context) (version string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT @@VERSION").Scan(&version)
	version, _, _ = strings.Cut(version, "\n")
	return version, err
}

// chunk is how many rows one statement inserts: the product of four lists of ten digits.
const chunk = 10_000

func (s *tds) fill(ctx context.Context, t *table) error {
	if _, err := s.db.ExecContext(ctx, t.create(dialectTSQL)); err != nil {
		return err
	}
	const digits = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS "
	for from := int64(1); from <= t.rows; from += chunk {
		insert := fmt.Sprintf(`INSERT INTO %s SELECT %s FROM (
			SELECT CAST(%d AS bigint) + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS g
			FROM %[4]sa(d) CROSS JOIN %[4]sb(d) CROSS JOIN %[4]sc(d) CROSS JOIN %[4]se(d)) AS n WHERE g <= %[5]d`,
			t.name, t.values(dialectTSQL), from, digits, t.rows)
		if _, err := s.db.ExecContext(ctx, insert); err != nil {
			return err
		}
	}
	return nil
}

func (s *tds) drop(ctx context.Context, t *table) error {
	_, err := s.db.ExecContext(ctx, "DROP TABLE "+t.name)
	return err
}

func (s *tds) totals(ctx context.Context, t *table) (out totals, err error) {
	err = s.db.QueryRowContext(ctx, t.totals(dialectTSQL)).Scan(&out.rows, &out.values, &out.sum)
	return out, err
}

func (s *tds) arrow(string) (connectors.Connector, func() error, error) {
	return anew(mssql.Open(connectors.Config{Shard: "bench", DSN: s.dsn}))
}

// Bare is the driver's Next and Scan.
const Bare = "database/sql"

func (s *tds) readers() []reader {
	return []reader{
		atoll(s, SQLServer, "connectors/mssql, each read over a connection of its own, as with what follows"),
		{engine: SQLServer, name: Bare, setup: "rows.Next and rows.Scan into interfaces, by go-mssqldb", read: s.scan},
	}
}

func (s *tds) scan(ctx context.Context, t *table) (b brought, err error) {
	db, err := sql.Open("azuresql", s.dsn)
	if err != nil {
		return b, errors.New("the DSN cannot be read by the driver")
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, t.selects())
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]any, len(t.columns))
	for i := range values {
		values[i] = new(any)
	}
	for ; rows.Next(); b.rows++ {
		if err := rows.Scan(values...); err != nil {
			return b, err
		}
	}
	return b, rows.Err()
}

// close drops the schema, with a table that an interrupt has left in it.
func (s *tds) close(ctx context.Context) error {
	_, table := s.db.ExecContext(ctx, "DROP TABLE IF EXISTS "+s.table())
	_, schema := s.db.ExecContext(ctx, "DROP SCHEMA "+s.schema)
	return errors.Join(table, schema, s.db.Close())
}
