package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/planpage"
)

// planFormats are the ways to show a plan.
var planFormats = []string{"text", "json", "html"}

func newExplain(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [SQL | -f FILE | -]",
		Short: "Show how a query would run: each shard's SQL and what crosses a border",
		Long: `Shows the fragments of a query's plan with each shard's SQL, and each edge between them with its columns and
estimated rows. With --analyze the query runs, its answer is thrown away, and actual rows, bytes and times per
shard are shown. Where the configuration names a residency policy, each edge that leaves a region shows by which rule it may and
under which terms; a query that may not run is refused here as well. The format html is one page that draws all this and needs nothing else to be read.
` + partialHelp + ` It says so with --analyze.`,
		Example: `  atoll explain -c atoll.yaml "SELECT atoll_region, sum(amount) FROM payments GROUP BY 1"
  atoll explain -c atoll.yaml --analyze --format json -f report.sql
  atoll explain -c atoll.yaml --format html -f report.sql > plan.html`,
	}
	config := configFlag(cmd)
	file := cmd.Flags().StringP("file", "f", "", "read the query from this file")
	format := cmd.Flags().String("format", "text", "text, json or html")
	analyze := cmd.Flags().Bool("analyze", false, "run the query and show what really happened")
	timeout := cmd.Flags().Duration("timeout", 0, "give up after this long, e.g. 30s (default: never)")
	dialect := dialectFlag(cmd)
	partial := partialFlag(cmd)
	params := paramFlag(cmd)
	who := addCallerFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sql, err := sqlText(t.in, args, *file)
		if err != nil {
			return err
		}
		if !slices.Contains(planFormats, *format) {
			return usage("", "unknown format %q; one of %s", *format, strings.Join(planFormats, ", "))
		}
		opts, err := dialectOption(*dialect)
		if err != nil {
			return err
		}
		less, err := inPart(*partial)
		if err != nil {
			return err
		}
		ctx, cancel, err := withTimeout(cmd.Context(), *timeout)
		if err != nil {
			return err
		}
		defer cancel()
		err = withEngine(ctx, *config, func(e *atoll.Engine) error {
			x, err := less(who.session(e)).Explain(ctx, sql, atoll.ExplainOptions{Analyze: *analyze}, values(*params)...)
			if err != nil {
				return withSQL(err, sql)
			}
			if err := t.writeExplanation(x, *format); err != nil || x.Analyzed == nil {
				return err
			}
			return ended(x.Analyzed.Completeness)
		}, opts...)
		return timedOut(ctx, err, *timeout)
	}
	return cmd
}

func (t *terminal) writeExplanation(x *atoll.Explanation, format string) error {
	switch format {
	case "text":
		_, err := fmt.Fprintln(t.out, printable(x.Text()))
		return err
	case "html":
		return planpage.Write(t.out, x)
	}
	enc := json.NewEncoder(t.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(x)
}
