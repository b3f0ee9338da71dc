package postgres

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// What zero values of Options stand for.
const (
	DefaultName           = "default"
	DefaultSchema         = "public"
	DefaultConnectTimeout = 10 * time.Second
)

// replicaTimeout bounds what is asked of a replica: beyond it another server is nearer.
const replicaTimeout = 2 * time.Second

// Options say where a map is.
type Options struct {
	DSN      string    // of the primary, as libpq reads it
	Region   string    // of the primary
	Replicas []Replica // that may be read
	Reader   string    // the region in which this program runs; "" if it is not known
	Name     string    // of the map in the table; DefaultName if empty
	Schema   string    // of the table; DefaultSchema if empty
}

// Replica is a server that has the table of the primary, sooner or later.
type Replica struct {
	DSN    string
	Region string
}

// Open returns the store of a table without connecting to its servers.
func Open(o Options) (*Store, error) {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	if strings.ContainsRune(o.Name+o.Schema, 0) {
		return nil, errors.New("the name or the schema of the shard map holds a NUL character")
	}
	s := newStore(o.Name, o.Schema)
	primary, err := newServer("its primary", o.DSN, o.Region == o.Reader)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	s.primary = primary
	s.servers = []*server{primary}
	for i, r := range o.Replicas {
		replica, err := newServer(fmt.Sprintf("its replica %d", i+1), r.DSN, r.Region == o.Reader)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
		s.servers = append(s.servers, replica)
	}
	return s, nil
}

// parse reads a DSN. The parser's own text may quote it, so it is not even kept as the cause.
func parse(dsn string) (*pgconn.Config, error) {
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil || dsn == "" {
		return nil, errors.New("the DSN is not a PostgreSQL URL or keyword=value string that can be read, or names a file that cannot")
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "atoll"
	}
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	if cfg.ConnectTimeout <= 0 {
		cfg.ConnectTimeout = DefaultConnectTimeout
	}
	return cfg, nil
}
