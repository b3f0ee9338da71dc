package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/planning"
	"github.com/atoll-sql/atoll/bench/report"
)

func newBenchPlan(t *terminal) *cobra.Command {
	var o planning.Options
	var shards, rules string
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Measure the time from a query's text to a plan, by shape, shards and residency rules",
		Long: `Plans queries of different shapes over shards that describe their tables and hold no rows, and measures the time from the text to the SQL for each shard:
of a text never seen, of one seen before, and with parameters; under different numbers of residency rules; with allocations.
No server is needed.`,
		Example: `  atoll bench plan
  atoll bench plan --quick
  atoll bench plan --shards 1,64 --rules 0,100 --shapes report,join --json plan.json`,
		Args: cobra.NoArgs,
	}
	out := benchOutputFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&shards, "shards", "", "numbers of shards (default 1,8,64)")
	f.StringVar(&rules, "rules", "", "numbers of residency rules, 0 for no policy (default 0,10,100,1000)")
	f.StringSliceVar(&o.Shapes, "shapes", nil, "shapes of queries: "+strings.Join(planning.Shapes(), ", ")+" (default all)")
	f.IntVar(&o.Rounds, "rounds", 0, "measured rounds (default 5)")
	f.IntVar(&o.Plans, "plans", 0, "plans of each kind in a round (default 20)")
	f.IntVar(&o.Values, "values", 0, "values in the list of the shape list (default 10000)")
	f.BoolVar(&o.Quick, "quick", false, "small defaults, to try it in seconds")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var err error
		if o.Shards, err = intFlag("shards", shards); err != nil {
			return err
		}
		if o.Rules, err = intFlag("rules", rules); err != nil {
			return err
		}
		return t.bench(cmd, out, &o, func(ctx context.Context, progress func(string)) (*report.Report, error) {
			o.Progress = progress
			return planning.Run(ctx, o)
		})
	}
	return cmd
}
