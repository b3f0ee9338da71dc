package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/fanout"
	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
)

func newBenchFanout(t *terminal) *cobra.Command {
	var o fanout.Options
	var lists fanoutLists
	cmd := &cobra.Command{
		Use:   "fanout",
		Short: "Measure what a query over 1 to 64 shards costs, near and far, and where its time goes",
		Long: `Starts PostgreSQL servers, or DuckDB files, with the same number of rows each, and puts a report over all of them to 1, 2, 4, … 64 of them: beside
the coordinator, and at the distances of a latency profile, which proxies add. It measures latency one query at a time (closed loop), throughput, and what
users see who arrive at a rate of their own (open loop); how long planning, the first batch, the slowest shard, merging and output take; how the tail grows
with the number of shards; what selectivity, groups, result size and concurrency change; and how long other systems take for the same queries.

Profiles: ` + profileNames() + `; or a round-trip time such as 25ms.
Where times of all shards together are limited by this machine's processors, shards that cost no processor tell what the coordinator takes: "fixed" and
"drawn" in the report.

Peers are not set up unless they are named. DuckDB and Trino are downloaded once, with python3's pip and with Maven. While peers are measured, the
servers listen on 127.0.0.1 without a password.`,
		Example: `  atoll bench fanout --quick
  atoll bench fanout --json fanout.json --html fanout.html
  atoll bench fanout --shards 1,8,64 --profile atlantic --rounds 9
  atoll bench fanout --shards 8 --rate 20 --duration 10s --no-sweeps
  atoll bench fanout --engine duckdb --rows 200000
  atoll bench fanout --peers all`,
		Args: cobra.NoArgs,
	}
	out := benchOutputFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&lists.shards, "shards", "", "numbers of shards, 1 to 64; 1 is always measured (default 1,2,4,8,16,32,64)")
	f.StringVar(&o.Engine, "engine", world.PostgreSQL, "of the shards: postgres or duckdb")
	f.StringVar(&o.Profile, "profile", "40ms", "where shards are besides here; "+load.Local.Name+" for nowhere else")
	f.IntVar(&o.Rows, "rows", 0, "rows of each shard (default 50000)")
	f.IntVar(&o.At, "at", 0, "number of shards of the sweeps, the timeline and the peers (default 8, or the most below)")
	f.StringVar(&lists.selectivity, "selectivity", "", "sweep: shares of the rows that are read (default 0.001,0.01,0.1,1)")
	f.StringVar(&lists.groups, "groups", "", "sweep: numbers of groups (default 1,100,1000,10000)")
	f.StringVar(&lists.rows, "result-rows", "", "sweep: rows of each shard that come back as they are (default 1,100,1000,10000)")
	f.StringVar(&lists.parallel, "in-parallel", "", "sweep: queries at once (default 1,2,4,8)")
	f.BoolVar(&o.NoSweeps, "no-sweeps", false, "leave the sweeps out")
	f.IntVar(&o.Concurrency, "concurrency", 0, "queries at once where throughput is measured (default 4)")
	f.Float64Var(&o.Rate, "rate", 0, "queries per second of the open loop (default half of the throughput)")
	f.DurationVar(&o.Duration, "duration", 0, "of each loop in a round (default 1s)")
	f.IntVar(&o.Rounds, "rounds", 0, "measured rounds (default 5)")
	f.IntVar(&o.WarmUp, "warm-up", 0, "queries before each loop that are not counted (default 3)")
	f.Uint64Var(&o.Seed, "seed", 1, "of rows, arrivals and delays")
	f.StringSliceVar(&o.Peers, "peers", nil, "who else is asked: "+strings.Join(peers.Names, ", ")+", all or none (default none)")
	benchPeerFlags(f, &o.PeerOptions)
	f.BoolVar(&o.Quick, "quick", false, "small defaults, to try it in seconds")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := lists.into(&o); err != nil {
			return err
		}
		return t.bench(cmd, out, &o, func(ctx context.Context, progress func(string)) (*report.Report, error) {
			o.Progress = progress
			return fanout.Run(ctx, o)
		})
	}
	return cmd
}

func profileNames() string {
	var names []string
	for _, p := range load.Profiles() {
		names = append(names, p.Name+" ("+p.Text+")")
	}
	return strings.Join(names, "; ")
}

// fanoutLists are flags that hold lists.
type fanoutLists struct {
	shards, selectivity, groups, rows, parallel string
}

func (l fanoutLists) into(o *fanout.Options) error {
	for _, f := range []struct {
		flag, text string
		to         *[]int
	}{{"shards", l.shards, &o.Shards}, {"groups", l.groups, &o.Groups}, {"result-rows", l.rows, &o.ResultRows}, {"in-parallel", l.parallel, &o.InParallel}} {
		list, err := intFlag(f.flag, f.text)
		if err != nil {
			return err
		}
		*f.to = list
	}
	if l.selectivity != "" {
		for part := range strings.SplitSeq(l.selectivity, ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			if err != nil {
				return usage("", "--selectivity: %q is no list of shares such as 0.01,0.1,1", l.selectivity)
			}
			o.Selectivity = append(o.Selectivity, v)
		}
	}
	switch {
	case slices.Contains(o.Peers, "all"):
		o.Peers = peers.Names
	case slices.Contains(o.Peers, "none"):
		if len(o.Peers) > 1 {
			return usage("", "--peers: none is not named beside others: %s", fmt.Sprint(o.Peers))
		}
		o.Peers = nil
	}
	return nil
}
