package tsql

import (
	"fmt"
	"strconv"
	"strings"
)

// printer writes trees in a normal form: T-SQL with every name in brackets and every operation in parentheses.
type printer struct{ strings.Builder }

// format returns the normal form of a batch.
func format(batch []Statement) string {
	var p printer
	for i, s := range batch {
		if i > 0 {
			p.WriteString("; ")
		}
		p.statement(s)
	}
	return p.String()
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// list writes n elements with commas between.
func (p *printer) list(n int, write func(i int)) {
	for i := range n {
		if i > 0 {
			p.put(", ")
		}
		write(i)
	}
}

func bracket(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

func literalText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func dotted(parts []string) string {
	out := make([]string, len(parts))
	for i, s := range parts {
		if s != "" {
			out[i] = bracket(s)
		}
	}
	return strings.Join(out, ".")
}

func (p *printer) names(names []string) {
	p.put("(")
	p.list(len(names), func(i int) { p.put(bracket(names[i])) })
	p.put(")")
}

func (p *printer) typeName(t TypeName) {
	p.put(bracket(t.Name))
	if len(t.Args) == 0 {
		return
	}
	p.put("(")
	p.list(len(t.Args), func(i int) {
		if t.Args[i] < 0 {
			p.put("max")
			return
		}
		p.put(strconv.Itoa(t.Args[i]))
	})
	p.put(")")
}

func (p *printer) statement(s Statement) {
	switch s := s.(type) {
	case *Query:
		p.query(s)
	case *Insert:
		p.put("INSERT INTO ")
		p.target(s.Table)
		if len(s.Columns) > 0 {
			p.names(s.Columns)
			p.put(" ")
		}
		if s.Query != nil {
			p.query(s.Query)
			break
		}
		p.rows(s.Rows)
	case *Update:
		p.put("UPDATE ")
		p.top(s.Top)
		p.target(s.Table)
		p.put("SET ")
		p.list(len(s.Set), func(i int) {
			p.put(bracket(s.Set[i].Column), " = ")
			p.expr(s.Set[i].Value)
		})
		p.where(s.Where)
	case *Delete:
		p.put("DELETE ")
		p.top(s.Top)
		p.put("FROM ", dotted(s.Table.Parts))
		p.hints(s.Table.Hints)
		p.where(s.Where)
	case *CreateTable:
		p.put("CREATE TABLE ", dotted(s.Table.Parts), " (")
		p.list(len(s.Columns), func(i int) { p.columnDef(s.Columns[i]) })
		for _, k := range s.Keys {
			p.key(k)
		}
		for _, c := range s.Checks {
			p.put(", ")
			p.constraint(c.Name)
			p.put("CHECK (")
			p.cond(c.Cond)
			p.put(")")
		}
		for _, f := range s.Foreign {
			p.put(", ")
			p.constraint(f.Name)
			p.put("FOREIGN KEY ")
			p.names(f.Columns)
			p.put(" REFERENCES ", dotted(f.Table.Parts))
			if len(f.To) > 0 {
				p.put(" ")
				p.names(f.To)
			}
		}
		p.put(")")
	case *Drop:
		p.put("DROP ", s.Kind, " ")
		if s.IfExists {
			p.put("IF EXISTS ")
		}
		p.put(dotted(s.Table.Parts))
	case *CreateSchema:
		p.put("CREATE SCHEMA ", bracket(s.Name))
	case *Set:
		p.put("SET ", s.Option, " ", s.Value)
	case *IdentityInsert:
		p.put("SET IDENTITY_INSERT ", dotted(s.Table.Parts), map[bool]string{true: " ON", false: " OFF"}[s.On])
	case *Transaction:
		p.put(s.Verb, " TRANSACTION")
	case *Wait:
		p.put("WAITFOR DELAY ", literalText(s.Delay))
	default:
		panic(fmt.Sprintf("statement %T", s))
	}
}

// target writes the table of an INSERT or UPDATE.
func (p *printer) target(t Table) {
	p.put(dotted(t.Parts))
	p.hints(t.Hints)
	p.put(" ")
}

func (p *printer) hints(hints []string) {
	if len(hints) > 0 {
		p.put(" WITH (", strings.Join(hints, ", "), ")")
	}
}

func (p *printer) top(n Expr) {
	if n != nil {
		p.put("TOP (")
		p.expr(n)
		p.put(") ")
	}
}

func (p *printer) where(c Cond) {
	if c != nil {
		p.put(" WHERE ")
		p.cond(c)
	}
}

func (p *printer) constraint(name string) {
	if name != "" {
		p.put("CONSTRAINT ", bracket(name), " ")
	}
}

func (p *printer) key(k Key) {
	p.put(", ")
	p.constraint(k.Name)
	if k.Primary {
		p.put("PRIMARY KEY ")
	} else {
		p.put("UNIQUE ")
	}
	p.names(k.Columns)
}

func (p *printer) columnDef(c ColumnDef) {
	p.put(bracket(c.Name), " ")
	if c.Computed != nil {
		p.put("AS ")
		p.expr(c.Computed)
		if c.NotNull {
			p.put(" PERSISTED NOT NULL")
		}
		return
	}
	p.typeName(c.Type)
	if c.Collation != "" {
		p.put(" COLLATE ", c.Collation)
	}
	if c.Identity != nil {
		p.put(fmt.Sprintf(" IDENTITY (%d, %d)", c.Identity.Seed, c.Identity.Increment))
	}
	if c.Hidden {
		p.put(" GENERATED ALWAYS AS ROW START HIDDEN")
	}
	if c.NotNull {
		p.put(" NOT NULL")
	}
}

func (p *printer) rows(rows [][]Expr) {
	p.put("VALUES ")
	p.list(len(rows), func(i int) {
		p.put("(")
		p.exprs(rows[i])
		p.put(")")
	})
}

func (p *printer) query(q *Query) {
	p.body(q.Body)
	if len(q.OrderBy) > 0 {
		p.put(" ")
		p.orderBy(q.OrderBy)
	}
	if q.Offset != nil {
		p.put(" OFFSET ")
		p.expr(q.Offset)
		p.put(" ROWS")
	}
	if q.Fetch != nil {
		p.put(" FETCH NEXT ")
		p.expr(q.Fetch)
		p.put(" ROWS ONLY")
	}
}

func (p *printer) orderBy(items []OrderItem) {
	p.put("ORDER BY ")
	p.list(len(items), func(i int) {
		p.expr(items[i].Expr)
		if items[i].Desc {
			p.put(" DESC")
		}
	})
}

func (p *printer) body(b Body) {
	switch b := b.(type) {
	case *Select:
		p.selectSpec(b)
	case *SetOp:
		p.put("(")
		p.body(b.Left)
		p.put(") ", b.Op, " (")
		p.body(b.Right)
		p.put(")")
	default:
		panic(fmt.Sprintf("body %T", b))
	}
}

func (p *printer) selectSpec(s *Select) {
	p.put("SELECT ")
	if s.Distinct {
		p.put("DISTINCT ")
	}
	p.top(s.Top)
	p.list(len(s.Items), func(i int) { p.item(s.Items[i]) })
	if len(s.From) > 0 {
		p.put(" FROM ")
		p.list(len(s.From), func(i int) { p.source(s.From[i]) })
	}
	if s.Where != nil {
		p.put(" WHERE ")
		p.cond(s.Where)
	}
	if len(s.GroupBy) > 0 {
		p.put(" GROUP BY ")
		p.exprs(s.GroupBy)
	}
	if s.Having != nil {
		p.put(" HAVING ")
		p.cond(s.Having)
	}
}

func (p *printer) item(it Item) {
	switch {
	case it.Star && it.Table != "":
		p.put(bracket(it.Table), ".*")
	case it.Star:
		p.put("*")
	default:
		p.expr(it.Expr)
		p.as(it.Alias)
	}
}

func (p *printer) as(alias string) {
	if alias != "" {
		p.put(" AS ", bracket(alias))
	}
}

func (p *printer) source(s Source) {
	switch s := s.(type) {
	case *Table:
		p.put(dotted(s.Parts))
		p.as(s.Alias)
		p.hints(s.Hints)
	case *Derived:
		p.put("(")
		p.query(s.Query)
		p.put(")")
		p.derived(s.Alias, s.Columns)
	case *Values:
		p.put("(")
		p.rows(s.Rows)
		p.put(")")
		p.derived(s.Alias, s.Columns)
	case *OpenJSON:
		p.openJSON(s)
	case *Join:
		p.put("(")
		p.source(s.Left)
		p.put(" ", s.Kind)
		if !strings.HasSuffix(s.Kind, "APPLY") {
			p.put(" JOIN")
		}
		p.put(" ")
		p.source(s.Right)
		if s.On != nil {
			p.put(" ON ")
			p.cond(s.On)
		}
		p.put(")")
	default:
		panic(fmt.Sprintf("source %T", s))
	}
}

func (p *printer) derived(alias string, columns []string) {
	p.as(alias)
	if len(columns) > 0 {
		p.names(columns)
	}
}

func (p *printer) openJSON(s *OpenJSON) {
	p.put("OPENJSON(")
	p.expr(s.Arg)
	p.put(") WITH (")
	p.list(len(s.With), func(i int) {
		c := s.With[i]
		p.put(bracket(c.Name), " ")
		p.typeName(c.Type)
		if c.Path != "" {
			p.put(" ", literalText(c.Path))
		}
	})
	p.put(")")
	p.as(s.Alias)
}
