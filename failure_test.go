package atoll

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestBadStatement holds that a statement which cannot be planned is refused at its place, before a shard is asked.
func TestBadStatement(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	for _, want := range []refused{
		{sql: "SELECT »nam FROM people", state: "42703", saying: `"nam"|perhaps you meant "name"`},
		{sql: "SELECT coop,\n  »p.nothing\nFROM people p", state: "42703", saying: "p.nothing"},
		{sql: "SELECT »q.id FROM people p", state: "42P01", saying: `"q"`},
		{sql: "SELECT * FROM »peeple", state: "42P01", saying: `"peeple"|perhaps you meant "people"`},
		{sql: "SELECT * FROM »other.people", state: "0A000", saying: "schema"},
		{sql: "SELECT »frobnicate(id) FROM people", state: "42883", saying: "frobnicate(bigint)"},
		{sql: "SELECT »lower(id) FROM people", state: "42883", saying: "lower(bigint)|casts"},
		{sql: "SELECT id::»frob FROM people", state: "42704", saying: `"frob"`},
		{sql: "SELECT »id FROM people a JOIN people b ON a.coop = b.coop", state: "42702", saying: `"id" is ambiguous`},
		{sql: "SELECT * FROM people JOIN »people ON true", state: "42712", saying: "more than once"},
		{sql: "SELECT coop, »id FROM people GROUP BY coop", state: "42803", saying: "GROUP BY"},
		{sql: "SELECT 'é', count(*) FROM people WHERE »count(*) > 1", state: "42803", saying: "WHERE"},
		{sql: "SELECT id FROM people WHERE »name", state: "42804", saying: "boolean, not type text"},
		{sql: "SELECT id FROM people WHERE name »= 1", state: "42883", saying: "text = integer"},
		{sql: "SELECT id FROM people ORDER BY »7", state: "42P10", saying: "7"},
		{sql: "SELECT id FROM people LIMIT »-1", state: "2201W", saying: "negative"},
		{sql: "SELECT »'x'::integer", state: "22P02", saying: "integer"},
		{sql: "SELECT »$1::int", state: "42P02", saying: "$1"},
		{sql: "»SELEC id FROM people", state: "42601", saying: `at or near "SELEC"`},
		{sql: "SELECT id FROM people WHERE»", state: "42601", saying: "at end of input"},
		{sql: "SELECT 1; »SELECT 2", state: "0A000", saying: "one query at a time"},
		{sql: "»DELETE FROM people", state: "0A000", saying: "only reading queries"},
		{sql: "", state: "42601", saying: "empty"},
		{sql: "SELECT 1»\x00", state: "22021", saying: "NUL"},
		{sql: "SELECT '»\xff'", state: "22021", saying: "UTF-8"},
		{sql: "SELECT " + strings.Repeat("(", 1000) + "»" + strings.Repeat("(", 1000) + "1", state: "54001", saying: "1000 levels"},
		{sql: "SELECT 1" + strings.Repeat(" + 1", 4000) + " »+ 1" + strings.Repeat(" + 1", 50_000), state: "54001", saying: "4000 operators in a chain"},
		{sql: "SELECT 1 --" + strings.Repeat("x", 5<<20), state: "54000", saying: "too long"},
	} {
		name := want.sql
		if len(name) > 60 {
			name = name[:60]
		}
		t.Run(name, func(t *testing.T) { fails(t, e, want) })
	}
}

// TestLargeStatement holds that a statement may be large as long as it is not deep.
func TestLargeStatement(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	var list strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&list, "%d1, ", i)
	}
	answers(t, e, "SELECT id FROM people WHERE id IN ("+list.String()+"0) ORDER BY id", "11; 21; 31; 41")
	answers(t, e, "SELECT id FROM people WHERE name = '"+strings.Repeat("x", 1<<20)+"' OR id = 41", "41")
	answers(t, e, "SELECT id FROM people /*"+strings.Repeat("x", 1<<20)+"*/ WHERE id = 41", "41")
}

// TestBadData holds that rows which make a statement fail name the shard, or the coordinator, and not themselves.
func TestBadData(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	for _, want := range []refused{
		{sql: "SELECT id / (fee - fee)::int FROM people WHERE coop = 1", state: "22012", shard: "eu-1", saying: "division by zero"},
		{sql: "SELECT fee / (fee - fee) FROM people WHERE coop = 4", state: "22012", shard: "us-1", saying: "division by zero"},
		{sql: "SELECT id % (id - id) FROM people WHERE coop = 4", state: "22012", shard: "us-1", saying: "division by zero"},
		{sql: "SELECT big + 1 FROM people WHERE coop = 1", state: "22003", shard: "eu-1", saying: "out of range"},
		{sql: "SELECT coop * 2000000000 FROM people WHERE coop = 4", state: "22003", shard: "us-1", saying: "out of range"},
		{sql: "SELECT big::integer FROM people WHERE coop = 2", state: "22003", shard: "eu-1", saying: "out of range"},
		{sql: "SELECT (fee * 100000000)::numeric(10,2) FROM people WHERE coop = 4", state: "22003", shard: "us-1", saying: "out of range"},
		{sql: "SELECT word::integer FROM people WHERE coop = 3", state: "22P02", shard: "br-1", saying: "cannot be cast"},
		{sql: "SELECT name::date FROM people WHERE coop = 4", state: "22007", shard: "us-1", saying: "date"},
		{sql: "SELECT 99999999999::integer", state: "22003", saying: "coordinator: numeric value out of range"},
		{sql: "SELECT 1 / (count(*) - count(*)) FROM people", state: "22012", saying: "coordinator: division by zero"},
		{sql: "SELECT sum(id)::integer / (count(*) - 5) FROM people", state: "22012", saying: "coordinator: division by zero"},
		{sql: "SELECT (sum(big) * 3)::bigint FROM people", state: "22003", saying: "coordinator: numeric value out of range"},
		{sql: "SELECT max(word)::integer FROM people", state: "22P02", saying: "coordinator: |cannot be cast"},
		{sql: "SELECT sum(9e37::numeric + id) FROM people WHERE coop = 3", state: "22003", shard: "br-1", saying: `fit|column "sum"`},
		{sql: "SELECT sum(9e37::numeric + id) FROM people WHERE id IN (11, 31, 41)", state: "22003", saying: "sum"},
		{sql: "SELECT 1 / 0", state: "22012", saying: "coordinator: division by zero"},
		{sql: "SELECT id, sqrt(-fee) FROM people WHERE coop = 4", state: "2201F", shard: "us-1", saying: "square root"},
	} {
		t.Run(want.sql, func(t *testing.T) { fails(t, e, want) })
	}
	answers(t, e, "SELECT sum(big), sum(word::int) FROM people WHERE id <> 32", "18446744073709551622 10")
	s.idle(t, time.Second)
}
