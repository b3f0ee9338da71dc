package transfer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// pg is a PostgreSQL server: one of its own, or the caller's.
type pg struct {
	cluster *pgtest.Cluster // nil of the caller's
	dsns    map[string]string
	schema  string
	psql    string // "" where it is missing or must not be used
	missing string // why
}

// startPostgres starts a server, or goes to the caller's, and makes a schema. After an error nothing is left.
func startPostgres(ctx context.Context, dsn string) (_ *pg, err error) {
	p := &pg{dsns: map[string]string{Postgres: dsn}, schema: "atoll_bench_" + rand.Text()[:8]}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close(context.WithoutCancel(ctx)))
		}
	}()
	if dsn == "" {
		if p.cluster, err = pgtest.New("", pgtest.Loopback, "shared_buffers=512MB", "max_wal_size=2GB", "max_parallel_workers_per_gather=0"); err != nil {
			return nil, err
		}
		p.dsns[Postgres] = p.cluster.DSN
		p.dsns[PostgresTCP] = fmt.Sprintf("postgres://%s@%s:%d/postgres?sslmode=disable", pgtest.User, p.cluster.Host(), p.cluster.Port())
		if p.psql, err = pgtest.Program("psql"); err != nil {
			p.missing = err.Error()
		}
	} else {
		p.missing = "psql is run at a server of the benchmark's own only, for its command line would show the DSN"
	}
	return p, p.exec(ctx, "CREATE SCHEMA "+p.schema)
}

func (p *pg) dialect() int { return dialectPostgres }

func (p *pg) table() string { return p.schema + ".t" }

// with runs do over a connection of its own.
func (p *pg) with(ctx context.Context, engine string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, p.dsns[engine])
	if err != nil {
		return discreet(err)
	}
	return errors.Join(do(conn), conn.Close(context.WithoutCancel(ctx)))
}

// discreet keeps of a connection's failure what does not quote the DSN.
func discreet(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("the DSN cannot be read: it is a URL postgres://user@host/database or a list of keywords and values")
	}
	return err
}

func (p *pg) exec(ctx context.Context, sql string) error {
	return p.with(ctx, Postgres, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, sql)
		return err
	})
}

func (p *pg) version(ctx context.Context) (version string, err error) {
	err = p.with(ctx, Postgres, func(c *pgx.Conn) error { return c.QueryRow(ctx, "SHOW server_version").Scan(&version) })
	return version, err
}

func (p *pg) fill(ctx context.Context, t *table) error {
	insert := fmt.Sprintf("INSERT INTO %s SELECT %s FROM generate_series(1::bigint, %d) AS g", t.name, t.values(dialectPostgres), t.rows)
	for _, sql := range []string{t.create(dialectPostgres), insert, "VACUUM (FREEZE, ANALYZE) " + t.name} {
		if err := p.exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func (p *pg) drop(ctx context.Context, t *table) error { return p.exec(ctx, "DROP TABLE "+t.name) }

func (p *pg) totals(ctx context.Context, t *table) (out totals, err error) {
	err = p.with(ctx, Postgres, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, t.totals(dialectPostgres)).Scan(&out.rows, &out.values, &out.sum)
	})
	return out, err
}

func (p *pg) arrow(engine string) (connectors.Connector, func() error, error) {
	return anew(postgres.Open(connectors.Config{Shard: "bench", DSN: p.dsns[engine]}))
}

// Readers of PostgreSQL.
const (
	PSQL      = "psql COPY"
	CopyTo    = "pgconn COPY"
	RawValues = "pgx RawValues"
	Values    = "pgx Values"
)

func (p *pg) readers() (out []reader) {
	for _, engine := range []string{Postgres, PostgresTCP} {
		where := "by the server's unix socket"
		switch {
		case engine == PostgresTCP:
			where = "over loopback TCP"
		case p.cluster == nil:
			where = "at the server named"
		}
		if _, ok := p.dsns[engine]; !ok {
			continue
		}
		out = append(out, atoll(p, engine, "connectors/postgres, "+where+", each read over a connection of its own, as with what follows"))
		if p.psql != "" {
			out = append(out, reader{engine: engine, name: PSQL, setup: "psql -c 'COPY … (FORMAT binary)', a process, into /dev/null", counts: "copy",
				read: p.at(engine, p.runPSQL), warm: p.at(engine, p.countPSQL)})
		}
		out = append(out, reader{engine: engine, name: CopyTo, setup: "COPY in the binary format in Go, thrown away", counts: "copy", read: p.at(engine, p.readCopy)})
	}
	return append(out,
		reader{engine: Postgres, name: RawValues, setup: "rows.RawValues, not decoded, but the lengths added up", counts: "frames", read: p.readRaw},
		reader{engine: Postgres, name: Values, setup: "rows.Values, decoded into interfaces", read: p.readValues})
}

// at binds a way to read to one of the server's addresses.
func (p *pg) at(engine string, read func(context.Context, string, *table) (brought, error)) func(context.Context, *table) (brought, error) {
	return func(ctx context.Context, t *table) (brought, error) { return read(ctx, engine, t) }
}

// runPSQL lets psql write to nowhere: without a Stdout the output of a process goes to /dev/null.
func (p *pg) runPSQL(ctx context.Context, engine string, t *table) (brought, error) {
	return brought{rows: -1}, p.psqlInto(ctx, engine, t, nil)
}

// countPSQL counts what psql writes, by a pipe.
func (p *pg) countPSQL(ctx context.Context, engine string, t *table) (brought, error) {
	var c counter
	err := p.psqlInto(ctx, engine, t, &c)
	return brought{rows: -1, bytes: c.n}, err
}

func (p *pg) psqlInto(ctx context.Context, engine string, t *table, into io.Writer) error {
	cmd := exec.CommandContext(ctx, p.psql, "-X", p.dsns[engine], "-c", copyOut(t))
	cmd.Stdout = into
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("psql: %w", err)
	}
	return nil
}

func copyOut(t *table) string { return "COPY (" + t.selects() + ") TO STDOUT (FORMAT binary)" }

// counter counts bytes and keeps none.
type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

func (p *pg) readCopy(ctx context.Context, engine string, t *table) (b brought, err error) {
	var c counter
	err = p.with(ctx, engine, func(conn *pgx.Conn) error {
		tag, err := conn.PgConn().CopyTo(ctx, &c, copyOut(t))
		b = brought{rows: tag.RowsAffected(), bytes: c.n}
		return err
	})
	return b, err
}

// The protocol's frames: a DataRow begins with its type, its length and the number of its columns, each value with its length.
const (
	rowFrame   = 1 + 4 + 2
	valueFrame = 4
)

func (p *pg) readRaw(ctx context.Context, t *table) (brought, error) {
	return p.each(ctx, t, func(rows pgx.Rows, b *brought) error {
		b.bytes += rowFrame
		for _, v := range rows.RawValues() {
			b.bytes += int64(valueFrame + len(v))
		}
		return nil
	})
}

func (p *pg) readValues(ctx context.Context, t *table) (brought, error) {
	return p.each(ctx, t, func(rows pgx.Rows, _ *brought) error {
		_, err := rows.Values()
		return err
	})
}

// each calls one for every row, in binary.
func (p *pg) each(ctx context.Context, t *table, one func(pgx.Rows, *brought) error) (b brought, err error) {
	err = p.with(ctx, Postgres, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, t.selects(), pgx.QueryResultFormats{pgx.BinaryFormatCode})
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			b.rows++
			if err := one(rows, &b); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return b, err
}

func (p *pg) close(ctx context.Context) error {
	if p.cluster != nil {
		return p.cluster.Stop()
	}
	return p.exec(ctx, "DROP SCHEMA IF EXISTS "+p.schema+" CASCADE")
}
