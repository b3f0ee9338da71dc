// Package postgres is the connector to PostgreSQL, version 12 or later.
//
// A statement costs one round trip in steady state: BEGIN (read only, repeatable read), the statement,
// prepared once per connection, and COMMIT leave in one write. Rows are decoded from the binary wire format
// straight into Arrow buffers as they arrive, so that memory is bounded by one batch and a slow consumer
// holds the server back through the socket. Statements that share a snapshot cost one
// round trip each as well: the first exports it before it runs, the others take it over where they begin. pgx
// makes the connection (addresses, TLS, authentication); the hot path speaks the protocol itself.
package postgres

import (
	"context"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

const (
	defaultMaxConns       = 8
	defaultConnectTimeout = 10 * time.Second
	defaultSchema         = "public"
)

// shard is one PostgreSQL database behind the port.
type shard struct {
	name   string
	schema string
	pool   *pool

	calibrating sync.Mutex
	caps        *connectors.Capabilities // nil until calibration succeeded

	typesMu sync.RWMutex
	texts   map[uint32]bool // user-defined types: whether their binary form is text

	exportless atomic.Bool // the server exports no snapshots

	limits *timeouts
}

// Open returns a connector for the database of cfg.DSN, a URL or keyword/value string as libpq reads it,
// without connecting to it.
func Open(cfg connectors.Config) (connectors.Connector, error) { return open(cfg, nil) }

// open is Open with a hook over the parsed configuration, for tests that stand between client and server.
func open(cfg connectors.Config, adjust func(*pgconn.Config)) (*shard, error) {
	pc, err := pgconn.ParseConfig(cfg.DSN)
	if err != nil {
		// The parser's own text may quote the DSN, so it is not even kept as the cause.
		return nil, connectors.NewError(cfg.Shard, connectors.ClassConfig, "",
			"the DSN is not a PostgreSQL URL or keyword=value string that can be read, or names a file that cannot", nil)
	}
	s := &shard{name: cfg.Shard, schema: cfg.Schema, texts: map[uint32]bool{}, limits: &timeouts{session: cfg.StatementTimeout}}
	if s.schema == "" {
		s.schema = defaultSchema
	}
	maps.Copy(pc.RuntimeParams, sessionParams(s.schema))
	s.limits.adorn(pc.RuntimeParams)
	if pc.RuntimeParams["application_name"] == "" {
		pc.RuntimeParams["application_name"] = "atoll"
	}
	switch {
	case cfg.ConnectTimeout > 0:
		pc.ConnectTimeout = cfg.ConnectTimeout
	case pc.ConnectTimeout <= 0:
		pc.ConnectTimeout = defaultConnectTimeout
	}
	pc.AfterNetConnect, pc.BuildFrontend = countTrips, wary
	if adjust != nil {
		adjust(pc)
	}
	maxConns := cfg.MaxConns
	if maxConns <= 0 {
		maxConns = defaultMaxConns
	}
	s.pool = newPool(s.name, pc, s.limits, maxConns, cfg.Budget)
	return s, nil
}

// sessionParams are sent with the connection's first message, so that no statement has to set them.
func sessionParams(schema string) map[string]string {
	return map[string]string{
		"client_encoding":               "UTF8",
		"timezone":                      "UTC",
		"datestyle":                     "ISO, MDY",
		"intervalstyle":                 "postgres",
		"extra_float_digits":            "1",
		"bytea_output":                  "hex",
		"lc_monetary":                   "C", // these three are what to_char's templates follow
		"lc_numeric":                    "C",
		"lc_time":                       "C",
		"standard_conforming_strings":   "on",
		"search_path":                   "pg_catalog, " + quoteIdent(schema), // nothing in the schema may pass for a function, operator or type of the server
		"default_transaction_read_only": "on",
		"jit":                           "off",
	}
}

func quoteIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Query implements [connectors.Connector].
func (s *shard) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return s.query(ctx, single{s.pool}, stmt)
}

// query is Query on connections of a lender.
func (s *shard) query(ctx context.Context, from lender, stmt connectors.Statement) (connectors.Reader, error) {
	r := newReader(ctx, s, from, stmt)
	if err := r.begin(ctx, false); err != nil {
		return nil, err
	}
	return r, nil
}

// Close implements [connectors.Connector]. It waits, at most a few seconds, for statements that are being
// cancelled; a reader still open keeps its connection until it is closed.
func (s *shard) Close() error {
	s.pool.close()
	return nil
}

// MaxConns implements connectors.Pooled.
func (s *shard) MaxConns() int { return s.pool.Size() }
