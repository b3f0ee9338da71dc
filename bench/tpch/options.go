package tpch

import (
	"errors"
	"fmt"
	"slices"
	"time"

	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// Peer is one of the systems that answer the queries.
type Peer string

// The peers. Single is always asked: its answers are what the others' must equal.
const (
	Atoll  Peer = "atoll"        // over the shards
	Single Peer = "postgresql"   // one server with all rows
	FDW    Peer = "postgres_fdw" // partitions over the shards
)

// Peers lists all peers in the order in which a query is put to them.
var Peers = []Peer{Atoll, Single, FDW}

// Options say what to measure. The zero value of a field means its default.
type Options struct {
	Scale       float64       // scale factor, from about 0.01; default 1
	Seed        uint64        // of the rows; default 1
	Shards      int           // PostgreSQL servers the rows are spread over; default 4, at most 25
	Peers       []Peer        // default all; Single is added where it lacks
	Queries     []int         // numbers from 1; default all
	Repetitions int           // measured runs of each query and peer; default 3
	WarmUps     int           // runs before them that do not count; negative for none; default 1
	Timeout     time.Duration // for one run of a query; a peer that needs longer is not asked it again; default 2 minutes

	// Dir keeps the servers' files, so that a later run of the same scale, seed and shards need not load them again; "" means a
	// temporary directory that is removed. Every user must be able to pass through it if this process is root.
	Dir string
	// Settings are further parameters of every server, each "name=value".
	Settings []string
	// Off names planner rules and placement decisions that Atoll is to do without.
	Off []string
	// Progress, unless nil, is told of each step. It is called by one goroutine at a time.
	Progress func(line string)
}

// complete fills in the defaults and checks the rest.
func (o Options) complete() (Options, error) {
	o.Scale = orDefault(o.Scale, 1)
	o.Seed = orDefault(o.Seed, 1)
	o.Shards = orDefault(o.Shards, 4)
	o.Repetitions = orDefault(o.Repetitions, 3)
	o.WarmUps = max(0, orDefault(o.WarmUps, 1))
	o.Timeout = orDefault(o.Timeout, 2*time.Minute)
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if len(o.Queries) == 0 {
		for q := 1; q <= rows.QueryCount; q++ {
			o.Queries = append(o.Queries, q)
		}
	}
	wanted := o.Peers
	o.Peers = slices.DeleteFunc(slices.Clone(Peers), func(p Peer) bool {
		return len(wanted) > 0 && p != Single && !slices.Contains(wanted, p)
	})
	return o, o.check(wanted)
}

func orDefault[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}

func (o Options) check(wanted []Peer) error {
	for _, p := range wanted {
		if !slices.Contains(Peers, p) {
			return fmt.Errorf("there is no peer %q; there are %q", p, Peers)
		}
	}
	for _, q := range o.Queries {
		if q < 1 || q > rows.QueryCount {
			return fmt.Errorf("there is no query %d: they are numbered from 1 to %d", q, rows.QueryCount)
		}
	}
	if o.Shards < 1 || o.Shards > 25 {
		return fmt.Errorf("%d shards: each needs the customers of at least one of the 25 nations", o.Shards)
	}
	if o.Repetitions < 1 || o.Timeout < 0 {
		return errors.New("repetitions and the timeout must be positive")
	}
	return nil
}
