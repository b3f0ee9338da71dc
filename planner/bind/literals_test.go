package bind_test

import (
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
)

// TestLiterals: literals and parameters have the canonical text of the type that they take on.
func TestLiterals(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	for _, c := range []struct{ table, cond, want string }{
		{"payments", "id = ' +007 '", "'7'::bigint"},
		{"payments", "amount > '1.50e1'", "'15.0'::numeric"},
		{"payments", "amount > 1e-3", "'0.001'::numeric"},
		{"payments", "amount > .50", "'0.50'::numeric"},
		{"payments", "amount > -0.0", "'0.0'::numeric"},
		{"payments", "amount > 1e5", "'100000'::numeric"},
		{"payments", "rate > 1e3", "'1000'::double precision"},
		{"payments", "rate > -'NaN'::float8", "'NaN'::double precision"},
		{"payments", "rate < 1e16", "'1e+16'::double precision"},
		{"payments", "paid_on = '5 January 2024'", "'2024-01-05'::date"},
		{"payments", "paid_on > 'yesterday'", "'2024-02-28'::date"},
		{"payments", "booked_at < '2024-07-01 12:00 Europe/Berlin'", "'2024-07-01 10:00:00+00'::timestamp with time zone"},
		{"payments", "booked_at < 'today'", "'2024-02-29 00:00:00+00'::timestamp with time zone"},
		{"payments", "note = ' As is '", "' As is '::text"},
		{"members", "active = 'y'", "'true'::boolean"},
		{"events", "took = '90 minutes'", "'01:30:00'::interval"},
		{"events", "tag = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid"},
		{"events", "at = '20240105T01:02:03.50'", "'2024-01-05 01:02:03.5'::timestamp without time zone"},
		{"archive", `raw = '\xDE AD'`, `'\xdead'::bytea`},
	} {
		q, err := w.Bind("select 1 from " + c.table + " where " + c.cond)
		if err != nil {
			t.Errorf("%s: %v", c.cond, err)
		} else if tree := plan.Tree(q.Root); !strings.Contains(tree, c.want) {
			t.Errorf("%s: want %s in\n%s", c.cond, c.want, tree)
		}
	}
}

func TestParameters(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	for _, c := range []struct{ cond, value, arg, want string }{
		{"id = $1", "+7", "7", "$1::bigint"},
		{"amount > $1", "1e3", "1000", "$1::numeric"},
		{"paid_on = $1", "20240105", "2024-01-05", "$1::date"},
		{"paid_on < $1 or paid_on > $1", "tomorrow", "2024-03-01", "$1::date"},
		{"note = $1", " x ", " x ", "$1::text"},
		// What not every engine has stands in the plan, for the dialects to see.
		{"paid_on < $1 or paid_on > $1", "Infinity", "infinity", "(<(paid_on#6, 'infinity'::date) OR >(paid_on#6, 'infinity'::date))"},
		{"paid_on < $1", "0044-03-15 bc", "0044-03-15 BC", "'0044-03-15 BC'::date"},
		{"booked_at < $1", "20000-01-01", "20000-01-01 00:00:00+00", "'20000-01-01 00:00:00+00'"},
		{"rate < $1", "nan", "NaN", "'NaN'::double precision"},
		{"amount < $1", strings.Repeat("9", 40), strings.Repeat("9", 40), "'" + strings.Repeat("9", 40) + "'::numeric"},
	} {
		q, err := w.Bind("select 1 from payments where "+c.cond, bind.Param{Text: c.value})
		if err != nil {
			t.Errorf("%s: %v", c.cond, err)
			continue
		}
		if tree := plan.Tree(q.Root); !strings.Contains(tree, c.want) {
			t.Errorf("%s of %s: want %s in\n%s", c.cond, c.value, c.want, tree)
		}
		if q.Args[0].Text != c.arg {
			t.Errorf("%s: the value %q becomes %q, want %q", c.cond, c.value, q.Args[0].Text, c.arg)
		}
	}
	q, err := w.Bind("select 1 from payments where id = $1", bind.Param{Null: true})
	if err != nil || !q.Args[0].Null {
		t.Errorf("NULL: %v", err)
	}
}
