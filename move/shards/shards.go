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

	mu    sync.Mutex
	known catalog.Shard
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
	return &Shard{Writer: w, conn: conn, known: catalog.Shard{Name: name, Region: region, Schema: schema, Caps: caps}}, nil
}

// Learn implements [move.Shard].
func (s *Shard) Learn(ctx context.Context, tables ...string) ([]connectors.Table, error) {
	found, err := s.conn.Describe(ctx, tables)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
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
	b, site, err := s.bind("SELECT 1 AS one FROM "+move.Quote(table)+" AS "+move.Outer+" WHERE "+where.SQL, where.Args)
	if err != nil {
		return connectors.Statement{}, err
	}
	p, ok := b.Root.(*plan.Project)
	var f *plan.Filter
	if ok {
		f, ok = p.Input.(*plan.Filter)
	}
	var scan *plan.Scan
	if ok {
		scan, ok = f.Input.(*plan.Scan)
	}
	if !ok {
		return connectors.Statement{}, fmt.Errorf("internal error: what is to be deleted from table %s is no condition on its rows", table)
	}
	st, err := sqlgen.Delete(scan, plan.Conjunction(f.Conds), site)
	if err != nil {
		return connectors.Statement{}, s.refused(err)
	}
	return connectors.Statement{SQL: st.SQL, Args: args(st, b)}, nil
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
