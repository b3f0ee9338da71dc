package engine

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// insert evaluates the rows of an INSERT and appends them to its table.
func (r *run) insert(insert *tsql.Insert) (affected int64, err error) {
	err = r.writeRows(insert.Table.Parts, func(t *table) (edit, error) {
		rows, err := r.insertRows(t, insert)
		affected = int64(len(rows))
		return edit{added: rows}, err
	})
	return affected, err
}

func (r *run) insertRows(t *table, insert *tsql.Insert) ([][]Value, error) {
	if len(insert.Rows) > 1000 {
		return nil, newError(10738, "The number of row value expressions in the INSERT statement exceeds the maximum allowed number of 1000 row values.")
	}
	targets, err := r.insertTargets(t, insert.Columns)
	if err != nil {
		return nil, err
	}
	if err := r.mayNumber(t, targets); err != nil {
		return nil, err
	}
	computed, err := r.computedColumns(t)
	if err != nil {
		return nil, err
	}
	if insert.Query != nil {
		return r.insertQuery(t, insert, targets, computed)
	}
	rows := make([][]Value, 0, len(insert.Rows))
	for _, exprs := range insert.Rows {
		row, err := r.insertRow(t, targets, exprs, len(insert.Columns) > 0)
		if err != nil {
			return nil, err
		}
		if err := r.finishRow(t, row, computed, "INSERT"); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// insertQuery makes rows of a query's.
func (r *run) insertQuery(t *table, insert *tsql.Insert, targets []int, computed []bound) ([][]Value, error) {
	q, err := (&binder{run: r}).query(insert.Query, nil, outermost)
	if err != nil {
		return nil, err
	}
	switch named := len(insert.Columns) > 0; {
	case len(q.columns) == len(targets):
	case !named:
		return nil, r.otherCount(t, len(q.columns), len(targets))
	case len(q.columns) > len(targets):
		return nil, newError(121, "The select list for the INSERT statement contains more items than the insert list.")
	default:
		return nil, newError(120, "The select list for the INSERT statement contains fewer items than the insert list.")
	}
	values := make([]evaluator, len(targets))
	for i, c := range q.columns {
		source := columnAt(scopeColumn{name: c.name, typ: c.typ, strength: c.strength, nullable: c.nullable}, i, 0)
		if values[i], err = r.assigning(t, t.columns[targets[i]], source); err != nil {
			return nil, err
		}
	}
	in, err := q.node.open(&env{run: r})
	if err != nil {
		return nil, err
	}
	defer in.close()
	var rows [][]Value
	for {
		given, err := in.next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		at, row := &env{run: r, row: given}, make([]Value, len(t.columns))
		for i, value := range values {
			if row[targets[i]], err = value(at); err != nil {
				return nil, err
			}
		}
		if err := r.finishRow(t, row, computed, "INSERT"); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

// computedColumns are the expressions of a table's computed columns, by their places.
func (r *run) computedColumns(t *table) ([]bound, error) {
	computed := make([]bound, len(t.columns))
	for i, c := range t.columns {
		if c.computed != nil {
			var err error
			if computed[i], err = r.computed(t.columns, c.computed); err != nil {
				return nil, err
			}
		}
	}
	return computed, nil
}

// insertTargets are the positions of the columns that the values are for.
func (r *run) insertTargets(t *table, names []string) ([]int, error) {
	var targets []int
	if len(names) == 0 {
		for i, c := range t.columns {
			if c.computed == nil && c.generated == 0 && c.identity == nil && c.typ.Kind != RowVersion {
				targets = append(targets, i)
			}
		}
		return targets, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(t.columns, func(c *column) bool { return r.db.sameName(c.name, name) })
		switch {
		case i < 0:
			return nil, newError(207, "Invalid column name '%s'.", name)
		case slices.Contains(targets, i):
			return nil, newError(264, "The column name '%s' is specified more than once in the SET clause or column list of an INSERT.", name)
		case t.columns[i].computed != nil:
			return nil, newError(271, "The column %q cannot be modified because it is either a computed column or is the result of a UNION operator.", name)
		case t.columns[i].generated > 0:
			return nil, newError(13536, "Cannot insert an explicit value into a GENERATED ALWAYS column in table '%s'.", r.fullName(t))
		case t.columns[i].typ.Kind == RowVersion:
			return nil, newError(273, "Cannot insert an explicit value into a timestamp column.")
		}
		targets = append(targets, i)
	}
	return targets, nil
}

func (r *run) insertRow(t *table, targets []int, exprs []tsql.Expr, named bool) ([]Value, error) {
	switch {
	case len(exprs) == len(targets):
	case !named:
		return nil, r.otherCount(t, len(exprs), len(targets))
	case len(exprs) > len(targets):
		return nil, newError(110, "There are fewer columns in the INSERT statement than values specified in the VALUES clause.")
	default:
		return nil, newError(109, "There are more columns in the INSERT statement than values specified in the VALUES clause.")
	}
	b, row := &binder{run: r}, make([]Value, len(t.columns))
	for i, expr := range exprs {
		value, err := b.expr(&scope{clause: inValues}, expr)
		if err != nil {
			return nil, err
		}
		assigned, err := r.assigning(t, t.columns[targets[i]], value)
		if err != nil {
			return nil, err
		}
		if row[targets[i]], err = assigned(&env{run: r}); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// assigning converts a value to a column's type. Unlike CAST, it does not cut text: that is error 2628.
func (r *run) assigning(t *table, c *column, value bound) (evaluator, error) {
	whole := c.typ
	if isVariable(whole.Kind) || whole.Kind == Char || whole.Kind == NChar || whole.Kind == Binary {
		whole.Kind, whole.Length = variableOf(whole.Kind), -1
	}
	value, err := convertTo(value, whole)
	if err != nil {
		return nil, err
	}
	return func(e *env) (Value, error) {
		v, err := value.eval(e)
		if err != nil || v == nil {
			return nil, err
		}
		fitted, bad := Convert(v, whole, c.typ, -1)
		if bad != nil {
			return nil, bad
		}
		if contentLength(v) > contentLength(fitted) {
			return nil, newError(2628, "String or binary data would be truncated in table '%s', column '%s'.", r.fullName(t), c.name)
		}
		return fitted, nil
	}, nil
}

// finishRow fills the columns that nobody gives, and checks for NULLs; verb is the statement's, for the message.
func (r *run) finishRow(t *table, row []Value, computed []bound, verb string) error {
	if verb == "INSERT" {
		if err := r.number(t, row); err != nil {
			return err
		}
	}
	for i, c := range t.columns {
		switch {
		case c.typ.Kind == RowVersion:
			row[i] = binary.BigEndian.AppendUint64(nil, r.db.version.Add(1))
		case c.generated == 1:
			v, err := Convert(time.Now().UTC().Truncate(100), Type{Kind: DateTime2, Scale: 7}, c.typ, -1)
			if err != nil {
				return err
			}
			row[i] = v
		case c.generated == 2:
			end := time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC)
			row[i] = end.Truncate(time.Duration(math.Pow10(9 - c.typ.Scale)))
		}
	}
	for i := range t.columns {
		if computed[i].eval == nil {
			continue
		}
		v, err := computed[i].eval(&env{run: r, row: row})
		if err != nil {
			return err
		}
		row[i] = v
	}
	for i, c := range t.columns {
		if row[i] == nil && !c.nullable && c.computed == nil {
			return newError(515, "Cannot insert the value NULL into column '%s', table '%s'; column does not allow nulls. %s fails.", c.name, r.fullName(t), verb)
		}
	}
	return nil
}

func (r *run) fullName(t *table) string {
	return r.db.options.Name + "." + t.schema.name + "." + t.name
}

// contentLength is the length of text without trailing spaces, and of bytes without trailing zeros; else 0.
func contentLength(v Value) int {
	switch v := v.(type) {
	case String16:
		n := len(v)
		for n > 0 && v[n-1] == ' ' {
			n--
		}
		return n
	case []byte:
		n := len(v)
		for n > 0 && v[n-1] == 0 {
			n--
		}
		return n
	default:
		return 0
	}
}
