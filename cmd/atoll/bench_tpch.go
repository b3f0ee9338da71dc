package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/tpch"
)

func newBenchTPCH(t *terminal) *cobra.Command {
	var o tpch.Options
	var queries string
	cmd := &cobra.Command{
		Use:   "tpch",
		Short: "Measure TPC-H's queries over PostgreSQL shards, beside PostgreSQL, postgres_fdw, DuckDB and Trino",
		Long: `Fills PostgreSQL servers of its own with rows like those of TPC-H, all of them in one and spread over shards, and puts the 22 queries to Atoll and its
peers in turn. Each answer is first held to that of the single PostgreSQL. A peer that cannot be had is reported with the reason; one that needs longer than
--timeout is not asked that query again, and the limit counts.

DuckDB and Trino are downloaded once, with python3's pip and with Maven. While Trino is measured, the servers listen on 127.0.0.1 without a password.`,
		Example: `  atoll bench tpch --quick --peers atoll,postgres_fdw
  atoll bench tpch --download=false --queries 1-6,18
  atoll bench tpch --scale 1 --dir /var/tmp/tpch --json tpch.json --html tpch.html`,
		Args: cobra.NoArgs,
	}
	out := benchOutputFlags(cmd)
	f := cmd.Flags()
	f.Float64Var(&o.Scale, "scale", 0, "scale factor: 1 is about 6 million lineitems and 4 GB on disk (default 0.1)")
	f.Uint64Var(&o.Seed, "seed", 1, "what the rows are made from")
	f.IntVar(&o.Shards, "shards", 0, "PostgreSQL servers that the rows are spread over (default 4)")
	f.StringSliceVar(&o.Peers, "peers", nil, "who is asked: "+strings.Join(tpch.Names, ", ")+", or all (default all; postgresql always is)")
	f.StringVar(&queries, "queries", "", "numbers of queries, such as 1-6,18 (default all 22)")
	f.IntVar(&o.Rounds, "rounds", 0, "measured runs of each query and peer, after one that is checked (default 4)")
	f.DurationVar(&o.Timeout, "timeout", 0, "limit of one run of a query (default 20s)")
	f.StringVar(&o.Dir, "dir", "", "keep the filled servers in this directory, for the next run with the same rows")
	benchPeerFlags(f, &o.Setup)
	f.BoolVar(&o.Quick, "quick", false, "small defaults, to try it in seconds: scale 0.01, one round, few queries, without trino")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var err error
		if o.Queries, err = intFlag("queries", queries); err != nil {
			return err
		}
		if slices.Contains(o.Peers, "all") {
			o.Peers = nil
		}
		return t.bench(cmd, out, &o, func(ctx context.Context, progress func(string)) (*report.Report, error) {
			o.Progress = progress
			return tpch.Run(ctx, o)
		})
	}
	return cmd
}
