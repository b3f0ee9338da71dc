package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/residency"
	"github.com/atoll-sql/atoll/residency/verdicts"
)

func newPolicy(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Show what the residency policy lets leave a region, and test it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyShow(t), newPolicyTest(t))
	return cmd
}

func newPolicyShow(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Say in words what may leave of a table, to where and for whom",
		Long: `Says in words what the residency policy lets leave of each table, or of one: to where, in which form, for whom and how
long; then what is forbidden, and where everything stays. Warnings about the policy go to standard error.`,
		Example: `  atoll policy show -c atoll.yaml
  atoll policy show -c atoll.yaml --table payments --on 2027-01-01`,
		Args: cobra.NoArgs,
	}
	config := configFlag(cmd)
	table := cmd.Flags().String("table", "", "this table only")
	on := cmd.Flags().String("on", "", "as of this day of UTC, e.g. 2027-01-01 (default: now)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		at, err := momentOf(*on)
		if err != nil {
			return err
		}
		return withPolicy(cmd.Context(), *config, func(e *atoll.Engine) error { return t.showPolicy(e.Policy(), *table, at) })
	}
	return cmd
}

// momentOf is noon of a day of UTC; now for "".
func momentOf(day string) (time.Time, error) {
	if day == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}, usage("", "--on takes a day such as 2027-01-01, not %q", day)
	}
	return at.Add(12 * time.Hour), nil
}

func (t *terminal) showPolicy(p *residency.Policy, table string, at time.Time) error {
	tables := slices.Sorted(slices.Values(p.World.Tables))
	if table != "" {
		if !slices.Contains(tables, table) {
			return usage("its tables: "+strings.Join(tables, ", "), "the configuration has no table %q", table)
		}
		tables = []string{table}
	}
	for i, name := range tables {
		if i > 0 {
			if _, err := fmt.Fprintf(t.out, "\n%s\n\n", strings.Repeat("-", 100)); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(t.out, printable(p.Describe(name, at))); err != nil {
			return err
		}
	}
	for _, w := range p.Warnings(at) {
		t.say("warning: %s", printable(w.Error()))
	}
	return nil
}

// withPolicy runs do with an engine that has a residency policy. Nothing is recorded in the audit log: nobody is to get data.
func withPolicy(ctx context.Context, config string, do func(*atoll.Engine) error) error {
	withoutLog := func(c *atoll.Config) { c.Audit.Dir = "" }
	return withEngineOf(ctx, config, withoutLog, func(e *atoll.Engine) error {
		if e.Policy() == nil {
			return usage("residency: residency.yaml in the configuration names one", "the configuration names no residency policy, so nothing is checked")
		}
		return do(e)
	})
}

func newPolicyTest(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test FILE...",
		Short: "Compare the policy's verdicts on queries with those expected",
		Long: `Reads files of queries with the verdict that the residency policy must give each, and compares. Queries are planned and not
run; nothing is recorded in the audit log. The shards must answer, since their columns are needed. The exit status is 0 if
all verdicts are as expected, 1 if one is not, 2 if a file is wrong.

  version: 1
  queries:
  - name: turnover by currency leaves as sums
    sql: SELECT currency, sum(amount) FROM payments GROUP BY currency
    purpose: finance
    roles: [analyst]
    on: 2026-11-30                            # the day it is asked; default: today
    expect: allow
    rule: payments-aggregates                 # optional: the rule by which it leaves
    keeps: [fewer than 11 members]            # optional: words of terms that hold
  - name: names stay
    sql: SELECT name FROM members
    expect: refuse
    because: never leaves                     # optional: words of the refusal

Further keys: args, user, client_region. verdicts.schema.json describes the format.`,
		Example: `  atoll policy test -c atoll.yaml verdicts.yaml`,
	}
	config := configFlag(cmd)
	quiet := cmd.Flags().BoolP("quiet", "q", false, "show only what is not as expected")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("atoll policy test -c atoll.yaml verdicts.yaml", "policy test takes files of queries with their verdicts")
		}
		var files []*verdicts.File
		for _, path := range args {
			f, err := verdicts.Load(path)
			if err != nil {
				return &usageError{err: err}
			}
			files = append(files, f)
		}
		return withPolicy(cmd.Context(), *config, func(e *atoll.Engine) error { return t.testPolicy(cmd.Context(), e, files, *quiet) })
	}
	return cmd
}

// testPolicy writes a line for each query, and returns an error if a verdict is not as expected.
func (t *terminal) testPolicy(ctx context.Context, e *atoll.Engine, files []*verdicts.File, quiet bool) error {
	all, wrong := 0, 0
	for _, f := range files {
		for i := range f.Queries {
			q := &f.Queries[i]
			v, err := judge(ctx, e, q)
			if err != nil {
				return err
			}
			all++
			line := fmt.Sprintf("ok    %s\n", printable(q.Name))
			switch bad := q.Wrong(v); {
			case bad != "":
				wrong++
				line = fmt.Sprintf("FAIL  %s\n      %s:%d: %s\n", printable(q.Name), printable(f.Path), q.Line, strings.ReplaceAll(printable(bad), "\n", "\n      "))
			case quiet:
				continue
			}
			if _, err := fmt.Fprint(t.out, line); err != nil {
				return err
			}
		}
	}
	p := e.Policy()
	if _, err := fmt.Fprintf(t.out, "%d of %d verdicts as expected (policy version %d, %s)\n", all-wrong, all, p.Version, shortHash(p)); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("policy test: %d of %d verdicts are not as expected", wrong, all)
	}
	return nil
}

// shortHash tells policies apart for people.
func shortHash(p *residency.Policy) string { return "SHA-256 " + p.Hash[:min(12, len(p.Hash))] + "…" }

// judge is what the policy says of a query. The error is that the caller gave up, or that a shard does not answer.
func judge(ctx context.Context, e *atoll.Engine, q *verdicts.Expectation) (verdicts.Verdict, error) {
	s := e.As(atoll.Caller{User: q.User, Roles: q.Roles, Purpose: q.Purpose, ClientRegion: q.ClientRegion, Application: "atoll policy test"})
	at := q.On
	if at.IsZero() {
		at = time.Now()
	}
	crossings, err := s.Judge(ctx, q.SQL, at, values(q.Args)...)
	if ctx.Err() != nil {
		return verdicts.Verdict{}, ctx.Err()
	}
	var (
		no     *residency.Refusal
		down   *connectors.Error
		failed *atoll.Error
	)
	switch {
	case errors.As(err, &down), errors.As(err, &failed) && failed.SQLState == "08001":
		return verdicts.Verdict{}, fmt.Errorf("policy test: %w", err) // it would be so for most of the rest, each after a while
	case errors.As(err, &failed) && failed.Kind == atoll.KindResidency:
		v := verdicts.Verdict{Refused: true, Because: failed.Text}
		if errors.As(err, &no) && no.Rule != "" {
			v.Rules = []string{no.Rule}
		}
		return v, nil
	case err != nil:
		return verdicts.Verdict{Failed: message(withSQL(err, q.SQL))}, nil
	}
	var v verdicts.Verdict
	for i := range crossings {
		for _, r := range crossings[i].Rules() {
			if !slices.Contains(v.Rules, r) {
				v.Rules = append(v.Rules, r)
			}
		}
		v.Terms = append(v.Terms, crossings[i].Terms()...)
	}
	slices.Sort(v.Terms)
	v.Terms = slices.Compact(v.Terms)
	return v, nil
}
