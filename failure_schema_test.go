package atoll

import (
	"testing"
)

// drifted are tables on which the shards disagree.
const drifted = `  nowhere: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], us-1: [4]}}}
  gap: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3]}}}
  narrow: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], us-1: [4]}}}
  turned: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], us-1: [4]}}}
  odd: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3]}}}
`

var drift = map[string]string{
	"eu-1": `CREATE TABLE gap (coop integer, v integer); INSERT INTO gap VALUES (1, 10);
		CREATE TABLE narrow (coop integer, v integer, extra text); INSERT INTO narrow VALUES (1, 10, 'x');
		CREATE TABLE turned (coop integer, v integer, n numeric(10,2)); INSERT INTO turned VALUES (1, 10, 1.5);
		CREATE TABLE odd (coop integer, v integer, shape point, span int4range); INSERT INTO odd VALUES (1, 10, '(1,2)', '[1,2]');`,
	"br-1": `CREATE TABLE narrow (coop integer, v integer, own text); INSERT INTO narrow VALUES (3, 30, 'x');
		CREATE TABLE turned (coop integer, v text, n numeric(12,2)); INSERT INTO turned VALUES (3, '30', 1.5);
		CREATE TABLE odd (coop integer, v integer, shape point, span int4range); INSERT INTO odd VALUES (3, 30, '(1,2)', '[1,2]');`,
	"us-1": `CREATE TABLE narrow (coop integer, v integer, extra text); INSERT INTO narrow VALUES (4, 40, 'x');
		CREATE TABLE turned (coop integer, v bigint, n numeric(10,2)); INSERT INTO turned VALUES (4, 40, 1.5);`,
}

// TestDrift holds that a query fails only where it touches what the shards disagree on, and says which shards these are.
func TestDrift(t *testing.T) {
	s := newSea(t, "drift", drifted, drift)
	e := s.open(t)
	for _, want := range []refused{
		{sql: "SELECT * FROM »nowhere", state: "42P01", saying: `"nowhere"|eu-1, us-1`},
		{sql: "SELECT v FROM gap", state: "42P01", shard: "br-1", saying: "gap|br-1"},
		{sql: "SELECT »extra FROM narrow", state: "42703", saying: `"extra"|"narrow"|br-1`},
		{sql: "SELECT »own FROM narrow", state: "42703", saying: `"own"|"narrow"|eu-1`},
		{sql: "SELECT »* FROM narrow", state: "42703", saying: `"extra"|br-1`},
		{sql: "SELECT count(*) FROM narrow WHERE »extra = 'x'", state: "42703", saying: `"extra"|br-1`},
		{sql: "SELECT sum(»v) FROM turned", state: "42804", saying: `"v"|integer on shard eu-1|text on shard br-1`},
		{sql: "SELECT »n FROM turned", state: "42804", saying: `"n"|numeric(10,2) on shard eu-1|numeric(12,2) on shard br-1`},
		{sql: "SELECT »shape FROM odd", state: "0A000", saying: `"shape"|"odd"|point|eu-1`},
		{sql: "SELECT v, »odd.* FROM odd", state: "0A000", saying: `"shape"|point`},
		{sql: "SELECT v FROM odd ORDER BY »span", state: "0A000", saying: `"span"|int4range`},
	} {
		t.Run(want.sql, func(t *testing.T) { fails(t, e, want) })
	}
	answers(t, e, "SELECT v FROM gap WHERE coop = 1", "10")
	answers(t, e, "SELECT sum(v), count(*) FROM narrow", "80 3")
	answers(t, e, "SELECT coop FROM turned ORDER BY coop", "1; 3; 4")
	answers(t, e, "SELECT sum(v) FROM odd", "40")
	checkNames(t, e)
}

// checkNames holds that a check of the shards lists every difference.
func checkNames(t *testing.T, e *Engine) {
	r, err := e.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, p := range r.Problems {
		found[p.Table+"."+p.Column] = true
		discreet(t, p.Text)
	}
	for _, want := range []string{"nowhere.", "gap.", "narrow.extra", "narrow.own", "turned.v", "turned.n", "odd.shape", "odd.span"} {
		if !found[want] {
			t.Errorf("the check does not list %s", want)
		}
	}
	if r.OK() || len(found) != 8 || r.Differences() != 7 {
		t.Errorf("ok %v, problems %v", r.OK(), r.Problems)
	}
}

// TestChanged holds that a shard whose tables change while an engine is open fails by name, or its answer is right.
func TestChanged(t *testing.T) {
	s := newSea(t, "changed", "")
	e := s.open(t)
	answers(t, e, "SELECT name FROM people WHERE coop = 1", "Ada")
	s.exec(t, "eu-1", "ALTER TABLE people RENAME name TO nick")
	fails(t, e, refused{sql: "SELECT name FROM people WHERE coop = 1", state: "42703", shard: "eu-1", saying: "column"})
	answers(t, e, "SELECT id FROM people WHERE coop = 1", "11")
	s.exec(t, "eu-1", "ALTER TABLE people RENAME nick TO name; ALTER TABLE people ALTER name TYPE varchar(80)")
	answers(t, e, "SELECT name FROM people WHERE coop = 1", "Ada")
	s.exec(t, "eu-1", "ALTER TABLE people RENAME TO folk")
	fails(t, e, refused{sql: "SELECT name FROM people WHERE coop = 1", state: "42P01", shard: "eu-1", saying: "table"})
	s.exec(t, "eu-1", "ALTER TABLE folk RENAME TO people")
	answers(t, e, "SELECT name FROM people WHERE coop = 1", "Ada")
}
