package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

func newAdvise(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "Propose which keys to move between shards",
		Long: `Proposes moves of keys: off shards that are draining, and off those that are asked or hold much more than the mean of their jurisdiction. It goes
by the shard map, by the shards' own estimates of their sizes, and by what was counted (atoll shards --heat). Each proposal comes with the rows and bytes
that would move, by estimate, with the balance before and after, and with the command line that would do it. Only legal moves are proposed: keys never
leave their jurisdiction, and go to active shards. Nothing is changed.

Where a range should be cut, the key at which is read from its rows. Under a residency policy keys are not read, and the proposal comes without one.`,
		Example: `  atoll advise -c atoll.yaml
  atoll advise -c atoll.yaml --format json`,
		Args: cobra.NoArgs,
	}
	config := configFlag(cmd)
	format := cmd.Flags().String("format", "table", "table or json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := tableOrJSON(*format); err != nil {
			return err
		}
		return withEngine(cmd.Context(), *config, func(e *atoll.Engine) error {
			all, err := e.Advise(cmd.Context())
			if err != nil {
				return err
			}
			if *format == "json" {
				return writeJSON(t.out, adviceJSON(all))
			}
			_, err = io.WriteString(t.out, adviceText(all))
			return err
		})
	}
	return cmd
}

func tableOrJSON(format string) error {
	if format != "table" && format != "json" {
		return usage("", "unknown format %q; one of table, json", format)
	}
	return nil
}

func adviceText(all []atoll.Advice) string {
	if len(all) == 0 {
		return "no advice: no shard is draining, and none is asked or holds much more than others of its jurisdiction\n"
	}
	var b strings.Builder
	for _, x := range all {
		line := strings.ReplaceAll(string(x.Kind), "_", " ") + ": " + x.Why
		if x.To != "" {
			line += fmt.Sprintf("; %s → %s: %s", x.From, x.To, moving(x))
		}
		b.WriteString(printable(line) + "\n")
		if x.Measure != "" && x.To != "" {
			b.WriteString(printable(fmt.Sprintf("  %s of %s and %s: %s and %s now, %s and %s then", x.Measure, x.From, x.To, amount(x.Measure, x.Before.From), amount(x.Measure, x.Before.To),
				amount(x.Measure, x.After.From), amount(x.Measure, x.After.To))) + "\n")
		}
		if x.Command != "" {
			b.WriteString(printable("  "+x.Command) + "\n")
		}
	}
	return b.String()
}

// moving says how much would move.
func moving(x atoll.Advice) string {
	var says []string
	if len(x.Parts) == 1 {
		says = append(says, x.Parts[0])
	} else {
		says = append(says, fmt.Sprintf("%s … %s (%d)", x.Parts[0], x.Parts[len(x.Parts)-1], len(x.Parts)))
	}
	if x.Rows >= 0 {
		says = append(says, "about "+progress.Count(x.Rows)+" rows")
	}
	if x.Bytes >= 0 {
		says = append(says, progress.Bytes(x.Bytes))
	}
	if x.Rows < 0 && x.Bytes < 0 {
		says = append(says, "size unknown")
	} else if x.Basis != "" {
		says = append(says, "by estimate: "+x.Basis)
	}
	if x.Requests > 0 {
		says = append(says, rate(x.Requests)+" requests/s")
	}
	return strings.Join(says, ", ")
}

func amount(measure string, x float64) string {
	switch measure {
	case "requests":
		return rate(x) + "/s"
	case "bytes":
		return progress.Bytes(int64(x))
	}
	return progress.Count(int64(x))
}

// The JSON form; sizes and rates that are not known are null.
type adviceForm struct {
	Kind     string       `json:"kind"`
	Table    string       `json:"table,omitempty"`
	Parts    []string     `json:"parts,omitempty"`
	From     string       `json:"from,omitempty"`
	To       string       `json:"to,omitempty"`
	Why      string       `json:"why"`
	Command  string       `json:"command,omitempty"`
	Rows     *int64       `json:"rows"`
	Bytes    *int64       `json:"bytes"`
	Basis    string       `json:"basis,omitempty"`
	Requests *float64     `json:"requests"`
	Balance  *balanceForm `json:"balance,omitempty"`
}

type balanceForm struct {
	Measure string   `json:"measure"`
	Before  pairForm `json:"before"`
	After   pairForm `json:"after"`
}

type pairForm struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

func adviceJSON(all []atoll.Advice) []adviceForm {
	out := []adviceForm{}
	for _, x := range all {
		f := adviceForm{Kind: string(x.Kind), Table: x.Table, Parts: x.Parts, From: x.From, To: x.To, Why: x.Why, Command: x.Command, Basis: x.Basis}
		if x.Rows >= 0 {
			f.Rows = &x.Rows
		}
		if x.Bytes >= 0 {
			f.Bytes = &x.Bytes
		}
		if x.Requests >= 0 {
			f.Requests = &x.Requests
		}
		if x.Measure != "" && x.To != "" {
			f.Balance = &balanceForm{x.Measure, pairForm(x.Before), pairForm(x.After)}
		}
		out = append(out, f)
	}
	return out
}
