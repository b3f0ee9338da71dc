package logictest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// LoadPostgres creates the tables of one shard in the connection's current schema and fills them with the
// rows the layout places there.
func (d *Dataset) LoadPostgres(ctx context.Context, conn *pgx.Conn, l Layout, shard string) error {
	for _, t := range d.tablesFor(l) {
		rows, err := l.rowsOf(t, shard)
		if err != nil {
			return err
		}
		if err := fillPostgres(ctx, conn, "", t, rows); err != nil {
			return err
		}
	}
	return nil
}

// Schemas of the oracle: one with the tables as they are, one where every sharded table has the columns
// atoll_shard and atoll_region as well, so that statements which read them have an answer.
const (
	plainSchema  = "public"
	pseudoSchema = "pseudo"
)

// LoadOracle fills an empty database with all rows of all tables. The layout decides what the
// pseudo-columns hold.
func (d *Dataset) LoadOracle(ctx context.Context, conn *pgx.Conn, l Layout) error {
	if _, err := conn.Exec(ctx, "create schema "+pseudoSchema); err != nil {
		return err
	}
	for _, t := range d.Tables {
		if err := fillPostgres(ctx, conn, plainSchema, t, t.Rows); err != nil {
			return err
		}
		wide, err := l.withPseudoColumns(t)
		if err != nil {
			return err
		}
		if err := fillPostgres(ctx, conn, pseudoSchema, wide, wide.Rows); err != nil {
			return err
		}
	}
	return nil
}

// withPseudoColumns adds a row's shard and region to it. A row of a reference table is on every shard and gets neither.
func (l Layout) withPseudoColumns(t Table) (Table, error) {
	if t.strategy.kind == "reference" {
		return t, nil
	}
	regions := map[string]string{}
	for _, s := range l.Shards {
		regions[s.Name] = s.Region
	}
	out := t
	out.Columns = append(slices.Clone(t.Columns), Column{Name: "atoll_shard", Type: "text"}, Column{Name: "atoll_region", Type: "text"})
	out.Rows = nil
	for _, row := range t.Rows {
		names, err := l.Place(t, row)
		if err != nil {
			return Table{}, err
		}
		out.Rows = append(out.Rows, append(slices.Clone(row), Cell{Text: names[0]}, Cell{Text: regions[names[0]]}))
	}
	return out, nil
}

func fillPostgres(ctx context.Context, conn *pgx.Conn, schema string, t Table, rows [][]Cell) error {
	name := quoteName(t.Name)
	if schema != "" {
		name = schema + "." + name
	}
	if _, err := conn.Exec(ctx, "create table "+name+" "+t.definition(func(c Column) string { return c.Type })); err != nil {
		return fmt.Errorf("creating %s: %w", name, err)
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			if cell.Null {
				b.WriteString(`\N`)
			} else {
				b.WriteString(escape.Replace(cell.Text))
			}
		}
		b.WriteByte('\n')
	}
	if _, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(b.String()), "copy "+name+" from stdin"); err != nil {
		return fmt.Errorf("loading %s: %w", name, err)
	}
	return nil
}

// definition writes the parenthesised column list of a CREATE TABLE.
func (t Table) definition(typeOf func(Column) string) string {
	parts := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		parts[i] = quoteName(c.Name) + " " + typeOf(c)
		if c.NotNull {
			parts[i] += " not null"
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
