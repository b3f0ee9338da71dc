package bind_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
)

var errorCases = []string{"testdata/errors", "testdata/literals"}

// TestErrors compares errors with the files of errorCases; -rewrite writes them anew.
func TestErrors(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	for _, file := range errorCases {
		t.Run(filepath.Base(file), func(t *testing.T) {
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				_, err := w.Bind(d.Input, errorParams(d)...)
				if err == nil {
					d.Fatalf(t, "this can be bound")
				}
				return plantest.RenderError(err, d.Input)
			})
		})
	}
}

func errorParams(d *datadriven.TestData) []bind.Param {
	var out []bind.Param
	if a, ok := d.Arg("params"); ok {
		for _, v := range a.Vals {
			out = append(out, bind.Param{Text: v})
		}
	}
	return out
}

// TestErrorsOfPostgreSQL: a live server refuses the same statements with the same SQLSTATE, but for those marked ours.
func TestErrorsOfPostgreSQL(t *testing.T) {
	cluster := pgtest.Start(t, 1)[0]
	conn, err := pgx.Connect(t.Context(), cluster.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, table := range plantest.Tables() {
		if _, err := conn.Exec(t.Context(), plantest.DDL(table, "postgres")); err != nil {
			t.Fatal(err)
		}
	}
	w := plantest.Housing(t, plantest.Setup{})
	var faults []string // reported last: a failed case ends the file
	for _, file := range errorCases {
		datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
			if fault := stateOfPostgreSQL(t, w, conn, d); fault != "" {
				faults = append(faults, d.Pos+": "+fault)
			}
			return d.Expected
		})
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// stateOfPostgreSQL says how a live server's SQLSTATE differs from ours, "" if it does not.
func stateOfPostgreSQL(t *testing.T, w *plantest.World, conn *pgx.Conn, d *datadriven.TestData) string {
	if d.HasArg("ours") {
		return ""
	}
	_, err := w.Bind(d.Input, errorParams(d)...)
	var ours *ast.Error
	var theirs *pgconn.PgError
	_, pgErr := conn.Prepare(t.Context(), "", d.Input)
	switch {
	case !errors.As(err, &ours):
		return fmt.Sprint(err)
	case !errors.As(pgErr, &theirs) || theirs.Code != ours.SQLState:
		return fmt.Sprintf("PostgreSQL says %v, not %s", pgErr, ours.SQLState)
	}
	return ""
}

// TestDrift: a difference between shards is an error of the queries that touch it, and of no others.
func TestDrift(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{Change: func(s *catalog.Shard) {
		for i := range s.Tables {
			t := &s.Tables[i]
			switch {
			case s.Name == "br-1" && t.Name == "members":
				t.Columns = t.Columns[:len(t.Columns)-1] // without score
			case s.Name == "us-1" && t.Name == "units":
				t.Columns = append(t.Columns[:0:0], t.Columns...)
				t.Columns[4].Type = "integer" // rooms
			case t.Name == "events":
				t.Columns = append(t.Columns[:0:0], t.Columns...)
				t.Columns[4].Type, t.Columns[4].Native = "", "tag_type"
			}
		}
	}})
	tests := []struct{ sql, state, text string }{
		{"select name from members", "", ""},
		{"select count(*) from events", "", ""},
		{"select score from members", "42703", `column "score" of table "members" cannot be used: shard br-1 has no such column`},
		{"select * from members", "42703", `* includes column "score" of table "members", which cannot be used: shard br-1 has no such column`},
		{"select id from units where rooms = 1", "42804", "column \"rooms\" of table \"units\" cannot be used: it is smallint on shard eu-1, but integer on shard us-1"},
		{"select tag from events", "0A000", "column \"tag\" of table \"events\" cannot be used: its type tag_type on shard eu-1 has no mapping"},
		{"select u.id from units u join members m using (cooperative_id) where m.score > 1", "42703", "shard br-1"},
	}
	for _, tt := range tests {
		_, err := w.Bind(tt.sql)
		var e *ast.Error
		switch {
		case tt.state == "" && err != nil:
			t.Errorf("%s: %v", tt.sql, err)
		case tt.state == "":
		case !errors.As(err, &e) || e.SQLState != tt.state || !strings.Contains(e.Text, tt.text) || e.Pos < 0:
			t.Errorf("%s: got %v, want %s: %s", tt.sql, err, tt.state, tt.text)
		}
	}
}

// TestShardsDown: tables of which nobody could be asked say so; the others can be bound.
func TestShardsDown(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{Down: []string{"us-1"}})
	if _, err := w.Bind("select id from payments"); err != nil {
		t.Error(err)
	}
	_, err := w.Bind("select id from archive")
	if err == nil || !strings.Contains(err.Error(), "shard us-1: connection refused") {
		t.Errorf("got %v", err)
	}
}
