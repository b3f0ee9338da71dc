package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// stage is the table in which rows with arrays wait for the server to read the arrays' texts. It is gone when its Insert is over.
const stage = `pg_temp."atoll_rows"`

// insertStaged writes rows some of whose columns are arrays, which come as texts: into a temporary table, and from there into theirs. An array whose
// text would not come back as it is, because the column's type rounds or cuts its elements, is refused.
func (t *tx) insertStaged(ctx context.Context, table string, plan copyPlan) (int64, error) {
	texts, casts, checks := slices.Clone(plan.names), slices.Clone(plan.names), []string{}
	var fields []arrow.Field
	for i, name := range plan.names {
		to, isArray := plan.arrays[i]
		if !isArray {
			continue
		}
		texts[i] = "CAST(" + name + " AS text) AS " + name
		casts[i] = "CAST(" + name + " AS " + to.native + ")"
		checks = append(checks, "coalesce(bool_or(CAST("+casts[i]+" AS text) <> "+name+"), false)")
		fields = append(fields, boolField(plan.fields[i].Name))
	}
	names := strings.Join(plan.names, ", ")
	if _, err := t.Exec(ctx, fmt.Sprintf("CREATE TEMPORARY TABLE \"atoll_rows\" ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA", strings.Join(texts, ", "), table), nil); err != nil {
		return 0, err
	}
	if _, err := t.copyInto(ctx, stage, plan); err != nil {
		return 0, err
	}
	if err := t.checkStage(ctx, "SELECT "+strings.Join(checks, ", ")+" FROM "+stage, fields); err != nil {
		return 0, err
	}
	n, err := t.Exec(ctx, fmt.Sprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s", table, names, strings.Join(casts, ", "), stage), nil)
	if err != nil {
		return 0, err
	}
	if _, err := t.Exec(ctx, "DROP TABLE "+stage, nil); err != nil {
		return 0, err
	}
	return n, nil
}

// checkStage asks which arrays would be changed.
func (t *tx) checkStage(ctx context.Context, sql string, fields []arrow.Field) error {
	var changed error
	err := t.shard.askOn(ctx, t, sql, fields, nil, func(r row) {
		for i, f := range fields {
			if r.bool(i) {
				changed = columnError(connectors.ClassData, "22003", "the column's type would change an element of an array", f.Name)
			}
		}
	})
	if err == nil && changed != nil {
		err = t.shard.explainWrite(changed)
	}
	if err != nil {
		return t.state.Fail(err)
	}
	return nil
}
