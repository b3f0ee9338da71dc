package logictest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDatasetIsAlwaysTheSame(t *testing.T) {
	if !reflect.DeepEqual(newDataset(t).Tables[3].Rows, newDataset(t).Tables[3].Rows) {
		t.Error("generated rows differ between two calls")
	}
}

// TestPlacement checks what the cases rely on: every row has a place, and some shard is empty.
func TestPlacement(t *testing.T) {
	d, l := newDataset(t), testLayout(3)
	for _, table := range d.Tables {
		total := 0
		for _, shard := range l.Shards {
			rows, err := l.rowsOf(table, shard.Name)
			if err != nil {
				t.Fatal(err)
			}
			empty := table.Name == "vacant" || table.Name == "sensors" && shard.Name == "br-1" || table.Name == "units" && shard.Name == "us-1"
			if (len(rows) == 0) != empty {
				t.Errorf("%s has %d rows on %s", table.Name, len(rows), shard.Name)
			}
			total += len(rows)
		}
		want := len(table.Rows)
		if table.strategy.kind == "reference" {
			want *= len(l.Shards)
		}
		if total != want {
			t.Errorf("%s: %d rows placed, want %d", table.Name, total, want)
		}
	}
}

func TestConfigYAML(t *testing.T) {
	d, l := newDataset(t), testLayout(3)
	for i := range l.Shards {
		l.Shards[i].Driver, l.Shards[i].DSN = "duckdb", l.Shards[i].Name+".duckdb"
	}
	text := d.ConfigYAML(l)
	for _, want := range []string{
		"  brazilsouth: {jurisdiction: BR}\n",
		"  us-1: {region: us-east-1, driver: duckdb, dsn: \"us-1.duckdb\"}\n",
		"  cooperatives: {sharding: {strategy: lookup, key: [id], map: {eu-1: [1, 2, 4, 7, 9], br-1: [3, 5, 8, 11], us-1: [6, 10, 12, 13]}}}\n",
		"  payments: {sharding: {strategy: lookup, key: [cooperative_id]}, colocated_with: cooperatives}\n",
		"  currencies: {sharding: {strategy: reference}}\n",
		"  events: {sharding: {strategy: hash, key: [id], shards: [eu-1, br-1, us-1]}}\n",
		"  ledger: {sharding: {strategy: range, key: [booked_on], ranges: [{shard: eu-1, to: 2015-01-01}, {shard: br-1, from: 2015-01-01, to: 2021-01-01}, {shard: us-1, from: 2021-01-01}]}}\n",
		"  sensors: {sharding: {strategy: list, key: [country], lists: {eu-1: [DE, FR], br-1: [BR]}, default: us-1}}\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s", want)
		}
	}
	if strings.Contains(text, "pg_edge") {
		t.Error("a table only for PostgreSQL is configured for DuckDB")
	}
	if one := testLayout(1); !strings.Contains(d.ConfigYAML(one), "pg_edge") {
		t.Error("pg_edge is missing")
	}
	if names := NewShards(5); names[4].Name != "us-3" || names[3].Region != "us-east-1" {
		t.Errorf("shards %v", names)
	}
}

func TestDuckDBStatements(t *testing.T) {
	d, l := newDataset(t), testLayout(3)
	l.Shards[0].Driver = "duckdb"
	statements, err := d.DuckDBStatements(l, "us-1")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(statements, "\n")
	for _, want := range []string{
		`create table "units" ("id" bigint not null, "cooperative_id" integer not null, "label" text, "area" double precision, "rooms" smallint, "rent" decimal(12,2), "Floor No" integer)`,
		`cast('-1 mons 1 day' as interval)`, `unhex('ff')`, `cast('-infinity' as timestamp with time zone)`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s", want)
		}
	}
	if slices.ContainsFunc(statements, func(s string) bool { return strings.HasPrefix(s, `insert into "units"`) }) {
		t.Error("units has rows on us-1")
	}
	bc := duckLiteral(Column{Type: "timestamp with time zone"}, Cell{Text: "0044-03-15 12:34:56+00 BC"})
	if bc != "cast('0044-03-15 (BC) 12:34:56+00' as timestamp with time zone)" {
		t.Error(bc)
	}
}

func TestParseRowsRefuses(t *testing.T) {
	table := Table{Columns: columns("a: integer; b: text")}
	for text, want := range map[string]string{
		"a\tc\n1\tx":     "must name the columns",
		"a\tb\n# c\n1\n": "line 3 has 1 fields, want 2",
	} {
		if _, err := parseRows(table, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	rows, err := parseRows(table, "a\tb\n1\t\\N\n2\ta\\\\b\\tc\n3\t\n")
	want := [][]Cell{{{Text: "1"}, {Null: true}}, {{Text: "2"}, {Text: "a\\b\tc"}}, {{Text: "3"}, {Text: ""}}}
	if err != nil || !reflect.DeepEqual(rows, want) {
		t.Errorf("%v, %v", rows, err)
	}
}

// stateError is an error with a SQLSTATE.
type stateError string

func (e stateError) Error() string    { return "refused" }
func (e stateError) SQLState() string { return string(e) }

func TestRunnerChecks(t *testing.T) {
	good := answer("text", "x")
	oracle := &Oracle{past: map[string]outcome{"f/answers": {answer: good}, "f/fails": {err: stateError("22012")}}}
	answers, fails := Case{File: "f", Name: "answers"}, Case{File: "f", Name: "fails", SQLState: "22012"}
	unexpected, missing := fails, answers
	unexpected.SQLState, missing.SQLState = "", "22012"
	for name, test := range map[string]struct {
		c       Case
		answer  Answer
		err     error
		message string
	}{
		"equal":          {answers, good, nil, ""},
		"different":      {answers, answer("text", "y"), nil, "no row"},
		"failed":         {answers, Answer{}, errors.New("down"), "failed: down"},
		"same state":     {fails, Answer{}, stateError("22012"), ""},
		"other state":    {fails, Answer{}, stateError("22003"), `SQLSTATE "22003", want 22012`},
		"no state":       {fails, Answer{}, errors.New("down"), `SQLSTATE ""`},
		"no error":       {fails, good, nil, "answered with 1 rows"},
		"oracle refuses": {unexpected, good, nil, "the oracle: refused"},
		"oracle answers": {missing, good, nil, "the oracle answers"},
	} {
		ask := func(context.Context, string, []any) (Answer, error) { return test.answer, test.err }
		err := Runner{Oracle: oracle, Ask: ask}.check(t.Context(), test.c)
		if (err == nil) != (test.message == "") || err != nil && !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: %v, want %q", name, err, test.message)
		}
	}
}
