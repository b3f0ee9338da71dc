package planning

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/world"
	"github.com/atoll-sql/atoll/connectors"
)

// tables are sharded by id.
var tables = []string{"payments", "refunds"}

// variant is an engine over so many shards, under so many rules.
type variant struct {
	rules  string // as the report shows it
	engine *atoll.Engine
}

// logOnly is a variant without rules that keeps an audit log, as every policy asks for.
const logOnly = "0, audit log"

// open opens an engine for each number of rules, in folders of their own below dir. The caller closes them, also those that an error leaves.
func open(ctx context.Context, dir string, shards int, rules []int) (out []variant, err error) {
	kinds := make([]string, 0, len(rules)+1)
	for i, n := range rules {
		kinds = append(kinds, fmt.Sprint(n))
		if n > 0 && (i == 0 || rules[i-1] == 0) {
			kinds = slices.Insert(kinds, len(kinds)-1, logOnly)
		}
	}
	for _, kind := range kinds {
		e, err := openOne(ctx, filepath.Join(dir, fmt.Sprintf("%d-%d", shards, len(out))), shards, kind)
		if err != nil {
			return out, fmt.Errorf("%d shards, rules %s: %w", shards, kind, err)
		}
		out = append(out, variant{kind, e})
	}
	return out, nil
}

func openOne(ctx context.Context, dir string, shards int, kind string) (*atoll.Engine, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	text := world.HashConfig("postgres", slices.Repeat([]string{"postgres://shard.invalid/payments"}, shards), tables...)
	if kind != "0" { // nothing waits for the disk: what is measured is processor time
		text += "audit: {dir: audit, sync: none}\n"
	}
	var rules int
	if n, _ := fmt.Sscanf(kind, "%d", &rules); n == 1 && rules > 0 {
		text += "residency: residency.yaml\n"
		if err := os.WriteFile(filepath.Join(dir, "residency.yaml"), []byte(policy(rules)), 0o600); err != nil {
			return nil, err
		}
	}
	cfg, err := atoll.ParseConfig([]byte(text), dir, func(string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	return atoll.Open(ctx, cfg, atoll.WithDriver("postgres", func(connectors.Config) (connectors.Connector, error) { return described{}, nil }))
}

func closeAll(variants []variant) error {
	var errs []error
	for _, v := range variants {
		errs = append(errs, v.engine.Close())
	}
	return errors.Join(errs...)
}

// policy has a rule for each table that lets its rows out, behind others that do not: they are for other purposes, other roles or other days, or lack columns.
func policy(rules int) string {
	var columns []string
	for _, c := range described.columns(described{}) {
		columns = append(columns, c.Name)
	}
	all := strings.Join(world.Turns, ", ")
	var b strings.Builder
	b.WriteString("version: 1\nrules:\n")
	rule := func(n int, table string, columns []string, rest string) {
		fmt.Fprintf(&b, "- id: rule-%d\n  effect: allow\n  from: [%s]\n  to: [%s]\n  tables: [%s]\n  columns: [%s]\n  form: rows\n%s",
			n, all, all, table, strings.Join(columns, ", "), rest)
	}
	others := []string{"  purposes: [billing]\n", "  roles: [auditor]\n", "  valid: {until: 2020-01-01}\n", ""}
	for n := range rules - len(tables) {
		rest, seen := others[n%len(others)], columns
		if rest == "" {
			seen = columns[:1]
		}
		rule(n, tables[n/len(others)%len(tables)], seen, rest)
	}
	for i, t := range tables {
		rule(rules-len(tables)+i, t, columns, "")
	}
	return b.String()
}

// described is a shard that describes its tables and answers nothing.
type described struct{}

func (described) columns() []connectors.Column {
	return []connectors.Column{
		{Name: "id", Type: "bigint", NotNull: true}, {Name: "member", Type: "integer"}, {Name: "amount", Type: "numeric(15,2)"},
		{Name: "country", Type: "text"}, {Name: "name", Type: "text"}, {Name: "booked_on", Type: "date"},
	}
}

func (described) Calibrate(context.Context) (connectors.Capabilities, error) {
	return connectors.Capabilities{Dialect: "postgres", Version: "PostgreSQL 15", BinaryCollation: true}, nil
}

func (d described) Describe(_ context.Context, names []string) (out []connectors.Table, err error) {
	for _, name := range names {
		if slices.Contains(tables, name) {
			out = append(out, connectors.Table{Name: name, Rows: 400_000, Columns: d.columns()})
		}
	}
	return out, nil
}

func (described) Query(context.Context, connectors.Statement) (connectors.Reader, error) {
	return nil, errors.New("this shard holds no rows")
}

func (described) Close() error { return nil }

func (d described) Snapshot(func() error) connectors.Snapshot { return unread{d} }

// unread is a snapshot of which nothing is read.
type unread struct{ described }

func (unread) Close() {}
