package atoll

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	"github.com/atoll-sql/atoll/planner/plan"
)

// measureColumns are a table's columns with their types for PostgreSQL and DuckDB, and for SQL Server.
var measureColumns = [][3]string{
	{"s", "integer NOT NULL", "int NOT NULL"}, {"g", "text", "nvarchar(20) NULL"}, {"h", "integer", "int NULL"},
	{"i2", "smallint", "smallint NULL"}, {"i4", "integer", "int NULL"}, {"i8", "bigint", "bigint NULL"},
	{"n", "numeric(18,4)", "decimal(18,4) NULL"}, {"m", "numeric(5,2)", "decimal(5,2) NULL"}, {"w", "numeric(30,4)", "decimal(30,4) NULL"},
	{"d", "date", "date NULL"}, {"ts", "timestamp", "datetime2(6) NULL"}, {"tz", "timestamptz", "datetimeoffset(6) NULL"}, {"tm", "time", "time(6) NULL"},
	{"f4", "real", "real NULL"}, {"f8", "double precision", "float NULL"}, {"b", "boolean", "bit NULL"}, {"txt", "text", "nvarchar(20) NULL"},
}

// measured draws a row of a group: groups differ in how their values are spread. Values of special kinds are those that not every engine has.
func measured(rng *rand.Rand, shard int, driver string) []string {
	groups := []string{"equal", "two", "nulls", "sparse", "wide", "dups", "single", ""}
	g := groups[rng.IntN(len(groups))]
	if g == "single" && rng.IntN(10) > 0 {
		g = "wide"
	}
	row := []string{fmt.Sprint(shard), g, fmt.Sprint(rng.IntN(3))}
	if row[2] == "0" {
		row[2] = "NULL"
	}
	special := driver != "sqlserver"
	pick := func(common func() string, ends ...string) string {
		switch g {
		case "equal":
			return common0(common)
		case "two":
			return ends[rng.IntN(2)]
		case "nulls":
			return "NULL"
		case "sparse":
			if rng.IntN(5) > 0 {
				return "NULL"
			}
		case "dups":
			if rng.IntN(3) > 0 {
				return ends[rng.IntN(min(4, len(ends)))]
			}
		}
		if rng.IntN(5) == 0 {
			return ends[rng.IntN(len(ends))]
		}
		return common()
	}
	some := func(ok bool, list ...string) []string {
		if ok {
			return list
		}
		return nil
	}
	number := func(bits int) func() string {
		return func() string { return fmt.Sprint(rng.Int64() >> (63 - bits) * int64(1-2*rng.IntN(2))) }
	}
	decimal := func(bits int, scale int) func() string {
		return func() string {
			s := fmt.Sprintf("%0*d", scale+1, rng.Int64()>>(63-bits))
			return []string{"-", ""}[rng.IntN(2)] + s[:len(s)-scale] + "." + s[len(s)-scale:]
		}
	}
	day := func() string {
		return fmt.Sprintf("%04d-%02d-%02d", 1900+rng.IntN(200), 1+rng.IntN(12), 1+rng.IntN(28))
	}
	clock := func() string {
		return fmt.Sprintf("%02d:%02d:%02d.%06d", rng.IntN(24), rng.IntN(60), rng.IntN(60), rng.IntN(1_000_000))
	}
	float := func() string { return fmt.Sprint(rng.NormFloat64() * []float64{1, 1e-200, 1e200, 1000}[rng.IntN(4)]) }
	real := func() string { return fmt.Sprint(float32(rng.NormFloat64())) }
	postgres := driver == "postgres"
	return append(row,
		pick(number(14), "7", "-3", "32767", "-32768", "0"), pick(number(30), "7", "-3", "2147483647", "-2147483648", "0"),
		pick(number(62), "7", "-3", "9223372036854775807", "-9223372036854775808", "0"),
		pick(decimal(59, 4), "1.5000", "-0.0001", "99999999999999.9999", "-99999999999999.9999", "0"),
		pick(decimal(16, 2), append([]string{"1.50", "-0.01", "999.99", "-999.99"}, some(postgres, "NaN")...)...),
		pick(decimal(62, 4), "1.5", "-1.5"),
		pick(day, append([]string{"2000-01-01", "1999-12-31", "0001-01-01", "9999-12-31"}, some(special, "infinity", "-infinity")...)...),
		pick(func() string { return day() + " " + clock() }, append([]string{"2000-01-01 00:00:00", "1999-12-31 23:59:59.999999", "0001-01-01 00:00:00"}, some(special, "infinity", "-infinity")...)...),
		pick(func() string { return day() + " " + clock() + "+00:00" }, append([]string{"2000-01-01 00:00:00+00:00", "1999-12-31 23:59:59.999999+00:00"}, some(special, "infinity", "-infinity")...)...),
		pick(clock, append([]string{"00:00:00", "23:59:59.999999", "12:00:00"}, some(postgres, "24:00:00")...)...),
		pick(real, append([]string{"1.5", "-0.25", "0"}, some(special, "Infinity", "-Infinity", "NaN", "-0")...)...),
		pick(float, append([]string{"1.5", "-0.25", "0", "1.7976931348623157e308", "-1.7976931348623157e308"}, some(special, "Infinity", "-Infinity", "NaN", "-0", "5e-324")...)...),
		pick(func() string { return fmt.Sprint(rng.IntN(2)) }, "1", "0"), pick(clock, "x", "y"))
}

// common0 is the value that all rows of a group have: the same on every shard.
func common0(func() string) string { return "7" }

// measures is one table over shards of the drivers given, and two engines: over the shards, and over one PostgreSQL with all rows.
type measures struct{ all, one *Engine }

func newMeasures(t *testing.T, name string, drivers []string, rows int, opts ...Option) *measures {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, uint64(len(name))))
	var every []string
	var many, shards, ids strings.Builder
	env := map[string]string{}
	for i, driver := range drivers {
		var list []string
		for range rows {
			row := measured(rng, i, driver)
			if row[1] == "equal" { // a value that every column has in its own form
				row = append(row[:3], "7", "7", "7", "7", "7", "7", "2007-07-07", "2007-07-07 07:07:07", "2007-07-07 07:07:07+00:00", "07:07:07", "7", "7", "1", "7")
			}
			for k, v := range row {
				if row[k] = "'" + v + "'"; v == "NULL" || k == 1 && v == "" {
					row[k] = "NULL"
				}
			}
			list = append(list, "("+strings.Join(row, ", ")+")")
		}
		every = append(every, list...)
		shard := fmt.Sprintf("s%d", i)
		env[strings.ToUpper(shard)] = fillMeasures(t, clusters[0], name+"_"+shard, driver, list)
		fmt.Fprintf(&shards, "  %s: {region: r, driver: %s, dsn: \"${S%d}\"%s}\n", shard, driver, i, map[bool]string{true: ", max_conns: 12"}[driver != "duckdb"])
		fmt.Fprintf(&ids, "%s: [%d], ", shard, i)
	}
	fmt.Fprintf(&many, "version: 1\ncoordinator: {region: r}\nregions: {r: {jurisdiction: EU}}\nshards:\n%stables:\n  v: {sharding: {strategy: lookup, key: [s], map: {%s}}}\n",
		shards.String(), strings.TrimSuffix(ids.String(), ", "))
	env["ONE"] = fillMeasures(t, clusters[0], name+"_one", "postgres", every)
	one := "version: 1\ncoordinator: {region: r}\nregions: {r: {jurisdiction: EU}}\nshards: {one: {region: r, driver: postgres, dsn: \"${ONE}\"}}\n" +
		"tables:\n  v: {sharding: {strategy: hash, key: [s], key_type: [int], shards: [one]}}\n"
	return &measures{all: openMeasures(t, many.String(), env, opts...), one: openMeasures(t, one, env)}
}

func openMeasures(t *testing.T, yaml string, env map[string]string, opts ...Option) *Engine {
	t.Helper()
	cfg, err := ParseConfig([]byte(yaml), t.TempDir(), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	e, err := Open(t.Context(), cfg, append([]Option{WithAllocator(alloc), WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		alloc.AssertSize(t, 0)
	})
	return e
}

func fillMeasures(t *testing.T, cluster *pgtest.Cluster, db, driver string, rows []string) (dsn string) {
	t.Helper()
	var cols []string
	for _, c := range measureColumns {
		cols = append(cols, c[0]+" "+map[bool]string{true: c[2], false: c[1]}[driver == "sqlserver"])
	}
	ddl := "CREATE TABLE v (" + strings.Join(cols, ", ") + ")"
	var inserts []string
	for ; len(rows) > 0; rows = rows[min(500, len(rows)):] {
		inserts = append(inserts, "INSERT INTO v VALUES "+strings.Join(rows[:min(500, len(rows))], ", "))
	}
	var err error
	switch driver {
	case "postgres":
		if dsn, err = cluster.CreateDatabase(t.Context(), db); err == nil {
			err = cluster.ExecIn(t.Context(), db, strings.Join(append([]string{ddl}, inserts...), ";"))
		}
	case "duckdb":
		dsn = filepath.Join(t.TempDir(), db+".duckdb")
		err = duckdb.Exec(t.Context(), dsn, append([]string{ddl}, inserts...)...)
	default:
		server := tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
		dsn = server.DSN()
		for _, stmt := range append([]string{ddl}, inserts...) {
			if err == nil {
				err = server.Exec(t.Context(), stmt)
			}
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", driver, err)
	}
	return dsn
}

// plain answers with zeros that have no sign: -0 equals 0, and which of them a percentile shows is open.
func plain(t *testing.T, e *Engine, sql string, args ...any) string {
	t.Helper()
	got, err := ask(t.Context(), e, sql, args...)
	if err != nil {
		return "error " + stateOf(err) + ": " + strings.SplitN(err.Error(), "\n", 2)[0]
	}
	rows := strings.Split(got, "; ")
	for i, r := range rows {
		cells := strings.Split(r, " ")
		for k, c := range cells {
			if c == "-0" {
				cells[k] = "0"
			}
		}
		rows[i] = strings.Join(cells, " ")
	}
	return strings.Join(rows, "\n")
}

// percentileQueries ask for percentiles of the column in place of X.
var percentileQueries = []string{
	"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY X) FROM v",
	"SELECT percentile_disc(ARRAY[0, 0.01, 0.5, 0.9, 1]) WITHIN GROUP (ORDER BY X) FROM v",
	"SELECT percentile_disc(0) WITHIN GROUP (ORDER BY X DESC), percentile_disc(0.25) WITHIN GROUP (ORDER BY X DESC), percentile_disc(1) WITHIN GROUP (ORDER BY X) FROM v",
	"SELECT g, h, percentile_disc(0.5) WITHIN GROUP (ORDER BY X), percentile_disc(0.75) WITHIN GROUP (ORDER BY X DESC), count(*), sum(i2), count(DISTINCT i4) FROM v GROUP BY g, h ORDER BY g, h",
	"SELECT g, percentile_disc(0.5) WITHIN GROUP (ORDER BY X) FROM v GROUP BY g ORDER BY g",
	"SELECT h + 1 AS k, percentile_disc(0.3) WITHIN GROUP (ORDER BY X) FILTER (WHERE i4 > 0) FROM v WHERE g <> 'two' GROUP BY h + 1 ORDER BY k",
	"SELECT percentile_disc(NULL) WITHIN GROUP (ORDER BY X), percentile_disc($1) WITHIN GROUP (ORDER BY X) FROM v",
	"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY X) FROM v WHERE h = 77",
	"SELECT g, percentile_disc(0.5) WITHIN GROUP (ORDER BY X) FROM v WHERE h = 77 GROUP BY g",
	"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY X) FROM v WHERE g = 'nulls'",
}

// betweenQueries are those of numbers.
var betweenQueries = []string{
	"SELECT percentile_cont(ARRAY[0, 0.123, 0.5, 0.999, 1]) WITHIN GROUP (ORDER BY X) FROM v",
	"SELECT g, percentile_cont(0.5) WITHIN GROUP (ORDER BY X), percentile_cont(0.1) WITHIN GROUP (ORDER BY X DESC), percentile_disc(0.5) WITHIN GROUP (ORDER BY X) FROM v GROUP BY g ORDER BY g",
	"SELECT h, percentile_cont($1) WITHIN GROUP (ORDER BY X) FILTER (WHERE g IS NULL OR g <> 'wide') FROM v GROUP BY h HAVING count(*) > 1 ORDER BY h",
	"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY X) + 1 FROM v WHERE g IN ('equal', 'two', 'single')",
}

// TestPercentileRounds holds percentiles by rounds of counts against one PostgreSQL that holds all rows.
func TestPercentileRounds(t *testing.T) {
	for name, drivers := range map[string][]string{
		"pp": {"postgres", "postgres"}, "dp": {"duckdb", "postgres", "duckdb"}, "tt": {"sqlserver", "sqlserver", "postgres"},
		"pdtdp": {"postgres", "duckdb", "sqlserver", "duckdb", "postgres"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMeasures(t, "rounds_"+name, drivers, 150, WithoutRules("estimates"))
			for _, c := range []struct {
				column  string
				rounds  int // at most; 0 where values travel
				tsql    bool
				between int // rounds of percentile_cont, if it takes the type
			}{
				{"i2", 2, true, 2}, {"i4", 3, true, 3}, {"i8", 5, true, 5}, {"n", 5, true, 5}, {"w", 0, false, 5}, {"d", 3, true, 0},
				{"m", 2, true, 2}, {"ts", 5, false, 0}, {"tz", 5, false, 0}, {"tm", 3, false, 0}, {"f4", 5, false, 5}, {"f8", 5, false, 5}, {"txt", 0, false, 0}, {"b", 0, false, 0},
			} {
				hasServer := strings.Contains(name, "t")
				check := func(sql string, rounds int) {
					sql = strings.ReplaceAll(sql, "X", c.column)
					args := []any{0.42}[:strings.Count(sql, "$1")]
					want, got := plain(t, m.one, sql, args...), plain(t, m.all, sql, args...)
					if strings.HasPrefix(want, "error") {
						t.Fatalf("%s\n%s", sql, want)
					}
					if got != want {
						t.Errorf("%s\n got %s\nwant %s", sql, got, want)
					}
					x, err := m.all.Explain(t.Context(), sql, ExplainOptions{}, args...)
					if err != nil {
						t.Errorf("%s: %v", sql, err)
						return
					}
					if hasServer && !c.tsql {
						rounds = 0
					}
					onlyCounts(t, x, rounds)
				}
				for _, sql := range percentileQueries {
					if c.column != "m" { // NaN of numeric is refused
						check(sql, c.rounds)
					}
				}
				for _, sql := range betweenQueries {
					if c.between > 0 && (c.rounds > 0 && c.column != "m" || !strings.Contains(sql, "disc")) {
						check(sql, c.between)
					}
				}
			}
		})
	}
}

// onlyCounts holds that nothing but group keys, buckets and counts leave the shards for percentiles, in at most so many rounds.
func onlyCounts(t *testing.T, x *Explanation, rounds int) {
	t.Helper()
	most := 0
	for _, f := range x.Fragments {
		var round, of int
		if _, err := fmt.Sscanf(f.Why, "exact percentiles by counts instead of values, round %d of at most %d", &round, &of); err == nil {
			most = max(most, round)
			if n := len(f.Columns); n < 2 || f.Columns[n-2].Name != "bucket" || f.Columns[n-1].Name != "count" || round > 1 && (n != 3 || f.Columns[0].Name != "interval") {
				t.Errorf("%s sends %v", f.Why, f.Columns)
			}
			continue
		}
		for _, c := range f.Columns {
			if rounds > 0 && strings.HasPrefix(c.Name, "value") && !strings.Contains(x.SQL, "DISTINCT") {
				t.Errorf("%s: a fragment sends %v", x.SQL, f.Columns)
			}
		}
	}
	if most != rounds {
		t.Errorf("%s: %d rounds instead of %d\n%s", x.SQL, most, rounds, x.Text())
	}
}

// TestPercentileRoundsPay holds that rounds are chosen where a shard has many values by its own estimates, and not where it has few; that
// they go as deep as values that lie close together ask for, skip what is not needed, and send no more than a round's buckets.
func TestPercentileRoundsPay(t *testing.T) {
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 120_000
	ddl := func(from int) []string {
		return []string{"CREATE TABLE v (s integer NOT NULL, a bigint, b bigint, c bigint, few integer)",
			fmt.Sprintf(`INSERT INTO v SELECT 1, g, g * 30000000000000, 7, g %% 50
				FROM generate_series(%d, %d) AS x(g)`, from, from+rows-1)}
	}
	env := map[string]string{}
	create := func(name string, stmts ...string) {
		if env[strings.ToUpper(name)], err = clusters[0].CreateDatabase(t.Context(), "deep_"+name); err == nil {
			err = clusters[0].ExecIn(t.Context(), "deep_"+name, strings.Join(append(stmts, "ANALYZE v"), ";"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	create("s0", ddl(-5000)...)
	create("s1", ddl(rows-8000)...)
	create("one", append(ddl(-5000), ddl(rows - 8000)[1])...)
	const head = "version: 1\ncoordinator: {region: r}\nregions: {r: {jurisdiction: EU}}\n"
	all := openMeasures(t, head+"shards: {s0: {region: r, driver: postgres, dsn: \"${S0}\"}, s1: {region: r, driver: postgres, dsn: \"${S1}\"}}\n"+
		"tables: {v: {sharding: {strategy: lookup, key: [s], map: {s0: [1], s1: [2]}}}}\n", env)
	one := openMeasures(t, head+"shards: {one: {region: r, driver: postgres, dsn: \"${ONE}\"}}\ntables: {v: {sharding: {strategy: hash, key: [s], key_type: [int], shards: [one]}}}\n", env)
	for _, c := range []struct {
		column    string
		at, asked int // rounds that there can be, and those that send anything; 0 where values are few
	}{{"a", 5, 5}, {"b", 5, 2}, {"c", 0, 0}, {"few", 0, 0}} {
		sql := "SELECT count(*), percentile_disc(ARRAY[0, 0.1, 0.5, 1]) WITHIN GROUP (ORDER BY " + c.column + ") FROM v"
		if want, got := plain(t, one, sql), plain(t, all, sql); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
		x, err := all.Explain(t.Context(), sql, ExplainOptions{Analyze: true})
		if err != nil {
			t.Fatal(err)
		}
		onlyCounts(t, x, c.at)
		asked := 0
		for _, f := range x.Fragments {
			sent := int64(0)
			for _, s := range f.Shards {
				sent = max(sent, s.Actual.Rows)
			}
			if strings.HasPrefix(f.Why, "exact percentiles") && sent > 0 {
				asked++
			}
			if sent > 4<<13 {
				t.Errorf("%s: a shard sends %d rows", sql, sent)
			}
		}
		if asked != c.asked {
			t.Errorf("%s: %d rounds instead of %d were needed\n%s", sql, asked, c.asked, x.Text())
		}
	}
}

// TestPercentileRoundsRefuse holds that a fraction beyond 0 to 1 is PostgreSQL's error where there is a group, and that a query of several
// expressions runs no more statements at once than it must.
func TestPercentileRoundsRefuse(t *testing.T) {
	m := newMeasures(t, "rounds_refuse", []string{"postgres", "duckdb"}, 20, WithoutRules("estimates"))
	for _, c := range []struct {
		sql   string
		args  []any
		state string
	}{
		{"SELECT percentile_disc($1) WITHIN GROUP (ORDER BY i4) FROM v", []any{1.5}, "22003"},
		{"SELECT percentile_cont(-0.1) WITHIN GROUP (ORDER BY f8) FROM v WHERE h = 77", nil, "22003"},
		{"SELECT g, percentile_disc(1.5) WITHIN GROUP (ORDER BY i4) FROM v WHERE h = 77 GROUP BY g", nil, ""},
		{"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY i4), percentile_disc(0.5) WITHIN GROUP (ORDER BY i8), percentile_cont(0.5) WITHIN GROUP (ORDER BY f8), " +
			"percentile_disc(0.5) WITHIN GROUP (ORDER BY d), percentile_disc(0.5) WITHIN GROUP (ORDER BY ts), count(*) FROM v", nil, ""},
	} {
		for _, e := range []*Engine{m.all, m.one} {
			if _, err := ask(t.Context(), e, c.sql, c.args...); stateOf(err) != c.state || (err == nil) != (c.state == "") {
				t.Errorf("%s: %v", c.sql, err)
			}
		}
	}
	p, err := m.all.planOf(t, "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY i8), count(*) FROM v")
	if err != nil {
		t.Fatal(err)
	}
	if need := demandOf(p).byShard; need["s0"] != 2 {
		t.Errorf("%v statements at once", need)
	}
}

func (e *Engine) planOf(t *testing.T, sql string) (*plan.Plan, error) {
	t.Helper()
	at := e.hold()
	defer at.unpin()
	q, err := at.newQuery(sql, nil)
	if err != nil {
		return nil, err
	}
	return at.plan(t.Context(), q)
}
