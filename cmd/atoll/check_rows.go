package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

// rowsCheck is what `check --rows` was asked for.
type rowsCheck struct {
	mode   string // "", sample or full
	tables []string
	sample int64
}

// sampleRows is how many rows of each table and shard a sample has unless --sample says otherwise.
const sampleRows = 1000

func rowsFlags(cmd *cobra.Command) *rowsCheck {
	r := &rowsCheck{}
	cmd.Flags().StringVar(&r.mode, "rows", "", "hold the rows against the shard map: sample or full")
	cmd.Flags().StringArrayVar(&r.tables, "table", nil, "with --rows, a table to look at, several times for several (default: all)")
	cmd.Flags().Int64Var(&r.sample, "sample", sampleRows, "with --rows sample, how many rows of each table on each shard")
	return r
}

func (r *rowsCheck) check(cmd *cobra.Command) error {
	set := func(name string) bool { return cmd.Flags().Changed(name) }
	switch {
	case r.mode != "sample" && r.mode != "full" && set("rows"):
		return usage("", "unknown --rows %q; one of sample, full", r.mode)
	case set("table") && r.mode == "":
		return usage("", "--table goes with --rows")
	case set("sample") && r.mode != "sample":
		return usage("", "--sample goes with --rows sample")
	case r.sample < 1:
		return usage("", "--sample takes a number of rows, at least 1")
	}
	return nil
}

// checkRows holds rows against the shard map, if that was asked for, and writes what it found. The error says that not all is well.
func (t *terminal) checkRows(ctx context.Context, e *atoll.Engine, r *rowsCheck) error {
	if r.mode == "" {
		return nil
	}
	o := atoll.MisplacedOptions{Tables: r.tables}
	if r.mode == "sample" {
		o.Sample = r.sample
	}
	found, err := e.Misplaced(ctx, o)
	if err != nil {
		return err
	}
	if err := t.writeRows(found, o.Sample); err != nil {
		return err
	}
	return misplaced(found)
}

func (t *terminal) writeRows(found []atoll.Misplaced, sample int64) error {
	g := grid{right: []bool{false, false, true}}
	g.add("table", "shard", "rows", "where they belong")
	for i := range found {
		m := &found[i]
		rows := progress.Count(m.Rows)
		if m.Unchecked != "" {
			rows = ""
		}
		g.add(m.Table, m.Shard, rows, rowsFound(m))
	}
	text := "rows, all of them\n"
	if sample > 0 {
		text = fmt.Sprintf("rows, the first %s that each shard sends of a table\n", progress.Count(sample))
	}
	_, err := io.WriteString(t.out, text+g.text(""))
	return err
}

// rowsFound says of one table on one shard what came out.
func rowsFound(m *atoll.Misplaced) string {
	var out []string
	if m.Err != nil {
		out = append(out, "failed: "+m.Err.Error())
	}
	if m.Unchecked != "" {
		out = append(out, "not looked at: "+m.Unchecked)
	}
	for _, a := range m.Astray {
		out = append(out, fmt.Sprintf("MISPLACED %s of %s", progress.Count(a.Rows), a.Belongs))
	}
	if m.Behind > 0 {
		out = append(out, fmt.Sprintf("BEHIND the fullest copy by %s", progress.Count(m.Behind)))
	}
	if len(out) == 0 {
		out = append(out, "here")
	}
	if m.NullKeys > 0 {
		out = append(out, progress.Count(m.NullKeys)+" with NULL in the key")
	}
	if m.Unlisted > 0 {
		out = append(out, progress.Count(m.Unlisted)+" with keys that are not listed")
	}
	return strings.Join(out, "; ")
}

// misplaced is the error that says what is not as it should be; nil if all is.
func misplaced(found []atoll.Misplaced) error {
	var astray, behind int64
	failed, unchecked := 0, 0
	var wrong []string
	for i := range found {
		m := &found[i]
		astray, behind = astray+m.AstrayRows(), behind+m.Behind
		if m.Err != nil {
			failed++
		}
		if m.Unchecked != "" {
			unchecked++
		}
	}
	if astray > 0 {
		wrong = append(wrong, progress.Count(astray)+" on a shard where queries for their keys do not look")
	}
	if behind > 0 {
		wrong = append(wrong, progress.Count(behind)+" missing from copies of reference tables")
	}
	switch {
	case len(wrong) > 0:
		return fmt.Errorf("check: misplaced rows: %s; move or copy them, or change the shard map", strings.Join(wrong, ", "))
	case failed > 0:
		return fmt.Errorf("check: %d of %d tables on shards could not be read", failed, len(found))
	case unchecked > 0:
		return &atoll.Error{Kind: atoll.KindIncomplete, Pos: -1, Text: fmt.Sprintf("check: %d of %d tables on shards were not looked at", unchecked, len(found))}
	}
	return nil
}
