package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/output"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

func newQuery(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "query [SQL | -f FILE | -]",
		Short: "Answer a query over all shards",
		Long: `Answers a query over all shards, as one PostgreSQL database with all their rows would.

The answer goes to standard output. Formats: table (for people), csv (RFC 4180; NULL is an empty field, the empty
string is ""), json (one array), ndjson (one object per line), arrow (IPC stream), parquet.
Where the configuration names a residency policy, --purpose, --role and --client-region are what its rules ask for; a
query that they do not permit ends with exit status 3, and no shard is asked for data.
If the query fails half-way, the exit status is not 0, and what was written so far cannot be taken for a
complete answer: JSON without its closing bracket, Parquet without its footer, CSV with an open quote.
` + partialHelp + ` The report stands
below a table; for other formats it goes to standard error, for json and ndjson as one line of JSON: {"completeness": …}.`,
		Example: `  atoll query -c atoll.yaml "SELECT atoll_region, count(*) FROM payments GROUP BY 1"
  atoll query -c atoll.yaml --format csv -f report.sql > report.csv
  echo "SELECT * FROM members" | atoll query -c atoll.yaml --format parquet - > members.parquet
  atoll query -c atoll.yaml --arg 101 'SELECT sum(amount) FROM payments WHERE cooperative_id = $1'
  atoll query -c atoll.yaml --purpose research --role analyst -f members.sql
  atoll query -c atoll.yaml --partial=quorum:2 --timeout 30s "SELECT count(*) FROM payments"`,
	}
	config := configFlag(cmd)
	file := cmd.Flags().StringP("file", "f", "", "read the query from this file")
	format := formatFlag(cmd)
	dialect := dialectFlag(cmd)
	timeout := cmd.Flags().Duration("timeout", 0, "give up after this long, e.g. 30s (default: never)")
	partial := partialFlag(cmd)
	params := paramFlag(cmd)
	who := addCallerFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sql, err := sqlText(t.in, args, *file)
		if err != nil {
			return err
		}
		opts, err := dialectOption(*dialect)
		if err != nil {
			return err
		}
		f, err := t.outputFormat(*format)
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
			a, err := t.answer(ctx, less(who.session(e)), f, sql, values(*params)...)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprint(t.err, a.notes); err != nil || *partial == "" {
				return err
			}
			if err := t.writeCompleteness(a.complete, f); err != nil {
				return err
			}
			return ended(a.complete)
		}, opts...)
		return timedOut(ctx, err, *timeout)
	}
	return cmd
}

func formatFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("format", string(output.Table), "table, csv, json, ndjson, arrow or parquet")
}

func paramFlag(cmd *cobra.Command) *[]string {
	return cmd.Flags().StringArray("arg", nil, "value of the next parameter, $1 (or the first ?) first; may be repeated")
}

// outputFormat checks a --format against what standard output is.
func (t *terminal) outputFormat(name string) (output.Format, error) {
	f, err := output.ParseFormat(name)
	if err != nil {
		return "", &usageError{err: err}
	}
	if f.Binary() && progress.IsTerminal(t.out) {
		return "", usage("send it to a file or a pipe: > result."+name, "%s is not for a terminal", name)
	}
	return f, nil
}

func dialectFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("dialect", "", "the query's SQL dialect, postgres or mysql (default: the configuration's)")
}

// dialectOption checks a --dialect; without one the configuration decides.
func dialectOption(name string) ([]atoll.Option, error) {
	switch name {
	case "":
		return nil, nil
	case "postgres", "mysql":
		return []atoll.Option{atoll.WithDialect(name)}, nil
	}
	return nil, usage("it is postgres or mysql", "unknown dialect %q", name)
}

func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc, error) {
	switch {
	case d < 0:
		return nil, nil, usage("", "--timeout must be positive")
	case d == 0:
		ctx, cancel := context.WithCancel(ctx)
		return ctx, cancel, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	return ctx, cancel, nil
}

// timedOut returns err, or a clear word if it came from the end of --timeout.
func timedOut(ctx context.Context, err error, d time.Duration) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the query did not end within --timeout %s", d)
	}
	return err
}

// values makes query arguments of their text forms; the query's casts give them their types.
func values(texts []string) []any {
	args := make([]any, len(texts))
	for i, s := range texts {
		args[i] = s
	}
	return args
}

// answered is what is said of a query whose rows have been written.
type answered struct {
	stats    *atoll.QueryStats
	complete *atoll.Completeness
	notes    string // in whole lines: what was held back under which residency terms, what is an estimate
}

// answer runs one query, writes its rows to standard output and shows progress meanwhile. The context's end, or a reader
// of standard output that goes away, stops it on all shards.
func (t *terminal) answer(ctx context.Context, s *atoll.Session, f output.Format, sql string, args ...any) (*answered, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	result, err := s.Query(ctx, sql, args...)
	if err != nil {
		return nil, withSQL(err, sql)
	}
	defer result.Release()
	line := progress.Start(t.err, func() progress.Snapshot { return snapshot(result) })
	defer line.Stop()
	out := line.Before(t.out)
	if !progress.IsTerminal(t.out) {
		out = t.out // the line stays while results go elsewhere
	}
	w, err := output.New(f, out, result.Schema(), output.Options{Color: progress.Colors(t.out)})
	if err != nil {
		return nil, err
	}
	if _, err := output.Copy(w, result); err != nil {
		return nil, withSQL(err, sql)
	}
	return &answered{result.Stats(), result.Completeness(), heldBack(result.Crossings()) + estimates(result.Approximations())}, nil
}
