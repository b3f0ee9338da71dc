package tpch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/bench/peers"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// Atoll is the name under which Atoll itself stands beside the names of package peers.
const Atoll = peers.Atoll

// Names lists who answers the queries, in the order in which a query is put to them.
var Names = append([]string{Atoll}, peers.Names...)

// Options say what to measure. The zero value of a field means its default.
type Options struct {
	Scale   float64       // scale factor, from about 0.01; default 0.1
	Seed    uint64        // of the rows; default 1
	Shards  int           // PostgreSQL servers the rows are spread over; default 4, at most 25
	Peers   []string      // some of [Names]; default all. The single PostgreSQL is added where it lacks: its answers are what others' must equal
	Queries []int         // numbers from 1; default all
	Rounds  int           // measured runs of each query and peer, after one whose answer is checked; default 4, as many as a comparison takes
	Timeout time.Duration // for one run of a query; a peer that needs longer is not asked it again; default 20 seconds
	// Quick makes the defaults small: scale 0.01, one round, 5 seconds, a few queries, and all peers but Trino, which takes half a minute to start.
	Quick bool

	// Dir keeps the servers' files, so that a later run of the same scale, seed and shards need not load them again; "" means a
	// temporary directory that is removed. Every user must be able to pass through it if this process is root.
	Dir string
	// Settings are further parameters of every server, each "name=value".
	Settings []string
	// Off names planner rules and placement decisions that Atoll is to do without.
	Off []string
	// Setup says what may be downloaded for peers, and where it is kept. Memory that is not given is chosen as [Options.memory] says.
	Setup peers.Options
	// Progress, unless nil, is told of each step. It is called by one goroutine at a time.
	Progress func(line string)
}

// quickQueries are few, of different kinds: one large group, joins, one row, a join with few partners, a subquery.
var quickQueries = []int{1, 3, 6, 14, 18}

// complete fills in the defaults and checks the rest.
func (o Options) complete() (Options, error) {
	scale, rounds, timeout := 0.1, 4, 20*time.Second
	if o.Quick {
		scale, rounds, timeout = 0.01, 1, 5*time.Second
	}
	o.Scale = orDefault(o.Scale, scale)
	o.Seed = orDefault(o.Seed, 1)
	o.Shards = orDefault(o.Shards, 4)
	o.Rounds = orDefault(o.Rounds, rounds)
	o.Timeout = orDefault(o.Timeout, timeout)
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Quick && len(o.Queries) == 0 {
		o.Queries = slices.Clone(quickQueries)
	}
	if len(o.Queries) == 0 {
		for q := 1; q <= rows.QueryCount; q++ {
			o.Queries = append(o.Queries, q)
		}
	}
	wanted := o.Peers
	if o.Quick && len(wanted) == 0 {
		wanted = slices.DeleteFunc(slices.Clone(Names), func(p string) bool { return p == peers.Trino })
	}
	o.Peers = slices.DeleteFunc(slices.Clone(Names), func(p string) bool {
		return len(wanted) > 0 && p != peers.PostgreSQL && !slices.Contains(wanted, p)
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

// Check reports the first mistake, beginning with the option's name in small letters. Run checks the same before it starts anything.
func (o Options) Check() error {
	_, err := o.complete()
	return err
}

func (o Options) check(wanted []string) error {
	for _, p := range wanted {
		if !slices.Contains(Names, p) {
			return fmt.Errorf("peers: there is no %q; there are %s", p, strings.Join(Names, ", "))
		}
	}
	for i, q := range o.Queries {
		if q < 1 || q > rows.QueryCount {
			return fmt.Errorf("queries: there is no query %d; they are numbered from 1 to %d", q, rows.QueryCount)
		}
		if slices.Contains(o.Queries[:i], q) {
			return fmt.Errorf("queries: %d is named twice", q)
		}
	}
	if o.Shards < 1 || o.Shards > 25 {
		return fmt.Errorf("shards: %d is not from 1 to 25; each needs the customers of one of the 25 nations", o.Shards)
	}
	if o.Rounds < 1 || o.Rounds > 1000 {
		return fmt.Errorf("rounds: %d is not from 1 to 1000", o.Rounds)
	}
	if o.Timeout < time.Millisecond || o.Timeout > time.Hour {
		return fmt.Errorf("timeout: %s is not from 1ms to 1h", o.Timeout)
	}
	if _, err := rows.New(o.Scale, o.Seed); err != nil {
		return fmt.Errorf("scale: %w", err)
	}
	return nil
}
