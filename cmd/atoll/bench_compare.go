package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/report"
)

func newBenchCompare(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare A.json B.json",
		Short: "Say what changed between two reports of a benchmark",
		Long: `Compares the series of two reports that were kept with --json, A before a change and B after it: medians with 95 % confidence intervals, and the
Mann-Whitney U test, which tells differences from chance ("~"). Four rounds in each is the least for a difference to be told at the default alpha. What else
differs, as the machine, versions and settings, is named first. Nothing is measured.`,
		Example: `  atoll bench merge --rounds 10 --json before.json
  atoll bench merge --rounds 10 --json after.json
  atoll bench compare before.json after.json`,
	}
	format := cmd.Flags().String("format", "text", "text or json")
	alpha := cmd.Flags().Float64("alpha", 0.05, "the greatest probability of a difference by chance that counts as a difference")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usage("atoll bench compare before.json after.json", "bench compare takes two files that --json wrote")
		}
		if *format != "text" && *format != "json" {
			return usage("", "--format takes text or json, not %q", *format)
		}
		if !(*alpha > 0 && *alpha < 1) {
			return usage("", "--alpha %v: it must be between 0 and 1, as 0.05", *alpha)
		}
		var r [2]*report.Report
		for i := range r {
			var err error
			if r[i], err = report.Load(args[i]); err != nil {
				return usage("", "%w", err)
			}
		}
		c, err := report.Compare(r[0], r[1], *alpha)
		if err != nil {
			return usage("", "%w", err)
		}
		return t.writeComparison(c, *format)
	}
	return cmd
}

func (t *terminal) writeComparison(c *report.Comparison, format string) error {
	text := c.Text()
	if format == "json" {
		form, err := c.JSON()
		if err != nil {
			return err
		}
		text = string(form)
	}
	_, err := fmt.Fprint(t.out, text)
	return err
}
