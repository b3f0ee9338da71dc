package main

import (
	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/report"
)

func newBenchReport(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report FILE.json",
		Short: "Show a report that a benchmark left behind",
		Long:  `Shows a report that was kept with --json: as text, as Markdown, as a page, or as plots. Nothing is measured.`,
		Example: `  atoll bench report fanout.json
  atoll bench report fanout.json --html fanout.html --plots plots
  atoll bench report fanout.json --format markdown > fanout.md`,
	}
	o := benchFaceFlags(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage("atoll bench report fanout.json", "bench report takes one file that --json wrote")
		}
		if err := o.check(); err != nil {
			return err
		}
		r, err := report.Load(args[0])
		if err != nil {
			return usage("", "%w", err)
		}
		return t.writeReport(r, o)
	}
	return cmd
}
