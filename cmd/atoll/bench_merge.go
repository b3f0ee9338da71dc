package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/merge"
	"github.com/atoll-sql/atoll/bench/report"
)

func newBenchMerge(t *terminal) *cobra.Command {
	var o merge.Options
	var groups string
	cmd := &cobra.Command{
		Use:   "merge",
		Short: "Measure how many partial rows a second one core merges, beside DuckDB doing the same",
		Long: `Merges partial rows that are in memory, as batches of several shards, into groups: sums, averages, sums by text keys and HyperLogLog sketches;
and sorted streams into one, all of it or its first rows. DuckDB does the same on the same rows with one thread, once from the same batches and once from a
table of its own; the answers are compared before anything is measured. No server is needed.`,
		Example: `  atoll bench merge
  atoll bench merge --quick
  atoll bench merge --states sums,hll --groups 1000,1000000 --rows 8000000 --json merge.json`,
		Args: cobra.NoArgs,
	}
	out := benchOutputFlags(cmd)
	f := cmd.Flags()
	f.IntVar(&o.Rows, "rows", 0, "partial rows that all shards send together (default 2097152)")
	f.StringVar(&groups, "groups", "", "numbers of groups (default 1000,100000,1000000)")
	f.IntVar(&o.Shards, "shards", 0, "shards that send them (default 8)")
	f.StringSliceVar(&o.States, "states", nil, "what is merged: "+strings.Join(merge.States(), ", ")+" (default all)")
	f.IntVar(&o.Limit, "limit", 0, "rows that top-n wants (default 10000)")
	f.IntVar(&o.Rounds, "rounds", 0, "measured rounds (default 5)")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the rows")
	f.BoolVar(&o.Quick, "quick", false, "small defaults, to try it in seconds")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var err error
		if o.Groups, err = intFlag("groups", groups); err != nil {
			return err
		}
		return t.bench(cmd, out, &o, func(ctx context.Context, progress func(string)) (*report.Report, error) {
			o.Progress = progress
			return merge.Run(ctx, o)
		})
	}
	return cmd
}
