package main

import (
	"github.com/spf13/cobra"
)

func newBench(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what a global query costs, and where its time goes",
		Long: `Measures on this machine, with servers that it starts and stops itself: PostgreSQL, and the systems that Atoll is compared with where they can be had.
Each command prints its figures, and keeps all of them with --json; --html and --plots draw them. docs/performance.md says how to read them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchFanout(t), newBenchReport(t), newBenchCompare(t), newBenchTransfer(t), newBenchPlan(t), newBenchMerge(t), newBenchSketch(t), newBenchTPCH(t))
	return cmd
}
