// Package mssql is the connector to Microsoft SQL Server and Azure SQL, version 2016 or later, on the vendor's driver
// github.com/microsoft/go-mssqldb.
//
// A statement costs one network round trip in steady state: the isolation level (SNAPSHOT where the database allows
// it) travels in the same batch, parameters with it as those of sp_executesql. Rows are taken from the driver as they
// arrive and decoded straight into Arrow builders; memory is bounded by one batch, and a slow consumer holds the server
// back through the socket.
//
// SQL Server has no read-only transaction. To a query the connector sends nothing but a single SELECT without INTO, asks for a
// read-only replica (ApplicationIntent=ReadOnly) where the DSN names a database, and leaves the rest to the server: give
// the login membership of db_datareader, or SELECT on the tables, and nothing more unless rows are to be written.
// Transactions that write (Begin) have connections of their own, which ask for no replica.
//
// Text is exact where it arrives as UTF-16 bytes, that is as CAST(… AS varbinary(max)) of an nvarchar, which is decoded
// strictly. Text that arrives as nvarchar has been decoded by the driver, which puts U+FFFD in place of what is no valid
// UTF-16: such a value is refused, since it cannot be told from a real U+FFFD. Text that arrives as varchar must be ASCII,
// for the driver knows nothing of UTF-8 collations.
package mssql

import (
	"context"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

const (
	defaultMaxConns       = 8
	defaultConnectTimeout = 15 * time.Second
	defaultSchema         = "dbo"
)

// Options is what a program may add to the configuration of its SQL Server shards.
type Options struct {
	// Token, if not nil, provides a Microsoft Entra access token for every new connection; its context ends when
	// connecting takes too long. It is safe for concurrent use. The DSN then needs no user and no password, and must
	// not say fedauth.
	Token func(ctx context.Context) (string, error)
}

// NewOpener returns an opener whose connectors use the options.
func NewOpener(o Options) connectors.Opener {
	return func(cfg connectors.Config) (connectors.Connector, error) { return open(cfg, o) }
}

// Open returns a connector for the database of cfg.DSN without connecting to it. The DSN is a sqlserver:// URL, or an ADO
// or odbc: string, as the driver reads them, with fedauth=… for Microsoft Entra. TLS is required and the server's
// certificate verified unless the DSN's encrypt says otherwise.
func Open(cfg connectors.Config) (connectors.Connector, error) { return open(cfg, Options{}) }

// shard is one SQL Server database behind the port.
type shard struct {
	name   string
	schema string
	pool   *pool
	// writing lends the connections of transactions that write, each of which holds a slot of pool as well.
	writing *pool

	locks     string // what every batch begins with, to bound its waits for locks
	settingUp sync.Mutex
	found     *settings // nil until the server was asked

	calibrating sync.Mutex
	caps        *connectors.Capabilities // nil until calibration succeeded

	statsMu     sync.Mutex
	statsDenied bool // the login may not read sys.dm_db_partition_stats
}

func open(cfg connectors.Config, o Options) (*shard, error) {
	connector, timeout, err := newDriver(cfg, o, false)
	if err != nil {
		return nil, err
	}
	writing, _, err := newDriver(cfg, o, true)
	if err != nil {
		return nil, err
	}
	s := &shard{name: cfg.Shard, schema: cfg.Schema, locks: lockTimeout(cfg.StatementTimeout)}
	if s.schema == "" {
		s.schema = defaultSchema
	}
	maxConns := cfg.MaxConns
	if maxConns <= 0 {
		maxConns = defaultMaxConns
	}
	s.pool = newPool(cfg, connector, timeout, maxConns, nil)
	s.writing = newPool(cfg, writing, timeout, maxConns, s.pool)
	return s, nil
}

// Query implements [connectors.Connector]. The driver waits for the first of the server's answer, so Query returns once the
// rows are described, which can be when the first of them are there.
func (s *shard) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	found, err := s.settings(ctx)
	if err != nil {
		return nil, err
	}
	return s.query(ctx, single{s.pool}, stmt, found.isolation())
}

// query is Query on connections of a lender, with the isolation level given.
func (s *shard) query(ctx context.Context, from lender, stmt connectors.Statement, isolation string) (connectors.Reader, error) {
	if err := checkReadOnly(s.name, stmt.SQL); err != nil {
		return nil, err
	}
	r, err := newReader(ctx, s, from, stmt, isolation)
	if err != nil {
		return nil, err
	}
	if err := r.begin(ctx, false); err != nil {
		return nil, err
	}
	return r, nil
}

// Close implements [connectors.Connector]. It waits, at most a few seconds, for statements that are being stopped; a
// reader still open keeps its connection until it is closed.
func (s *shard) Close() error {
	s.pool.close()
	s.writing.close()
	return nil
}

// MaxConns implements connectors.Pooled.
func (s *shard) MaxConns() int { return s.pool.Size() }
