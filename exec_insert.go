package atoll

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/scalar"
	"github.com/atoll-sql/atoll/shardmap"
)

// insert plans an INSERT: each row goes where its key lives.
func (p *writePlanner) insert() (*write, error) {
	key, err := p.keyColumns()
	if err != nil {
		return nil, err
	}
	rows := map[int][][]plan.Expr{} // by shard
	for _, row := range p.bound.Rows {
		values, known := make([]plan.Expr, len(row)), make([]*plan.Const, len(row))
		for i, e := range row {
			if e == nil {
				continue
			}
			if values[i], known[i], err = p.settled(e); err != nil {
				return nil, err
			}
		}
		shard, err := p.route(key, known)
		if err != nil {
			return nil, err
		}
		rows[shard] = append(rows[shard], values)
	}
	out := &write{kind: ast.Insert}
	for _, shard := range p.table.Shards() {
		if len(rows[shard]) == 0 {
			continue
		}
		if err := p.mayInsert(shard); err != nil {
			return nil, err
		}
		one, err := p.part(shard)
		if err != nil {
			return nil, err
		}
		if one.stmts, err = p.insertStatements(one.shard.Name, rows[shard]); err != nil {
			return nil, err
		}
		out.parts = append(out.parts, one)
	}
	out.args = p.bound.Args
	return out, nil
}

// keyColumns are the places of the sharding key's columns among those of the INSERT.
func (p *writePlanner) keyColumns() ([]int, error) {
	var at []int
	for _, k := range p.table.Key() {
		i := slices.IndexFunc(p.bound.Columns, func(c bind.Assigned) bool { return c.Column == k })
		if i < 0 {
			return nil, p.noKey(k)
		}
		at = append(at, i)
	}
	return at, nil
}

func (p *writePlanner) noKey(column string) error {
	return refuseWrite(fmt.Sprintf("the sharding key column %s of table %s must be given a value: it says where the row lives", strconv.Quote(column), p.bound.Table),
		"name the column and give it a constant or a parameter; a shard's own default cannot be known beforehand")
}

// route finds the shard of one row.
func (p *writePlanner) route(key []int, known []*plan.Const) (int, error) {
	values := make([]shardmap.Value, len(key))
	for i, at := range key {
		col, c := p.bound.Columns[at], known[at]
		switch {
		case c == nil:
			return 0, p.noKey(col.Column)
		case c.Null:
			return 0, &Error{SQLState: "23502", Pos: -1, Hint: "give it a value: it says where the row lives",
				Text: fmt.Sprintf("the sharding key column %q of table %s must not be NULL", col.Column, p.bound.Table)}
		}
		if err := p.storedAsIs(col, c.Text); err != nil {
			return 0, err
		}
		v, err := shardmap.ParseValue(col.Type.String(), c.Text)
		if err != nil {
			return 0, refuseWrite(fmt.Sprintf("values of type %s, which column %q of table %s has, are no keys of the shard map", col.Type, col.Column, p.bound.Table),
				"check compares the map with the tables")
		}
		values[i] = v
	}
	shard, ok := p.table.Route(values)
	if !ok {
		return 0, refuseWrite(fmt.Sprintf("the shard map does not tell where a row of table %s with this key lives: the key is not listed, and there is no default", p.bound.Table),
			"add the key to the table's sharding")
	}
	p.countRow(values)
	for _, m := range p.Map.MovesOf(p.bound.Table) {
		if m.Phase.Frozen() && m.Contains(p.table, values) {
			return 0, p.frozen(m)
		}
	}
	return shard, nil
}

// storedAsIs refuses a key that a shard would store as another one: of a text that is too long, blanks at the end are cut off, and moments are rounded.
func (p *writePlanner) storedAsIs(col bind.Assigned, text string) error {
	for _, i := range p.table.Shards() {
		info := p.cat.Shard(p.Map.Shard(i).Name)
		if info == nil || info.Err != nil {
			continue
		}
		native := info.Native(p.bound.Table, col.Column)
		_, rest, bounded := strings.Cut(native, "(")
		digits, _, _ := strings.Cut(rest, ")")
		n, err := strconv.Atoi(digits)
		if !bounded || err != nil { // "max", and the two numbers of a decimal, whose value is rounded by now
			continue
		}
		fits := true
		switch col.Type.Kind {
		case plan.Text, plan.Bpchar:
			length := utf8.RuneCountInString(text)
			if info.Caps.Dialect == "tsql" {
				length = len(utf16.Encode([]rune(text)))
			}
			fits = length <= n
		case plan.Time, plan.Timestamp, plan.TimestampTZ:
			_, fraction, _ := strings.Cut(strings.TrimSuffix(text, "+00"), ".")
			fits = len(fraction) <= n
		}
		if !fits {
			return &Error{SQLState: "22001", Pos: -1, Text: fmt.Sprintf("the value of the sharding key column %q of table %s is too long for its type %s",
				col.Column, p.bound.Table, native)}
		}
	}
	return nil
}

// settled computes what of a value no row is needed for. What parameters made becomes a parameter of its own, of the column's type; known is the value,
// nil where only the shard can tell it. The error is the one that the value is.
func (p *writePlanner) settled(e plan.Expr) (value plan.Expr, known *plan.Const, err error) {
	params := false
	c, err := rules.Value(plan.Map(e, func(x plan.Expr) plan.Expr {
		n, ok := x.(*plan.Param)
		if !ok {
			return x
		}
		params = true
		v := p.bound.Args[n.N-1]
		return &plan.Const{Text: v.Text, Null: v.Null, T: n.T}
	}))
	var wrong *scalar.Error
	switch {
	case errors.As(err, &wrong):
		return nil, nil, &Error{SQLState: wrong.SQLState, Text: wrong.Text, Pos: -1, cause: err}
	case err != nil:
		return nil, nil, err
	case c == nil:
		return rules.Fold(e), nil, nil
	case !params || c.Null || c.T.IsFloat(): // not every engine promises to read a float's digits exactly
		return c, c, nil
	}
	p.bound.Args = append(p.bound.Args, bind.Param{Text: c.Text})
	p.bound.Params = append(p.bound.Params, c.T)
	return &plan.Param{N: len(p.bound.Args), T: c.T}, c, nil
}

// insertStatements writes rows for a shard, as many at once as its dialect takes.
func (p *writePlanner) insertStatements(shard string, rows [][]plan.Expr) ([]plan.Statement, error) {
	site, err := p.where.Site(shard, p.bound.Table)
	if err != nil {
		return nil, err
	}
	cols := make([]sqlgen.Target, len(p.bound.Columns))
	for i, c := range p.bound.Columns {
		cols[i] = sqlgen.Target{Column: c.Column, Type: c.Type}
	}
	most := min(sqlgen.MaxRows(site.Dialect), max(1, sqlgen.MaxParams(site.Dialect)/max(1, len(cols))))
	var out []plan.Statement
	for batch := range slices.Chunk(rows, most) {
		st, err := sqlgen.Insert(p.bound.Table, cols, batch, site)
		if err != nil {
			return nil, unwritable(shard, err)
		}
		out = append(out, st)
	}
	return out, nil
}
