package peers

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/bench/report"
)

// shardHash is what PostgreSQL must be told to place keys by the hash that Atoll places them by.
//
//go:embed shard_hash.sql
var shardHash string

// fdwSettings are those of the session that reads the partitions.
var fdwSettings = []string{"set enable_partitionwise_join = on", "set enable_partitionwise_aggregate = on", "set enable_async_append = on"}

// serverOptions are those of every foreign server. A cursor's rows come 10,000 at a time instead of 100.
const serverOptions = "use_remote_estimate 'true', async_capable 'true', fetch_size '10000'"

func openFDW(ctx context.Context, w World, o Options, about *report.Peer) (Peer, error) {
	about.Setup = "partitions are foreign tables over unix sockets (partition-wise joins and aggregates, asynchronous append, " + serverOptions +
		"), analysed; reference tables are copies of its own"
	if err := declare(ctx, w, o); err != nil {
		return nil, err
	}
	return connect(ctx, FDW, w.FDW, about, fdwSettings...)
}

// declare makes what the fdw server lacks. What an earlier run has made stays; only where the shards are is said anew.
func declare(ctx context.Context, w World, o Options) (err error) {
	conn, err := pgx.Connect(ctx, w.FDW.DSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if err := foreignServers(ctx, conn, w); err != nil {
		return err
	}
	if err := placement(ctx, conn, w.Tables); err != nil {
		return err
	}
	for _, t := range w.Tables {
		switch there, err := exists(ctx, conn, "select to_regclass('public.' || quote_ident($1)) is not null", t.Name); {
		case err != nil:
			return err
		case there:
			continue
		}
		o.say("postgres_fdw: %s", t.Name)
		if t.Reference {
			err = copyTable(ctx, w.Single, conn, t)
		} else {
			err = partition(ctx, conn, t, len(w.Shards))
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return nil
}

// featureNotSupported and undefinedFile are the SQLSTATEs of an extension whose files are not installed, of PostgreSQL from 16 on and before.
const featureNotSupported, undefinedFile = "0A000", "58P01"

// foreignServers declares where the shards are.
func foreignServers(ctx context.Context, conn *pgx.Conn, w World) error {
	err := execute(ctx, conn, "create extension if not exists postgres_fdw")
	var theirs *pgconn.PgError
	if errors.As(err, &theirs) && (theirs.Code == featureNotSupported || theirs.Code == undefinedFile) {
		return lacks("the server has no postgres_fdw (%s): install PostgreSQL's contrib package", theirs.Message)
	}
	if err != nil {
		return err
	}
	for i, s := range w.Shards {
		host, port, err := socketOf(s)
		if err != nil {
			return fmt.Errorf("shard %d: %w", i, err)
		}
		at := fmt.Sprintf("host %s, %%[1]s port %s, %%[1]s dbname %s", quoteText(host), quoteText(port), quoteText(w.Database))
		for _, sql := range []string{
			fmt.Sprintf("create server if not exists shard_%d foreign data wrapper postgres_fdw options (%s, %s)", i, fmt.Sprintf(at, ""), serverOptions),
			fmt.Sprintf("alter server shard_%d options (set %s)", i, fmt.Sprintf(at, "set")),
			fmt.Sprintf("create user mapping if not exists for current_user server shard_%d options (user %s)", i, quoteText(s.User)),
		} {
			if err := execute(ctx, conn, sql); err != nil {
				return err
			}
		}
	}
	return nil
}

// placement makes Atoll's hash known, if a table is placed by it.
func placement(ctx context.Context, conn *pgx.Conn, tables []Table) error {
	for _, t := range tables {
		if !strings.Contains(t.PartitionBy, "shard_ops") {
			continue
		}
		there, err := exists(ctx, conn, "select count(*) > 0 from pg_opclass where opcname = $1", "shard_ops")
		if err != nil || there {
			return err
		}
		return execute(ctx, conn, shardHash)
	}
	return nil
}

// partition declares a table whose partitions are those of the shards.
func partition(ctx context.Context, conn *pgx.Conn, t Table, shards int) error {
	if t.PartitionBy == "" || t.Bound == nil {
		return errors.New("it is no reference table, and does not say how it is partitioned")
	}
	statements := []string{"begin", t.Create + " partition by " + t.PartitionBy}
	for i := range shards {
		statements = append(statements, fmt.Sprintf("create foreign table %s_%d partition of %s for values %s server shard_%d options (table_name %s)",
			t.Name, i, t.Name, t.Bound(i), i, quoteText(t.Name)))
	}
	// In one transaction: a table that is there is there with its partitions and statistics.
	for _, sql := range append(statements, "analyze "+t.Name, "commit") {
		if err := execute(ctx, conn, sql); err != nil {
			return err
		}
	}
	return nil
}

// copyTable makes a reference table with the single server's rows.
func copyTable(ctx context.Context, from Server, to *pgx.Conn, t Table) (err error) {
	source, err := pgx.Connect(ctx, from.DSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close(context.WithoutCancel(ctx))) }()
	for _, sql := range []string{"begin", t.Create} {
		if err := execute(ctx, to, sql); err != nil {
			return err
		}
	}
	if err := pipe(ctx, source.PgConn(), to.PgConn(), t.Name); err != nil {
		return err
	}
	for _, sql := range append(append([]string{}, t.Index...), "commit", "vacuum (freeze, analyze) "+t.Name) {
		if err := execute(ctx, to, sql); err != nil {
			return err
		}
	}
	return nil
}

// pipe copies the rows of a table from one server into that of the same name of another.
func pipe(ctx context.Context, from, to *pgconn.PgConn, table string) error {
	r, w := io.Pipe()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		_, err := from.CopyTo(ctx, w, "copy "+table+" to stdout (format binary)")
		return errors.Join(err, w.CloseWithError(err))
	})
	g.Go(func() error {
		_, err := to.CopyFrom(ctx, r, "copy "+table+" from stdin (format binary)")
		return errors.Join(err, r.CloseWithError(err))
	})
	return g.Wait()
}

func exists(ctx context.Context, conn *pgx.Conn, sql string, arg string) (there bool, err error) {
	err = conn.QueryRow(ctx, sql, arg).Scan(&there)
	return there, err
}

// socketOf returns the directory of a server's unix socket and its port, as the connection string says them.
func socketOf(s Server) (host, port string, err error) {
	u, err := url.Parse(s.DSN)
	if err != nil || u.Query().Get("host") == "" {
		return "", "", errors.New("its connection string names no unix socket") // the text may hold a password: it is not shown
	}
	if port = u.Query().Get("port"); port == "" {
		port = "5432"
	}
	return u.Query().Get("host"), port, nil
}

// quoteText writes a text constant of PostgreSQL's or DuckDB's.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
