package atoll

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// numbersWithPercentiles are the columns of the data set that percentiles of numbers are taken of. Those of dates and timestamps follow.
var (
	numbersWithPercentiles = []struct{ table, x, layouts string }{
		{"payments", "amount", ""}, {"payments", "rate", ""}, {"payments", "method", ""}, {"payments", "id", ""}, {"payments", "-amount * 3", ""},
		{"units", "area", ""}, {"units", "rent", ""}, {"members", "score", ""}, {"currencies", "eur_rate", ""}, {"sensors", "reading", ""},
		{"floats", "f8", "no sqlserver"}, {"floats", "f4", "no sqlserver"}, {"holes", "n", ""}, {"holes", "f", "no sqlserver"}, {"holes", "i", ""},
		{"edge", "i2", ""}, {"edge", "i4", ""}, {"edge", "i8", ""}, {"edge", "m", ""}, {"edge", "n", ""}, {"vacant", "v", ""}, {"payments", "7", ""},
		{"pg_edge", "n", "postgres"}, {"pg_edge", "big", "postgres"},
	}
	momentsWithPercentiles = []struct{ table, x string }{
		{"payments", "paid_on"}, {"payments", "booked_at"}, {"events", "at"}, {"members", "born"}, {"sensors", "taken_at"},
		{"edge", "d"}, {"edge", "ts"}, {"edge", "tz"}, {"holes", "d"}, {"vacant", "cast(null as date)"},
	}
)

// TestApproxPercentileNear holds every approximate percentile against the exact one that the same query computes beside it.
func TestApproxPercentileNear(t *testing.T) {
	w := newWorld(t)
	for _, l := range []struct {
		name    string
		drivers []string
		opts    []Option
	}{
		{"mixed", mixed, nil}, {"postgres", []string{"postgres", "postgres", "postgres"}, nil}, {"duckdb", []string{"duckdb", "duckdb", "duckdb"}, nil}, {"three_engines", mixed3, nil}, {"one_shard", mixed[:1], nil},
		{"by_value", mixed, []Option{WithoutRules("sketches")}}, {"at_the_coordinator", mixed, []Option{WithoutRules("partial_aggregate", "push_down")}},
	} {
		t.Run(l.name, func(t *testing.T) {
			r := w.open(t, l.drivers, l.opts...)
			for _, c := range numbersWithPercentiles {
				if c.layouts == "" || c.layouts == l.name || c.layouts == "no sqlserver" && !slices.Contains(l.drivers, "sqlserver") {
					holdNear(t, r, c.table, c.x, "double precision", nearNumber)
				}
			}
			for _, c := range momentsWithPercentiles {
				holdNear(t, r, c.table, c.x, "", nearMoment)
			}
		})
	}
}

var percentilesHeld = []string{"0", "0.01", "0.25", "0.5", "0.75", "0.99", "1"}

func holdNear(t *testing.T, r *rig, table, x, exactly string, near func(got, want string) bool) {
	t.Helper()
	var items []string
	for _, p := range percentilesHeld {
		exact := "percentile_disc(" + p + ") within group (order by " + x + ")"
		if exactly != "" {
			exact = "cast(" + exact + " as " + exactly + ")"
		}
		items = append(items, "approx_percentile("+x+", "+p+")", exact)
	}
	for _, sql := range []string{
		"select " + strings.Join(items, ", ") + ", count(*) from " + table,
		"select " + strings.Join(items, ", ") + ", count(*) from " + table + " group by " + groupOf[table],
	} {
		a, err := asker(r.engine)(t.Context(), sql, nil)
		if err != nil {
			t.Errorf("%v: %.60s", err, sql)
			continue
		}
		for _, row := range a.Rows {
			for i := range percentilesHeld {
				got, want := row[2*i], row[2*i+1]
				if got.Null != want.Null || !want.Null && !near(got.Text, want.Text) {
					t.Errorf("%s of %s at %s: %v, exactly %v", x, table, percentilesHeld[i], got, want)
				}
			}
		}
	}
}

var groupOf = map[string]string{"payments": "currency", "units": "rooms", "members": "active", "currencies": "minor_units", "sensors": "country", "floats": "grp",
	"holes": "grp", "edge": "id % 3", "vacant": "grp", "events": "kind", "pg_edge": "grp"}

// nearNumber allows the usual relative error, and the least float where that has no digits left.
func nearNumber(got, want string) bool {
	g, err := strconv.ParseFloat(got, 64)
	x, err2 := strconv.ParseFloat(want, 64)
	return err == nil && err2 == nil && (g == x || math.IsNaN(g) && math.IsNaN(x) || math.Abs(g-x) <= 0.005*math.Abs(x) || math.Abs(x) < 1e-320 && math.Abs(g-x) < 1e-323)
}

// nearMoment allows half an hour of timestamps, and nothing of dates.
func nearMoment(got, want string) bool {
	if got == want {
		return true
	}
	g, ok := momentOf(got)
	x, ok2 := momentOf(want)
	return ok && ok2 && g.Sub(x).Abs() <= 30*time.Minute
}

// momentOf reads PostgreSQL's text of a timestamp, of any year.
func momentOf(s string) (time.Time, bool) {
	s, before := strings.CutSuffix(s, " BC")
	year, rest, _ := strings.Cut(s, "-")
	n, err := strconv.Atoi(year)
	if before {
		n = 1 - n
	}
	at, err2 := time.Parse("2006-01-02 15:04:05.999999", "2000-"+strings.TrimSuffix(rest, "+00")) // a leap year
	return time.Date(n, at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC), err == nil && err2 == nil
}

// TestApproxPercentileForms holds the forms of percentiles against each other and against exact ones: each query gives rows of true, or is
// refused with the SQLSTATE.
func TestApproxPercentileForms(t *testing.T) {
	w := newWorld(t)
	r := w.open(t, mixed)
	const near = "abs(a - e) <= 0.005 * abs(e)"
	for _, c := range []struct{ sql, state string }{
		{"select approx_median(amount) = approx_percentile(amount, 0.5) from payments", ""},
		{"select approx_percentile(amount, array[0.1, 0.5, null]) = array[approx_percentile(amount, 0.1), approx_percentile(amount, 0.5), null] from payments", ""},
		{"select approx_percentile(amount, array[0.1, 0.5]) is null from payments where false", ""},
		{"select approx_percentile(amount, $1) = approx_percentile(amount, 0.25) from payments", ""},
		{"select approx_percentile(amount, null) is null and approx_percentile(null, 0.5) is null and approx_percentile(v, 0.5) is null from payments left join vacant on false", ""},
		{"select " + near + " from (select approx_percentile(amount, 0.9) filter (where currency = 'EUR') a, percentile_disc(0.9) within group (order by amount) filter (where currency = 'EUR') e from payments) s", ""},
		{"select a between 0.9 * e and 1.1 * e from (select approx_percentile(amount, 0.9, 0.1) a, percentile_disc(0.9) within group (order by amount) e from payments) s", ""},
		{"select abs(extract(epoch from a - e)) <= 30 from (select approx_percentile(booked_at, 0.4, interval '1 minute') a, percentile_disc(0.4) within group (order by booked_at) e from payments) s", ""},
		{"select a is not distinct from e or " + near + " from (select currency, method, approx_median(amount) a, percentile_disc(0.5) within group (order by amount) e, count(distinct member_id), sum(amount) from payments group by grouping sets ((currency, method), (currency), ())) s", ""},
		{"select " + near + " from (select currency, approx_median(amount) a, percentile_disc(0.5) within group (order by amount) e from payments group by currency having approx_median(amount) > 0 order by approx_percentile(amount, 0.9) desc) s", ""},
		{"select " + near + " from (select p.cooperative_id, approx_percentile(u.rent, 0.7) a, percentile_disc(0.7) within group (order by u.rent) e from payments p join units u on u.cooperative_id = p.cooperative_id group by 1) s where e <> 0", ""},
		{"select " + near + " from (select c.name, approx_percentile(p.amount, 0.7) a, percentile_disc(0.7) within group (order by p.amount) e from payments p join events v on v.id = p.id join currencies c on c.code = p.currency group by 1) s", ""},
		{"select rank() over (order by approx_median(amount)) > 0 from payments group by currency", ""},
		{"select approx_percentile(x, 0) = '-infinity' and approx_percentile(x, 1) = 'infinity' from (select case when id % 2 = 0 then timestamp 'infinity' else timestamp '-infinity' end x from events) s", ""},
		{"select approx_percentile(x, 0) = '-infinity' and approx_percentile(x, 1) = 'infinity' from (select case when id % 2 = 0 then date 'infinity' else date '-infinity' end x from events) s", ""},
		{"select approx_percentile(x, 1) = '9999-12-31 23:30:00+00' from (select timestamptz '9999-12-31 23:59:59.999999+00' x from events) s", ""},
		{"select approx_median(0) = 0 and approx_median(0.0) = 0 and approx_median('NaN'::float8) = 'NaN' and approx_median('-Infinity'::real) = '-Infinity' from payments", ""},
		{"select median(amount) = percentile_cont(0.5) within group (order by amount) from payments", ""},
		{"select median(amount) filter (where amount > 0) = percentile_cont(0.5) within group (order by amount) filter (where amount > 0) from payments", ""},
		{"select approx_percentile(took, 0.5) from events", "0A000"},
		{"select approx_percentile(note, 0.5) from payments", "42883"},
		{"select approx_percentile(amount) from payments", "42883"},
		{"select approx_percentile(amount, 1.5) from payments", "22003"},
		{"select approx_percentile(amount, rate) from payments", "0A000"},
		{"select approx_percentile(amount, 1 - $1::float8) from payments", "0A000"},
		{"select approx_percentile(amount, 0.5, 0.5) from payments", "22023"},
		{"select approx_percentile(amount, 0.5, rate) from payments", "22023"},
		{"select approx_percentile(booked_at, 0.5, 60) from payments", "22023"},
		{"select approx_percentile(booked_at, 0.5, interval '1 month') from payments", "22023"},
		{"select approx_percentile(paid_on, 0.5, 0.01) from payments", "22023"},
		{"select approx_percentile(distinct amount, 0.5) from payments", "0A000"},
		{"select approx_percentile(amount, 0.5) over () from payments", "0A000"},
		{"select median(distinct amount) from payments", "0A000"},
		{"select median(amount) over () from payments", "0A000"},
		{"select median(amount, 2) from payments", "42883"},
	} {
		var args []any
		if strings.Contains(c.sql, "$1") {
			args = []any{0.25}
		}
		a, err := asker(r.engine)(t.Context(), c.sql, args)
		if stateOf(err) != c.state || err == nil && len(a.Rows) == 0 {
			t.Errorf("%s: %v, %d rows", c.sql, err, len(a.Rows))
		}
		for _, row := range a.Rows {
			if row[0].Text != "true" && row[0].Text != "t" {
				t.Errorf("%s: %v", c.sql, a.Rows)
				break
			}
		}
	}
}
