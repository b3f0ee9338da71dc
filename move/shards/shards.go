// Package shards lets [move] speak to shards: it writes in each one's dialect what a move asks in PostgreSQL's words.
package shards

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/move"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// Shard is a [move.Shard] over a connector.
type Shard struct {
	connectors.Writer
	conn connectors.Connector

	mu       sync.Mutex
	known    catalog.Shard
	numbered map[string]string // SQL Server's IDENTITY columns, by table
}

var _ move.Shard = (*Shard)(nil)

// New makes sure that a shard answers and can be written to. Schema qualifies the names of its tables; "" leaves them as they are.
func New(ctx context.Context, name, region, schema string, conn connectors.Connector) (*Shard, error) {
	w, ok := conn.(connectors.Writer)
	if !ok {
		return nil, connectors.NewError(name, connectors.ClassReadOnly, "0A000", "its driver only reads", nil)
	}
	caps, err := conn.Calibrate(ctx)
	if err != nil {
		return nil, err
	}
	return &Shard{Writer: w, conn: conn, numbered: map[string]string{}, known: catalog.Shard{Name: name, Region: region, Schema: schema, Caps: caps}}, nil
}

// Learn implements [move.Shard].
func (s *Shard) Learn(ctx context.Context, tables ...string) ([]connectors.Table, error) {
	found, err := s.conn.Describe(ctx, tables)
	if err != nil {
		return nil, err
	}
	numbered, err := s.identities(ctx, tables)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range tables {
		s.numbered[t] = numbered[t]
	}
	kept := slices.DeleteFunc(slices.Clone(s.known.Tables), func(t connectors.Table) bool { return slices.Contains(tables, t.Name) })
	s.known.Tables = append(kept, found...)
	return found, nil
}

// Query implements [move.Shard].
func (s *Shard) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return s.conn.Query(ctx, stmt)
}

// Select implements [move.Shard].
func (s *Shard) Select(q move.Select) (connectors.Statement, error) {
	list := "count(*) AS n"
	if len(q.Columns) > 0 {
		list = quotedList(q.Columns)
	}
	if q.Distinct {
		list = "DISTINCT " + list
	}
	sql := "SELECT " + list + " FROM " + move.Quote(q.Table) + " AS " + move.Outer
	if q.Where.SQL != "" {
		sql += " WHERE " + q.Where.SQL
	}
	if len(q.Order) > 0 {
		sql += " ORDER BY " + quotedList(q.Order)
	}
	if q.Limit > 0 {
		sql += " LIMIT " + strconv.Itoa(q.Limit)
	}
	b, site, err := s.bind(sql, q.Where.Args)
	if err != nil {
		return connectors.Statement{}, err
	}
	st, err := sqlgen.Generate(b.Root, site)
	if err != nil {
		return connectors.Statement{}, s.refused(err)
	}
	fields := make([]arrow.Field, len(b.Root.Columns()))
	for i, c := range b.Root.Columns() {
		name := c.Name
		if i < len(q.Columns) {
			name = q.Columns[i]
		}
		fields[i] = c.Type.Field(name)
	}
	return connectors.Statement{SQL: st.SQL, Args: args(st, b), Schema: arrow.NewSchema(fields, nil)}, nil
}

// Delete implements [move.Shard].
func (s *Shard) Delete(table string, where move.Clause) (connectors.Statement, error) {
	b, _, f, site, err := s.rows("1 AS one", table, where)
	if err != nil {
		return connectors.Statement{}, err
	}
	st, err := sqlgen.Delete(f.Input.(*plan.Scan), plan.Conjunction(f.Conds), site)
	if err != nil {
		return connectors.Statement{}, s.refused(err)
	}
	return connectors.Statement{SQL: st.SQL, Args: args(st, b)}, nil
}

// Update implements [move.Shard].
func (s *Shard) Update(table string, columns, values []string, where move.Clause) (connectors.Statement, error) {
	if err := s.updates(table, columns); err != nil {
		return connectors.Statement{}, err
	}
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v + " AS v" + strconv.Itoa(i)
	}
	b, p, f, site, err := s.rows(strings.Join(list, ", "), table, where)
	if err != nil {
		return connectors.Statement{}, err
	}
	sets := make([]sqlgen.Set, len(columns))
	for i, c := range columns {
		sets[i] = sqlgen.Set{Column: c, Value: p.Items[i].Expr}
	}
	st, err := sqlgen.Update(f.Input.(*plan.Scan), sets, plan.Conjunction(f.Conds), site)
	if err != nil {
		return connectors.Statement{}, s.refused(err)
	}
	return connectors.Statement{SQL: st.SQL, Args: args(st, b)}, nil
}

// rows binds a query of a table's rows for which a condition holds.
func (s *Shard) rows(list, table string, where move.Clause) (*bind.Query, *plan.Project, *plan.Filter, sqlgen.Site, error) {
	b, site, err := s.bind("SELECT "+list+" FROM "+move.Quote(table)+" AS "+move.Outer+" WHERE "+where.SQL, where.Args)
	if err != nil {
		return nil, nil, nil, site, err
	}
	if p, ok := b.Root.(*plan.Project); ok {
		if f, ok := p.Input.(*plan.Filter); ok {
			if _, ok := f.Input.(*plan.Scan); ok {
				return b, p, f, site, nil
			}
		}
	}
	return nil, nil, nil, site, fmt.Errorf("internal error: what is to be written in table %s is no condition on its rows", table)
}

// refused names the shard whose dialect has no exact form of something.
func (s *Shard) refused(err error) error { return fmt.Errorf("shard %s: %w", s.known.Name, err) }

// bind gives a text its meaning over the tables that were learned.
func (s *Shard) bind(sql string, values []string) (*bind.Query, sqlgen.Site, error) {
	s.mu.Lock()
	at := s.known
	at.Tables = slices.Clone(at.Tables)
	s.mu.Unlock()
	var placed []catalog.Placement
	for _, t := range at.Tables {
		placed = append(placed, catalog.Placement{Table: t.Name, Shards: []string{at.Name}})
	}
	tree, err := postgres.Parse(sql)
	if err != nil {
		return nil, sqlgen.Site{}, s.refused(err)
	}
	params := make([]bind.Param, len(values))
	for i, v := range values {
		params[i] = bind.Param{Text: v}
	}
	b, err := bind.Bind(tree, catalog.Build([]catalog.Shard{at}, placed), bind.Options{Params: params, Now: time.Unix(0, 0)})
	if err != nil {
		return nil, sqlgen.Site{}, s.refused(err)
	}
	site := sqlgen.Site{Dialect: at.Caps.Dialect, Schema: at.Schema, Shard: at.Name, Region: at.Region, BinaryCollation: at.Caps.BinaryCollation,
		Missing: at.Caps.Missing, Native: at.Native, Columns: at.ColumnNames}
	return b, site, nil
}

// args are the values of a statement's parameters, in their order.
func args(st plan.Statement, b *bind.Query) []connectors.Arg {
	out := make([]connectors.Arg, len(st.Params))
	for i, n := range st.Params {
		p := b.Args[n-1]
		out[i] = connectors.Arg{Text: p.Text, Null: p.Null}
	}
	return out
}

func quotedList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = move.Quote(n)
	}
	return strings.Join(out, ", ")
}
