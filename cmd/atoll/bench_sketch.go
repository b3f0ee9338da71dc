package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/sketch"
)

func newBenchSketch(t *terminal) *cobra.Command {
	var o sketch.Options
	var shards, distinct string
	cmd := &cobra.Command{
		Use:   "sketch",
		Short: "Measure what estimates save beside exact answers, and how far off they are",
		Long: `Counts different values, and asks for percentiles and the most frequent values, over PostgreSQL servers that the command starts: as estimates and exactly, in turn.
It measures time and the bytes that the shards send, and holds the error that was seen to the error that is allowed.`,
		Example: `  atoll bench sketch
  atoll bench sketch --quick
  atoll bench sketch --shards 1,4,16 --rows 1000000 --distinct 100,500000 --html sketch.html`,
		Args: cobra.NoArgs,
	}
	out := benchOutputFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&shards, "shards", "", "numbers of servers (default 1,8)")
	f.IntVar(&o.Rows, "rows", 0, "rows of each server (default 500000)")
	f.StringVar(&distinct, "distinct", "", "numbers of different values, each at most as many as the rows (default 1000 and as many as the rows)")
	f.IntVar(&o.Rounds, "rounds", 0, "measured rounds (default 5)")
	f.Uint64Var(&o.Seed, "seed", 0, "of the values (default 1)")
	f.BoolVar(&o.Quick, "quick", false, "small defaults, to try it in seconds")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var err error
		if o.Shards, err = intFlag("shards", shards); err != nil {
			return err
		}
		if o.Distinct, err = intFlag("distinct", distinct); err != nil {
			return err
		}
		return t.bench(cmd, out, &o, func(ctx context.Context, progress func(string)) (*report.Report, error) {
			o.Progress = progress
			return sketch.Run(ctx, o)
		})
	}
	return cmd
}
