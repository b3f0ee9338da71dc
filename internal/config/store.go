package config

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// MapStore says where the shard map is kept, if it is not in the configuration. However it is printed, credentials stay hidden.
type MapStore struct {
	Store    string        // "file", "postgres" or "etcd"
	TTL      time.Duration // 0 means the resolver's default
	MaxStale time.Duration // 0 means the resolver's default

	Path string // file

	Name     string // postgres: of the map among others in the table; etcd: the prefix of its keys; "" means the store's default
	Schema   string // postgres
	Region   string // postgres: of the primary; "" if it is not known
	Replicas []MapReplica

	Endpoints     []string // etcd
	User          string
	CA, Cert, Key string // files with the authority's certificate, the client's and its key

	dsn, password string
}

// MapReplica is a copy of a PostgreSQL database that holds the map.
type MapReplica struct {
	Region string

	dsn string
}

// DSN returns how to connect. It must not be printed.
func (s *MapStore) DSN() string { return s.dsn }

// Password returns etcd's password. It must not be printed.
func (s *MapStore) Password() string { return s.password }

// DSN returns how to connect. It must not be printed.
func (r MapReplica) DSN() string { return r.dsn }

// String describes the store without a credential.
func (s *MapStore) String() string { return "shard map in " + s.Store }

// Format implements fmt.Formatter, so that no verb reaches a credential.
func (s *MapStore) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue implements slog.LogValuer.
func (s *MapStore) LogValue() slog.Value { return slog.StringValue(s.String()) }

// String describes the replica without its DSN.
func (r MapReplica) String() string { return "replica in " + r.Region }

// Format implements fmt.Formatter, so that no verb reaches the DSN.
func (r MapReplica) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(r.String())) }

// mapKeys are the settings of each store, besides those of all.
var mapKeys = map[string][]string{
	"file":     {"path"},
	"postgres": {"dsn", "dsn_file", "region", "schema", "name", "replicas"},
	"etcd":     {"endpoints", "name", "user", "password", "ca", "cert", "key"},
}

// mapStore reads the section map.
func (l *loader) mapStore(n *yamldoc.Node) *MapStore {
	if n == nil || !l.Is(n, yamldoc.Mapping) {
		return nil
	}
	out := &MapStore{}
	known := []string{"store", "ttl", "max_stale"}
	if s := n.Child("store"); s != nil {
		out.Store = l.OneOf(s, "store", "file", "postgres", "etcd")
	}
	keys := mapKeys[out.Store]
	if keys == nil { // the store is what is wrong: all keys are let pass
		for _, more := range mapKeys {
			keys = append(keys, more...)
		}
	}
	f := l.Fields(n, append(known, keys...)...)
	f.Need("store", "store: file (or postgres, etcd)")
	if n := f.Get("ttl"); n != nil {
		out.TTL = l.duration(n)
	}
	if n := f.Get("max_stale"); n != nil {
		out.MaxStale = l.duration(n)
		if out.MaxStale > 0 && out.TTL > out.MaxStale {
			l.Fail(n.At, "%s is less than ttl: a map would be thrown away before it is read again", n.Path)
		}
	}
	for key, target := range map[string]*string{"name": &out.Name, "schema": &out.Schema, "region": &out.Region, "user": &out.User} {
		if n := f.Get(key); n != nil {
			*target = l.Text(n)
		}
	}
	for key, target := range map[string]*string{"path": &out.Path, "ca": &out.CA, "cert": &out.Cert, "key": &out.Key} {
		if n := f.Get(key); n != nil {
			*target = l.file(l.Text(n))
		}
	}
	l.storeAddress(f, out)
	return out
}

// storeAddress reads what each store cannot do without.
func (l *loader) storeAddress(f *yamldoc.Fields, out *MapStore) {
	switch out.Store {
	case "file":
		f.Need("path", "path: map.yaml")
	case "postgres":
		out.dsn = l.shardDSN(f, "postgres")
		if n := f.Get("replicas"); n != nil && l.Is(n, yamldoc.List) {
			for _, c := range n.Children {
				out.Replicas = append(out.Replicas, l.mapReplica(c))
			}
		}
	case "etcd":
		if n := f.Need("endpoints", "endpoints: [etcd-1.example.com:2379]"); n != nil {
			out.Endpoints = l.Texts(n)
		}
		if n := f.Get("password"); n != nil {
			out.password = l.variable(n)
		}
	}
}

func (l *loader) mapReplica(n *yamldoc.Node) MapReplica {
	var r MapReplica
	f := l.Fields(n, "region", "dsn", "dsn_file")
	if f == nil {
		return r
	}
	if n := f.Need("region", "region: eu-west-1"); n != nil {
		r.Region = l.Text(n)
	}
	r.dsn = l.shardDSN(f, "postgres")
	return r
}

// variable reads a credential, of which nothing may stand in the file.
func (l *loader) variable(n *yamldoc.Node) string {
	l.HideSecret(n)
	if l.Text(n) == "" {
		return ""
	}
	value, template, ok := l.Expand(n, l.env)
	if !ok {
		return ""
	}
	if template != yamldoc.Expanded {
		l.Fail(n.KeyAt, `%s: a credential stands only in the environment: write "${VARIABLE}" and nothing else`, n.Path)
		return ""
	}
	return value
}
