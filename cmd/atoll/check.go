package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/residency"
)

func newCheck(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration, the shards and that their tables agree",
		Long: `Checks the configuration and the residency policy, connects to every shard, looks at how its engine behaves, and compares the tables
of all shards. It says of every table's sharding whether it has a shard for each key. With --colocation it also reads the columns of every
colocation class and counts the values that have rows on several shards, with --indexes the indexed columns, and counts what their index
tables lack. With --rows it reads the keys of tables, shard by shard, and counts
the rows that are not where the shard map looks for them: of a sample, which are the first rows that each shard sends and find a layout that is
not the declared one, or in full. No key is shown. The exit status is 0 only if every shard answered, nothing differs, and no row is misplaced;
it is 4 if some tables could not be looked at.`,
		Example: `  atoll check -c atoll.yaml
  atoll check -c atoll.yaml --colocation
  atoll check -c atoll.yaml --indexes
  atoll check -c atoll.yaml --rows sample --sample 5000
  atoll check -c atoll.yaml --rows full --table payments`,
		Args: cobra.NoArgs,
	}
	config := configFlag(cmd)
	colocation := cmd.Flags().Bool("colocation", false, "compare the colocation classes with the rows")
	indexes := cmd.Flags().Bool("indexes", false, "compare the index tables with the rows")
	rows := rowsFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := rows.check(cmd); err != nil {
			return err
		}
		return withEngine(cmd.Context(), *config, func(e *atoll.Engine) error {
			r, err := e.Check(cmd.Context())
			if err != nil {
				return err
			}
			checked := t.writeCheck(r)
			if err := t.writePolicy(e.Policy(), time.Now()); err != nil {
				return err
			}
			if err := t.writeCoverage(e.Coverage()); err != nil || checked != nil {
				return errors.Join(checked, err)
			}
			if *colocation {
				if err := t.checkColocation(cmd.Context(), e); err != nil {
					return err
				}
			}
			if *indexes {
				if err := t.checkIndexes(cmd.Context(), e); err != nil {
					return err
				}
			}
			return t.checkRows(cmd.Context(), e, rows)
		})
	}
	return cmd
}

func (t *terminal) checkColocation(ctx context.Context, e *atoll.Engine) error {
	classes, err := e.CheckColocation(ctx)
	if err != nil {
		return err
	}
	return t.writeColocation(classes)
}

// writeCheck writes the report, and returns an error if not all is well.
func (t *terminal) writeCheck(r *atoll.CheckReport) error {
	var b strings.Builder
	silent := 0
	for i := range r.Shards {
		if r.Shards[i].Err != nil {
			silent++
		}
		checkedShard(&b, &r.Shards[i])
	}
	for _, p := range r.Problems {
		where := "table " + p.Table
		if p.Column != "" {
			where += ", column " + p.Column
		}
		if p.Replica != "" {
			where = fmt.Sprintf("replica %s of shard %s", p.Replica, p.Shard)
		}
		word := "problem"
		if p.Unmapped {
			word = "not usable"
		}
		fmt.Fprintf(&b, "%s: %s: %s\n", word, printable(where), printable(p.Text))
	}
	if r.OK() {
		fmt.Fprintf(&b, "all well: %d shards answer, and their tables agree\n", len(r.Shards))
	}
	if _, err := io.WriteString(t.out, b.String()); err != nil || r.OK() {
		return err
	}
	wrong := fmt.Sprintf("%d of %d shards do not answer, %d differences between tables", silent, len(r.Shards), r.Differences()-r.Unread())
	if n := r.Unread(); n > 0 {
		wrong += fmt.Sprintf(", %d replicas are not read", n)
	}
	return fmt.Errorf("check: %s", wrong)
}

// writePolicy writes which residency policy is in force, and what of it is hardly meant. A policy with a fault has not got so far.
func (t *terminal) writePolicy(p *residency.Policy, now time.Time) error {
	if p == nil {
		_, err := fmt.Fprintln(t.out, "residency: none (nothing is checked)")
		return err
	}
	var ids []string
	for _, r := range p.Rules {
		id := r.ID
		if r.Effect == residency.Deny {
			id += " (deny)"
		}
		ids = append(ids, id)
	}
	rules := "no rule, so nothing leaves a region"
	switch {
	case len(ids) == 1:
		rules = "1 rule: " + ids[0]
	case len(ids) > 1:
		rules = fmt.Sprintf("%d rules: %s", len(ids), strings.Join(ids, ", "))
	}
	text := fmt.Sprintf("residency: policy version %d (%s), %s\n", p.Version, shortHash(p), printable(rules))
	for _, w := range p.Warnings(now) {
		text += "warning: " + printable(w.Error()) + "\n"
	}
	_, err := io.WriteString(t.out, text)
	return err
}

// writeColocation writes what the rows say of the colocation classes, and returns an error if one is not as declared.
func (t *terminal) writeColocation(classes []atoll.ColocationReport) error {
	wrong := 0
	for _, c := range classes {
		verdict := "as declared"
		if c.Astray > 0 {
			wrong++
			verdict = fmt.Sprintf("values with rows on several shards: %d", c.Astray)
		}
		if _, err := fmt.Fprintf(t.out, "colocation class %s (%s): %s\n", printable(c.Class), printable(strings.Join(c.Tables, ", ")), verdict); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("check: %d of %d colocation classes are not as declared: remove them from the configuration, or move the rows", wrong, len(classes))
	}
	return nil
}

func checkedShard(b *strings.Builder, s *atoll.ShardStatus) {
	fmt.Fprintf(b, "%s (%s, %s)\n", printable(s.Shard), printable(s.Region), printable(s.Driver))
	if s.Err != nil {
		fmt.Fprintf(b, "  does not answer: %s\n\n", printable(s.Err.Error()))
		return
	}
	var g grid
	g.add("version", s.Version)
	for _, f := range s.Findings {
		if f.Name != "missing" || len(s.Missing) == 0 { // in full below
			g.add(f.Name, f.Value)
		}
	}
	for _, f := range s.Missing {
		g.add("lacks", lack(f))
	}
	g.add("answers in", millis(s.Latency))
	tables := make([]string, len(s.Tables))
	for i, t := range s.Tables {
		tables[i] = tableLine(t)
	}
	g.add("tables", strings.Join(tables, ", "))
	for _, h := range s.Servers {
		if h.Replica != "" {
			g.add("replica "+h.Replica, h.Region+", "+replicaText(h))
		}
	}
	b.WriteString(g.text("  ") + "\n")
}

// replicaText says of a replica whether it is read, and how far it is behind.
func replicaText(h atoll.ServerStatus) string {
	if h.Differs != "" || h.Unread != "" {
		return "not read: " + cmp.Or(h.Differs, h.Unread)
	}
	if !h.StalenessKnown {
		return "read, however far it is behind"
	}
	return "read, at most " + millis(h.Staleness) + " behind"
}
