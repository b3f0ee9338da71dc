package config

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

// ReplicaConnector returns what an adapter needs for a replica of the shard. Its errors name the shard. The result holds the DSN and must not be
// printed.
func (s Shard) ReplicaConnector(r Replica) connectors.Config {
	c := s.Connector()
	c.Region, c.DSN, c.Schema, c.MaxConns, c.ConnectTimeout = r.Region, r.dsn, r.Schema, r.MaxConns, r.ConnectTimeout
	return c
}

// String describes the replica without its DSN.
func (r Replica) String() string { return fmt.Sprintf("replica %s (region %s)", r.Name, r.Region) }

// Format implements fmt.Formatter, so that no verb reaches the DSN.
func (r Replica) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(r.String())) }

// LogValue implements slog.LogValuer.
func (r Replica) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", r.Name), slog.String("region", r.Region))
}

// anyStaleness is what max_staleness says where it does not matter how far behind a replica is.
const anyStaleness = "any"

// replicas reads a shard's replicas and how far behind they may be.
func (l *loader) replicas(f *yamldoc.Fields, s *Shard, regions []shardmap.Region) {
	list, bound := f.Get("replicas"), f.Get("max_staleness")
	if list == nil {
		if bound != nil {
			l.Fail(bound.KeyAt, "%s is about replicas, and %s has none", bound.Path, f.Node.Path)
		}
		return
	}
	if bound != nil {
		s.MaxStaleness = l.staleness(bound)
	}
	seen := []string{s.dsn}
	for _, e := range l.Entries(list) {
		l.CheckName(e.Key, e.KeyAt, "replica")
		r := l.replica(e, s, regions)
		if r.dsn != "" && slices.Contains(seen, r.dsn) {
			l.Fail(e.KeyAt, "%s has the dsn of %s's own server or of another of its replicas: a replica is a server of its own", e.Path, f.Node.Path)
		}
		seen = append(seen, r.dsn)
		s.Replicas = append(s.Replicas, r)
	}
	if s.Driver != "" && s.Driver != "postgres" && s.MaxStaleness >= 0 {
		l.Fail(list.KeyAt, "%s: a %s replica does not tell how far behind it is: add max_staleness: any, or leave the replicas out", list.Path, s.Driver)
	}
	if s.MaxStaleness < 0 && l.stored {
		l.Fail(bound.At, "%s must be a duration in a map that is kept in a store: keys move there, and a replica that may be any time behind would miss their rows", bound.Path)
	}
}

func (l *loader) replica(e *yamldoc.Node, s *Shard, regions []shardmap.Region) Replica {
	r := Replica{Name: e.Key, Schema: s.Schema, MaxConns: s.MaxConns, ConnectTimeout: s.ConnectTimeout}
	f := l.Fields(e, "region", "dsn", "dsn_file", "schema", "max_conns", "connect_timeout")
	if f == nil {
		return r
	}
	if n := f.Need("region", "region: eu-central-1"); n != nil {
		r.Region = l.Text(n)
		l.knownRegion(n, r.Region, regions)
	}
	if n := f.Get("schema"); n != nil {
		r.Schema = l.Text(n)
	}
	if n := f.Get("max_conns"); n != nil {
		v, _ := l.Integer(n, 1, 10_000)
		r.MaxConns = int(v)
	}
	if n := f.Get("connect_timeout"); n != nil {
		r.ConnectTimeout = l.duration(n)
	}
	r.dsn = l.shardDSN(f, s.Driver)
	return r
}

// staleness reads a duration, or less than 0 for any.
func (l *loader) staleness(n *yamldoc.Node) time.Duration {
	text := l.Text(n)
	if text == anyStaleness {
		return -1
	}
	d, err := time.ParseDuration(text)
	if text != "" && (err != nil || d <= 0) {
		l.Fail(n.At, "%s must be a positive duration such as 500ms, 10s or 5m, or any", n.Path)
	}
	return d
}

// knownRegion holds a name against the regions, if these could be read.
func (l *loader) knownRegion(n *yamldoc.Node, name string, regions []shardmap.Region) {
	var names []string
	for _, region := range regions {
		names = append(names, region.Name)
	}
	if name != "" && len(names) > 0 && !slices.Contains(names, name) {
		l.Fail(n.At, "unknown region %s%s", yamldoc.Quote(name), yamldoc.Suggestion(name, names, "the regions"))
	}
}

// replicaNames refuses a replica that is called as a shard or another replica is: messages and logs name servers by it.
func (l *loader) replicaNames(n *yamldoc.Node, shards []Shard) {
	what := map[string]string{}
	for _, s := range shards {
		what[s.Name] = "shard " + s.Name
	}
	for _, s := range shards {
		for _, r := range s.Replicas {
			if of := what[r.Name]; of != "" {
				l.Fail(placeOfReplica(n, s.Name, r.Name), "replica %s of shard %s is called as %s is: give it a name of its own", r.Name, s.Name, of)
				continue
			}
			what[r.Name] = "a replica of shard " + s.Name
		}
	}
}

// placeOfReplica is where a replica stands, or its shard, where it is a tenant's.
func placeOfReplica(n *yamldoc.Node, shard, replica string) yamldoc.Position {
	at := n.KeyAt
	for _, c := range n.Children {
		if c.Key != shard {
			continue
		}
		at = c.KeyAt
		if list := c.Child("replicas"); list != nil && list.Child(replica) != nil {
			at = list.Child(replica).KeyAt
		}
	}
	return at
}

// ofTenant are a server's replicas as those of one of its tenants: in the tenant's schema, or in its database, whatever the replica says.
func ofTenant(server Shard, name, schema, database string) []Replica {
	var out []Replica
	for _, r := range server.Replicas {
		r.Name += "." + name
		if schema != "" {
			r.Schema = schema
		} else {
			r.dsn = inDatabase(server.Driver, r.dsn, database)
		}
		out = append(out, r)
	}
	return out
}
