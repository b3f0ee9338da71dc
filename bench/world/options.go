package world

import (
	"errors"
	"fmt"
	"slices"

	"github.com/atoll-sql/atoll/bench/load"
)

// Drivers of shards.
const (
	PostgreSQL = "postgres"
	DuckDB     = "duckdb"
)

// MostShards is how many shards a world may have.
const MostShards = 64

// mostRows is how many rows all shards together may have: their numbers are multiplied in 64 bits.
const mostRows = 1 << 30

// Options say what is started. The zero value is one PostgreSQL shard with 10,000 rows, at no distance.
type Options struct {
	Shards int    // 1 to MostShards; 0 means 1
	Driver string // [PostgreSQL] or [DuckDB]; "" means the former. Files have no distance: they are in the coordinator's process
	Rows   int    // of each shard, 0 means 10,000; or of all together, where Total is set
	Total  bool   // Rows are spread evenly over all shards
	Groups int    // how many different values the column grp has, as many rows with each; 0 means 1,000
	Seed   uint64 // of the rows, and of what the proxies draw by lot
	Keys   bool   // id is the primary key on PostgreSQL servers, for queries of single keys

	Single bool // one more PostgreSQL server, with all rows
	FDW    bool // one more PostgreSQL server, with an empty database
	TCP    bool // all PostgreSQL servers listen on 127.0.0.1, too, for programs that speak TCP only

	// Profile says where shards are; the zero value is load.Local.
	Profile load.Profile
	// Proxies puts one before each PostgreSQL shard, as [World.SetProfile] needs it. Where the profile has distances there are proxies anyway.
	Proxies bool

	Concurrency int    // queries at once that shards and configuration have connections for; 0 means 8
	Policy      string // text of a residency policy; "" means none
	// Settings are further parameters of the PostgreSQL servers, each "name=value". They win over the world's own.
	Settings []string
	// Progress, unless nil, is told of each step, one line at a time.
	Progress func(line string)
}

// whole fills in what was left out.
func (o Options) whole() Options {
	for _, d := range []struct {
		of    *int
		value int
	}{{&o.Shards, 1}, {&o.Rows, 10_000}, {&o.Groups, 1000}, {&o.Concurrency, 8}} {
		if *d.of == 0 {
			*d.of = d.value
		}
	}
	if o.Driver == "" {
		o.Driver = PostgreSQL
	}
	if len(o.Profile.Regions) == 0 && o.Profile.Name == "" {
		o.Profile = load.Local
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

// Check reports what is wrong, all of it, before anything is started.
func (o Options) Check() error {
	o = o.whole()
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(o.Shards < 1 || o.Shards > MostShards, "%d shards: a world has 1 to %d", o.Shards, MostShards)
	wrong(!slices.Contains([]string{PostgreSQL, DuckDB}, o.Driver), "there are no shards of %q here: %s or %s", o.Driver, PostgreSQL, DuckDB)
	wrong(o.Rows < 1, "%d rows: there must be at least one", o.Rows)
	wrong(o.Total && o.Rows < o.Shards, "%d rows cannot be spread over %d shards", o.Rows, o.Shards)
	wrong(o.Rows > mostRows || !o.Total && o.Shards*o.Rows > mostRows, "more than %d rows", mostRows)
	wrong(o.Groups < 1 || o.Groups > 1<<31-1, "%d groups: there must be at least one, and a number of 32 bits for each", o.Groups)
	wrong(o.Concurrency < 1 || o.Concurrency > 1000, "%d queries at once: 1 to 1000", o.Concurrency)
	wrong(o.Driver == DuckDB && (o.Profile.Far() || o.Proxies), "files of DuckDB are read in this process and have no distance: take the profile %s, or PostgreSQL", load.Local.Name)
	return errors.Join(append(errs, o.Profile.Check())...)
}
