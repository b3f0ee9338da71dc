package sqlgen_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// TestLive runs on real engines what the dialects write.
func TestLive(t *testing.T) {
	l := startLive(t)
	t.Run("expressions", l.expressions)
	t.Run("goldens", l.goldens)
	t.Run("quoting", l.quoting)
	t.Run("shapes", l.shapes)
}

// expressions: over each row of samples each engine gives PostgreSQL's value, or PostgreSQL's error.
func (l *live) expressions(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	for _, e := range plantest.Expressions(t, root) {
		if e.State != "" || e.SQL == "now()" || e.SQL == "current_timestamp" || e.SQL == "localtimestamp" || e.SQL == "current_date" {
			continue // refused, or another moment than the server's
		}
		for id := 1; id <= 9; id++ {
			sql := fmt.Sprintf("select %s as x from samples where id = %d", e.SQL, id)
			want, wantErr := logictest.FromPostgres(t.Context(), l.oracle, sql, nil)
			q, err := w.Bind(sql)
			if err != nil {
				t.Fatalf("expressions.txt:%d: %v", e.Line, err)
			}
			for _, on := range l.engines {
				if e.None[on.site.Dialect] != "" {
					continue
				}
				if err := on.agrees(t.Context(), q.Root, want, wantErr, q.Args...); err != nil {
					t.Errorf("expressions.txt:%d: %s, row %d, %s: %v", e.Line, e.SQL, id, on.name, err)
				}
			}
		}
	}
}

// agrees runs a tree and compares its answer, or its SQLSTATE, with what the oracle said. args are those of the query.
func (e engine) agrees(ctx context.Context, root plan.Node, want logictest.Answer, wantErr error, args ...bind.Param) error {
	st, err := sqlgen.Generate(root, e.site)
	if err != nil {
		return err
	}
	given := make([]connectors.Arg, len(st.Params))
	for i, n := range st.Params {
		given[i] = connectors.Arg{Text: args[n-1].Text, Null: args[n-1].Null, Secret: args[n-1].Secret}
	}
	got, err := e.answer(ctx, st, root.Columns(), given)
	var ours *connectors.Error
	var theirs *pgconn.PgError
	switch {
	case err == nil && wantErr == nil:
		err = logictest.Compare(logictest.Case{FloatTolerance: true, Ordered: ordered(root)}, want, got)
	case wantErr == nil && errors.As(err, &ours) && ours.SQLState == "22003" && beyond(want):
		return nil
	case errors.As(err, &ours) && errors.As(wantErr, &theirs) && ours.SQLState == theirs.Code:
		return nil
	case wantErr != nil:
		err = fmt.Errorf("PostgreSQL says %v, it says %v %v", wantErr, got.Rows, err)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, st.SQL)
	}
	return nil
}

// ordered reports that rows must come in the oracle's order.
func ordered(root plan.Node) bool {
	switch n := root.(type) {
	case *plan.Sort:
		return true
	case *plan.Limit:
		return ordered(n.Input)
	case *plan.Project:
		return ordered(n.Input)
	}
	return false
}

// beyond reports a numeric that no decimal holds: NaN, an infinity, or more digits than 38 before or behind the point. Such a value
// is an error by design.
func beyond(a logictest.Answer) bool {
	for _, row := range a.Rows {
		for i, c := range row {
			whole, fraction, _ := strings.Cut(strings.TrimPrefix(c.Text, "-"), ".")
			if a.Types[i] == "numeric" && (strings.Trim(whole, "0123456789") != "" || len(whole) > 38 || len(fraction) > 38) {
				return true
			}
		}
	}
	return false
}

// goldens: every statement of testdata/plan is accepted by the engine it is for, on empty tables, and has the types
// that the plan says; so are those of the residual engine.
func (l *live) goldens(t *testing.T) {
	residual, err := duckdb.NewResidual(duckdb.ResidualOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := residual.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, g := range plantest.Goldens(t, root) {
		p, err := g.Plan(t)
		if err != nil {
			continue // the golden is an error
		}
		for _, f := range p.Fragments {
			for _, target := range f.Targets {
				if dialectAt(g.Setup, target.Shard) == "tsql" {
					continue // parsed by internal/tdstest/tsql
				}
				on := l.engineFor(g.Setup, target.Shard)
				if _, err := on.answer(t.Context(), target.Statement, f.Root.Columns(), argsOf(p, target.Statement)); err != nil && !fromParameter(err) && !constantError(err, target.Statement.SQL) {
					t.Errorf("%s: %s: %v: %v\n%s", g.Pos, on.name, err, errors.Unwrap(err), target.Statement.SQL)
				}
			}
		}
		plan.Visit(p.Root, func(n plan.Node) {
			if r, ok := n.(*plan.Residual); ok {
				if err := runEmpty(t.Context(), residual, r, argsOf(p, r.Statement)); err != nil {
					t.Errorf("%s: residual: %v: %v\n%s", g.Pos, err, errors.Unwrap(err), r.Statement.SQL)
				}
			}
		})
	}
}

// fromParameter reports an error that a parameter's value deserves.
func fromParameter(err error) bool {
	var e *connectors.Error
	return errors.As(err, &e) && e.SQLState == "22P02"
}

// constantError reports the error that PostgreSQL raises for a constant though there is no row to compute it for.
func constantError(err error, sql string) bool {
	var e *connectors.Error
	return errors.As(err, &e) && e.SQLState == "22012" && strings.Contains(sql, "1 / 0")
}

func argsOf(p *plan.Plan, st plan.Statement) []connectors.Arg {
	out := make([]connectors.Arg, len(st.Params))
	for i, n := range st.Params {
		if out[i].Null = n > len(p.Args); !out[i].Null { // what a step would bring is not there
			out[i] = p.Args[n-1]
		}
	}
	return out
}

func dialectAt(s plantest.Setup, shard string) string {
	dialect := map[string]string{"eu-1": "postgres", "br-1": "duckdb", "us-1": "postgres"}[shard]
	for i, name := range []string{"eu-1", "br-1", "us-1"} {
		if s.Dialects != nil && name == shard {
			dialect = s.Dialects[i]
		}
	}
	return dialect
}

// engineFor returns the engine that stands for a shard of a world.
func (l *live) engineFor(s plantest.Setup, shard string) engine {
	dialect := dialectAt(s, shard)
	for _, e := range l.engines {
		if e.site.Dialect == dialect && (dialect == "duckdb" || e.site.BinaryCollation == (shard != "us-1")) {
			return e
		}
	}
	panic("no engine for " + dialect)
}

// runEmpty runs a residual statement over inputs without rows.
func runEmpty(ctx context.Context, residual *duckdb.Residual, n *plan.Residual, args []connectors.Arg) error {
	q := duckdb.ResidualQuery{SQL: n.Statement.SQL, Args: args, Schema: schemaOf(n.Columns())}
	for i, src := range n.Sources {
		q.Inputs = append(q.Inputs, duckdb.Input{Name: fmt.Sprint("in", i), Source: &source{schema: schemaOf(src.Columns())}})
	}
	r, err := residual.Query(ctx, q)
	if err != nil {
		return err
	}
	_, err = readAll(ctx, r, q.Schema)
	return err
}
