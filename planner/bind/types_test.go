package bind_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
)

// root is the module's root as seen from this package.
const root = "../.."

// TestTypes: the binder gives each expression the type that the table says.
func TestTypes(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	for _, e := range plantest.Expressions(t, root) {
		sql := "select " + e.SQL + " from samples"
		q, err := w.Bind(sql)
		if e.State != "" {
			var ae *ast.Error
			if !errors.As(err, &ae) || ae.SQLState != e.State {
				t.Errorf("expressions.txt:%d: %s: got %v, want SQLSTATE %s", e.Line, e.SQL, describe(q, err), e.State)
			} else if ae.Pos < 0 || ae.Pos >= len(sql) {
				t.Errorf("expressions.txt:%d: %s: the error has no place in the text: %v", e.Line, e.SQL, err)
			}
			continue
		}
		if err != nil || q.Output[0].Type.Bare().String() != e.Type {
			t.Errorf("expressions.txt:%d: %s: got %v, want %s", e.Line, e.SQL, describe(q, err), e.Type)
		}
	}
}

// TestTypesOfPostgreSQL holds the table itself against a live server: types of results, and states of refusals. Only
// 0A000 is ours alone.
func TestTypesOfPostgreSQL(t *testing.T) {
	cluster := pgtest.Start(t, 1)[0]
	conn, err := pgx.Connect(t.Context(), cluster.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range append(append(plantest.PseudonymDDL(), plantest.SketchDDL()...), plantest.DDL(plantest.SamplesTable(), "postgres")) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range plantest.Expressions(t, root) {
		d, err := conn.Prepare(t.Context(), fmt.Sprint("s", i), "select "+e.SQL+" from samples")
		if e.State == "0A000" && err == nil {
			continue
		}
		var pe *pgconn.PgError
		if e.State != "" && errors.As(err, &pe) && pe.Code == e.State {
			continue
		}
		if err != nil || e.State != "" {
			t.Errorf("expressions.txt:%d: %s: PostgreSQL says %v, the table %s%s", e.Line, e.SQL, err, e.Type, e.State)
			continue
		}
		if got := kindOf(t, conn, d.Fields[0].DataTypeOID); got != e.Type {
			t.Errorf("expressions.txt:%d: %s is %s in PostgreSQL, not %s", e.Line, e.SQL, got, e.Type)
		}
	}
}

// kindOf names a type by its OID; what the planner counts as text is text.
func kindOf(t *testing.T, conn *pgx.Conn, oid uint32) string {
	t.Helper()
	var name string
	if err := conn.QueryRow(t.Context(), "select format_type($1, null)", oid).Scan(&name); err != nil {
		t.Fatal(err)
	}
	typ, err := plan.ParseType(name)
	if err != nil {
		return name
	}
	return typ.Bare().String()
}

// describe shows what binding one expression gave.
func describe(q *bind.Query, err error) any {
	if err != nil {
		return err
	}
	return q.Output[0].Type
}
