package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/demo"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/output"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

func newDemo(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make shards in three regions with sample data and answer a global report",
		Long: fmt.Sprintf(`Makes the world of a few housing cooperatives: their units, members and %s payments, on embedded shards in
Frankfurt, São Paulo and Virginia. Then it answers a global report over all three, shows what each region sent, and refuses what its residency policy does
not let leave a region.

With --dir the shards, an atoll.yaml, the policy and the audit log stay in a folder for every other command to work on;
otherwise they are removed at the end.`, progress.Count(demo.Payments)),
		Example: `  atoll demo
  atoll demo --dir ./islands && atoll query -c ./islands/atoll.yaml "SELECT * FROM cooperatives"
  atoll demo --sql "SELECT city, count(*) FROM cooperatives GROUP BY city"`,
		Args: cobra.NoArgs,
	}
	dir := cmd.Flags().String("dir", "", "keep the shards, atoll.yaml and the policy in this folder")
	sql := cmd.Flags().String("sql", "", "answer this query instead of the report")
	who := addCallerFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return t.demo(cmd.Context(), *dir, *sql, who.caller()) }
	return cmd
}

// demo makes or finds the world and answers over it.
func (t *terminal) demo(ctx context.Context, dir, sql string, who atoll.Caller) (err error) {
	where := dir
	if dir == "" {
		where, err = os.MkdirTemp("", "atoll-demo-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(where)) }()
	}
	existed, err := demo.Prepare(ctx, where, t.announced(storeShard))
	switch {
	case errors.Is(err, demo.ErrNotDemo):
		return &usageError{err: err}
	case err != nil:
		return err
	case existed:
		t.say("%s holds the demo already.", where)
	}
	return withEngine(ctx, filepath.Join(where, demo.ConfigFile), func(e *atoll.Engine) error {
		if sql != "" {
			a, err := t.answer(ctx, e.As(who), output.Table, sql)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(t.err, "\n"+sent(a.stats)+a.notes)
			return err
		}
		return t.reports(ctx, e.As(who), dir)
	})
}

// announced returns store with a word to whoever waits before it is first used.
func (t *terminal) announced(store demo.Store) demo.Store {
	said := false
	return func(ctx context.Context, path string, tables []demo.Table) error {
		if !said {
			t.say("Making three shards with %s payments ...", progress.Count(demo.Payments))
			said = true
		}
		return store(ctx, path, tables)
	}
}

// reports answers the fixed reports. All of it is the demo's answer, so all of it goes to standard output.
func (t *terminal) reports(ctx context.Context, s *atoll.Session, dir string) error {
	for _, r := range demo.Reports {
		if _, err := fmt.Fprintf(t.out, "\n%s\n\n%s\n\n", r.Title, r.SQL); err != nil {
			return err
		}
		a, err := t.answer(ctx, s, output.Table, r.SQL)
		var text string
		switch {
		case r.Refused && status(err) == exitRefused:
			text = "Refused: " + message(err) + "\n"
		case err != nil:
			return err
		default:
			text = "\n" + sent(a.stats) + a.notes
		}
		if _, err := fmt.Fprint(t.out, text); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(t.out, goOn(dir))
	return err
}

// goOn says what to try next.
func goOn(dir string) string {
	if dir == "" {
		return fmt.Sprintf(`
How to go on:
  %[1]s demo --sql "SELECT * FROM cooperatives ORDER BY id"   # ask something else
  %[1]s demo --dir islands                                    # keep the shards in a folder
`, program())
	}
	c := filepath.Join(dir, demo.ConfigFile)
	return fmt.Sprintf(`
How to go on:
  %[2]s query -c %[1]s "SELECT * FROM cooperatives ORDER BY id"
  %[2]s explain -c %[1]s --analyze "SELECT atoll_region, sum(amount) FROM payments GROUP BY 1"
  %[2]s policy show -c %[1]s --table members
  %[2]s query -c %[1]s --purpose research --role analyst "SELECT extract(year FROM joined) AS joined, count(*) FROM members GROUP BY 1 ORDER BY 1"
  %[2]s policy test -c %[1]s %[3]s
  %[2]s audit verify -c %[1]s
  %[2]s route -c %[1]s payments 203
  %[2]s shards -c %[1]s
`, c, program(), filepath.Join(dir, demo.VerdictsFile))
}

// program is how the command was called, if that was by a path: then its bare name would not be found.
func program() string {
	if strings.ContainsRune(os.Args[0], filepath.Separator) {
		return os.Args[0]
	}
	return "atoll"
}
