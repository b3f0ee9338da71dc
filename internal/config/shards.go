package config

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

// Shard says how to reach one shard. However it is printed or logged, its DSN stays hidden.
type Shard struct {
	Name   string
	Region string
	Driver string // "postgres", "sqlserver" or "duckdb"
	Schema string // "" means the engine's default

	MaxConns       int           // 0 means the adapter's default
	ConnectTimeout time.Duration // 0 means the adapter's default

	StatementTimeout time.Duration // 0 means limits.shard_timeout

	// Replicas are further servers with the same rows, in the order of the file.
	Replicas []Replica
	// MaxStaleness bounds how far behind the shard's own server a replica may be that is read; less than 0 means that it does not matter.
	MaxStaleness time.Duration // 0 means the engine's default

	State shardmap.State // "" means active

	dsn string
}

// Replica is a further server that holds a shard's rows and only answers queries.
type Replica struct {
	Name   string
	Region string
	Schema string // "" means the shard's

	MaxConns       int           // 0 means the adapter's default
	ConnectTimeout time.Duration // 0 means the adapter's default

	dsn string
}

// Same reports whether two shards are one and are reached alike: what is open for one serves the other.
func (s Shard) Same(o Shard) bool {
	s.State, o.State = "", ""
	return reflect.DeepEqual(s, o)
}

// Connector returns what an adapter needs. The result holds the DSN and must not be printed.
func (s Shard) Connector() connectors.Config {
	return connectors.Config{
		Shard: s.Name, Region: s.Region, DSN: s.dsn, Schema: s.Schema,
		MaxConns: s.MaxConns, ConnectTimeout: s.ConnectTimeout, StatementTimeout: s.StatementTimeout,
	}
}

// String describes the shard without its DSN.
func (s Shard) String() string {
	return fmt.Sprintf("shard %s (%s, region %s)", s.Name, s.Driver, s.Region)
}

// Format implements fmt.Formatter, so that no verb reaches the DSN.
func (s Shard) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue implements slog.LogValuer.
func (s Shard) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", s.Name), slog.String("driver", s.Driver), slog.String("region", s.Region))
}

// shards reads the databases, and what tenants have schemas or databases of their own on them.
func (l *loader) shards(n *yamldoc.Node, regions []shardmap.Region) ([]Shard, tenantKeys) {
	var out []Shard
	keys := tenantKeys{}
	for _, e := range l.Entries(n) {
		l.CheckName(e.Key, e.KeyAt, "shard")
		f := l.Fields(e, "region", "driver", "dsn", "dsn_file", "schema", "max_conns", "connect_timeout", "statement_timeout", "replicas", "max_staleness",
			"state", "schemas", "databases")
		if f == nil {
			continue
		}
		s := Shard{Name: e.Key}
		if n := f.Need("region", "region: eu-central-1"); n != nil {
			s.Region = l.Text(n)
		}
		if n := f.Need("driver", "driver: postgres (or sqlserver, duckdb)"); n != nil {
			s.Driver = l.OneOf(n, "driver", "postgres", "sqlserver", "duckdb")
		}
		if n := f.Get("schema"); n != nil {
			s.Schema = l.Text(n)
		} else if s.Driver == "sqlserver" {
			s.Schema = "dbo" // written out, since a login's own default may be another
		}
		if n := f.Get("max_conns"); n != nil {
			v, _ := l.Integer(n, 1, 10_000)
			s.MaxConns = int(v)
		}
		if n := f.Get("connect_timeout"); n != nil {
			s.ConnectTimeout = l.duration(n)
		}
		if n := f.Get("statement_timeout"); n != nil {
			s.StatementTimeout = l.duration(n)
		}
		if n := f.Get("state"); n != nil {
			s.State = shardmap.State(l.OneOf(n, "state", string(shardmap.StateActive), string(shardmap.StateReadOnly),
				string(shardmap.StateDraining), string(shardmap.StateRetired)))
		}
		s.dsn = l.shardDSN(f, s.Driver)
		l.replicas(f, &s, regions)
		out = append(append(out, s), l.tenants(f, s, keys)...)
	}
	if n != nil {
		l.replicaNames(n, out)
	}
	return out, keys
}

// shardDSN reads dsn or dsn_file, whichever is given.
func (l *loader) shardDSN(f *yamldoc.Fields, driver string) string {
	inline, file := f.Get("dsn"), f.Get("dsn_file")
	switch {
	case inline != nil && file != nil:
		l.Fail(file.KeyAt, "%s: give either dsn or dsn_file, not both", f.Node.Path)
		return ""
	case inline == nil && file == nil:
		l.Fail(f.Node.KeyAt, `%s.dsn is missing: add dsn: "${VARIABLE}" or dsn_file: path`, f.Node.Path)
		return ""
	case file != nil:
		return l.localPath(file, driver, l.dsnFromFile(file))
	}
	return l.localPath(inline, driver, l.dsnInline(inline, driver))
}

// localPath resolves the path of a DuckDB file against the configuration's folder.
func (l *loader) localPath(n *yamldoc.Node, driver, dsn string) string {
	if driver != "duckdb" || dsn == "" || dsn == ":memory:" {
		return dsn
	}
	if strings.Contains(dsn, "://") || strings.HasPrefix(dsn, "md:") {
		l.Fail(n.Place(), "%s: the dsn of a duckdb shard is the path of a local file", n.Path)
		return ""
	}
	return l.file(dsn)
}
