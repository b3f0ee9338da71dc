package move

import (
	"context"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// updatable reports whether a row of a table can be updated at To: whether each of its values can be written as a parameter, and the server
// lets columns beside the key be written.
func (r *run) updatable(t groupTable) bool {
	var columns, values []string
	var c clause
	for i, typ := range t.types {
		if !slices.Contains(writtenTypes, baseType(typ)) {
			return false
		}
		if !slices.ContainsFunc(t.primary, func(k keyColumn) bool { return k.at == i }) {
			columns, values = append(columns, t.columns[i]), append(values, "CAST(NULL AS "+typ+")")
		}
	}
	c.and("true")
	_, err := r.to.Update(t.name, columns, values, c.done())
	return err == nil && len(columns) > 0
}

// change updates rows at To, each of which is a record.
func (r *run) change(ctx context.Context, tx connectors.Tx, t groupTable, rows []arrow.Record) error {
	for _, rec := range rows {
		key, err := keyTexts(t.primary, rec, 0)
		if err != nil {
			return err
		}
		var c clause
		c.among(t.primary, [][]string{key})
		var columns, values []string
		for i, name := range t.columns {
			if slices.ContainsFunc(t.primary, func(k keyColumn) bool { return k.at == i }) {
				continue
			}
			value := "CAST(NULL AS " + t.types[i] + ")"
			if !rec.Column(i).IsNull(0) {
				v, err := text(rec.Column(i), 0)
				if err != nil {
					return err
				}
				value = c.arg(v, t.types[i])
			}
			columns, values = append(columns, name), append(values, value)
		}
		stmt, err := r.to.Update(t.name, columns, values, c.done())
		if err == nil {
			_, err = tx.Exec(ctx, stmt.SQL, stmt.Args)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
