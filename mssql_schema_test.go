package atoll

import (
	"strings"
	"testing"
)

// reefDrift are tables on which the shards disagree, or whose columns are unusual.
const reefDrift = `  gap: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3]}}}
  narrow: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
  turned: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3]}}}
  odd: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
  wages: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3]}}}
  vault: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3]}}}
  wide: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
  order: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
`

var reefDriftRows = map[string]string{
	"eu-1": `CREATE TABLE gap (coop integer, v integer); INSERT INTO gap VALUES (1, 10);
		CREATE TABLE narrow (coop integer, v integer, extra text); INSERT INTO narrow VALUES (1, 10, 'x');
		CREATE TABLE turned (coop integer, v integer, n numeric(10,2)); INSERT INTO turned VALUES (1, 10, 1.5);
		CREATE TABLE odd (coop integer, v integer, doc text, half text); INSERT INTO odd VALUES (1, 10, 'x', 'a');
		CREATE TABLE wages (coop integer, v integer, pay numeric(10,2)); INSERT INTO wages VALUES (1, 10, 1);
		CREATE TABLE vault (coop integer, v integer); INSERT INTO vault VALUES (1, 10);
		CREATE TABLE wide (coop integer, big numeric(38,0), fee numeric(10,2)); INSERT INTO wide VALUES (1, 1, 1);
		CREATE TABLE "order" (coop integer, "select" integer, "from" text, mixedcase text, "group by" integer); INSERT INTO "order" VALUES (1, 1, 'a', 'M', 7);`,
	"br-1": `CREATE TABLE narrow (coop int, v int, own nvarchar(9)); INSERT INTO narrow VALUES (3, 30, N'x');
		CREATE TABLE turned (coop int, v nvarchar(9), n decimal(12,2)); INSERT INTO turned VALUES (3, N'30', 1.5);
		CREATE TABLE odd (coop int, v int, doc xml NULL, half nvarchar(40),
			valid_from datetime2(7) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL, valid_to datetime2(7) GENERATED ALWAYS AS ROW END HIDDEN NOT NULL,
			PERIOD FOR SYSTEM_TIME (valid_from, valid_to));
		INSERT INTO odd (coop, v, half) VALUES (3, 30, N'` + planted + `' + NCHAR(55356));
		CREATE TABLE wages (coop int, v int, pay decimal(10,2)); INSERT INTO wages VALUES (3, 30, 3);
		CREATE TABLE vault (coop int, v int); INSERT INTO vault VALUES (3, 30);
		CREATE TABLE wide (coop int, big decimal(38,0), fee decimal(10,2));
		INSERT INTO wide VALUES (3, 99999999999999999999999999999999999999, 3), (3, 99999999999999999999999999999999999999, 3);
		CREATE TABLE [Order] ([Coop] int, [SELECT] int, [From] nvarchar(9), [MixedCase] nvarchar(9), [Group By] int);
		INSERT INTO [Order] VALUES (3, 3, N'b', N'm', 8);`,
	"az-1": `CREATE TABLE narrow (coop int, v int, extra nvarchar(9)); INSERT INTO narrow VALUES (4, 40, N'x');
		CREATE TABLE odd (coop int, v int, doc nvarchar(9), half nvarchar(9)); INSERT INTO odd VALUES (4, 40, N'x', N'a');
		CREATE TABLE wide (coop int, big decimal(38,0), fee decimal(10,2)); INSERT INTO wide VALUES (4, 0, 4);
		CREATE TABLE [order] ([coop] int, [select] int, [from] nvarchar(9), [mixedcase] varchar(9), [group by] int);
		INSERT INTO [order] VALUES (4, 4, N'c', N'é', 9);`,
}

// TestReefDrift holds that a query fails only where it touches what the shards disagree on, what a SQL Server does not let
// its login read, or what cannot be represented; and says where that is, without the row.
func TestReefDrift(t *testing.T) {
	r := newReef(t, "reefdri", reefDrift, reefDriftRows)
	r.servers["br-1"].Database().Deny("dbo", "wages", "pay")
	r.servers["br-1"].Database().Deny("dbo", "vault")
	e := r.open(t)
	for _, want := range []refused{
		{sql: "SELECT v FROM gap", state: "42P01", shard: "br-1", saying: "gap|br-1"},
		{sql: "SELECT »extra FROM narrow", state: "42703", saying: `"extra"|"narrow"|br-1`},
		{sql: "SELECT »own FROM narrow", state: "42703", saying: `"own"|"narrow"|eu-1`},
		{sql: "SELECT sum(»v) FROM turned", state: "42804", saying: `"v"|integer on shard eu-1|text on shard br-1`},
		{sql: "SELECT »n FROM turned", state: "42804", saying: `"n"|numeric(10,2) on shard eu-1|numeric(12,2) on shard br-1`},
		{sql: "SELECT »doc FROM odd", state: "0A000", saying: `"doc"|"odd"|xml|br-1`},
		{sql: "SELECT »* FROM odd", state: "0A000", saying: `"doc"|xml`},
		{sql: "SELECT »valid_from FROM odd", state: "42703", saying: `"valid_from"`},
		{sql: "SELECT half FROM odd WHERE coop = 3", state: "22021", shard: "br-1", saying: `"half"`},
		{sql: "SELECT count(*) FROM odd GROUP BY half", state: "22021", shard: "br-1", saying: `"half"`},
		{sql: "SELECT pay FROM wages WHERE coop = 3", state: "42501", shard: "br-1", saying: `permission denied|"pay"|"wages"`},
		{sql: "SELECT count(*) FROM wages WHERE pay > 1", state: "42501", shard: "br-1", saying: `permission denied|"pay"|"wages"`},
		{sql: "SELECT v FROM vault WHERE coop = 3", state: "42501", shard: "br-1", saying: `permission denied|"vault"`},
		{sql: "SELECT sum(big) FROM wide", state: "22003", saying: "out of range"},
		{sql: "SELECT sum(big) FROM wide WHERE coop = 3", state: "22003", saying: "out of range"},
	} {
		t.Run(want.sql, func(t *testing.T) { fails(t, e, want) })
	}
	answers(t, e, "SELECT v FROM gap WHERE coop = 1", "10")
	answers(t, e, "SELECT sum(v), count(*) FROM narrow", "80 3")
	answers(t, e, "SELECT sum(v) FROM odd", "80")
	answers(t, e, "SELECT half FROM odd WHERE coop <> 3 ORDER BY coop", "a; a")
	answers(t, e, "SELECT sum(v), count(*) FROM wages", "40 2")
	answers(t, e, "SELECT sum(fee), count(big) FROM wide", "11 4")
	answers(t, e, "SELECT v FROM vault WHERE coop = 1", "10")
	answers(t, e, `SELECT coop, "select", "from", mixedcase, MixedCase || "from", "group by" FROM "order" WHERE "select" > 0 ORDER BY mixedcase`,
		"1 1 a M Ma 7; 3 3 b m mb 8; 4 4 c é éc 9")
	answers(t, e, `SELECT "from", sum("group by") FROM "order" o GROUP BY "from" HAVING count("select") = 1 ORDER BY "from" DESC`, "c 9; b 8; a 7")
}

// TestReefChanged holds that a SQL Server whose tables change while an engine is open fails by name, as a PostgreSQL shard
// does, or its answer is right.
func TestReefChanged(t *testing.T) {
	r := newReef(t, "reefcha", "")
	e := r.open(t)
	const row = "INSERT INTO people VALUES (3, 31, N'Caio', 3.25, 7, N'3')"
	change := func(columns string, rows ...string) {
		t.Helper()
		r.exec(t, "br-1", "DROP TABLE IF EXISTS people")
		if columns != "" {
			r.exec(t, "br-1", "CREATE TABLE people ("+columns+")")
		}
		for _, sql := range rows {
			r.exec(t, "br-1", sql)
		}
	}
	answers(t, e, "SELECT name FROM people WHERE coop = 3 AND id = 31", "Caio")
	change("coop int, id bigint, nick nvarchar(40), fee decimal(10,2), big bigint, word nvarchar(20)", row)
	fails(t, e, refused{sql: "SELECT name FROM people WHERE coop = 3", state: "42703", shard: "br-1", saying: `column|"name"`})
	answers(t, e, "SELECT id FROM people WHERE coop = 3", "31")
	change("coop int, id int, name nvarchar(20), fee decimal(20,6), big bigint, word nvarchar(max)", row)
	answers(t, e, "SELECT name, id, fee FROM people WHERE coop = 3", "Caio 31 3.25")
	change("coop int, id bigint, name nvarchar(40), fee decimal(20,6), big bigint, word nvarchar(max)", "INSERT INTO people VALUES (3, 31, N'Caio', 3.255, 7, N'3')")
	fails(t, e, refused{sql: "SELECT fee FROM people WHERE coop = 3", state: "22003", shard: "br-1", saying: `"fee"`})
	change("coop int, id bigint, name nvarchar(40), fee decimal(20,6), big bigint, word nvarchar(max)", "INSERT INTO people VALUES (3, 31, N'Caio', 987654321.25, 7, N'3')")
	fails(t, e, refused{sql: "SELECT fee FROM people WHERE coop = 3", state: "22003", shard: "br-1", saying: `"fee"`})
	change("coop int, id uniqueidentifier, name nvarchar(40), fee decimal(10,2), big bigint, word nvarchar(20)",
		"INSERT INTO people VALUES (3, N'6F9619FF-8B86-D011-B42D-00C04FC964FF', N'Caio', 1, 7, N'3')")
	fails(t, e, refused{sql: "SELECT id FROM people WHERE coop = 3", state: "", shard: "br-1", saying: `"id"|is expected`})
	change("")
	fails(t, e, refused{sql: "SELECT name FROM people WHERE coop = 3", state: "42P01", shard: "br-1", saying: `table|"dbo.people"`})
	answers(t, e, "SELECT count(*) FROM people WHERE coop IN (1, 2, 4)", "3")
	change("coop int, id bigint, name nvarchar(40), fee decimal(10,2), big bigint, word nvarchar(20)", row)
	answers(t, e, "SELECT name FROM people WHERE coop = 3", "Caio")
	r.servers["br-1"].Database().Deny("dbo", "people", "word")
	fails(t, e, refused{sql: "SELECT min(word) FROM people", state: "42501", shard: "br-1", saying: `permission denied|"word"|"people"`})
}

// TestReefTextChanged holds that a text column which gets another type or grows while an engine is open is read as it is, or
// refused, and never as other text.
func TestReefTextChanged(t *testing.T) {
	r := newReef(t, "reeftex", "")
	e := r.open(t)
	const long = "a name that has become longer than the forty characters it had"
	for _, typ := range []string{"varchar(80)", "nvarchar(80)", "nvarchar(max)", "varchar(max)", "nchar(80)"} {
		r.exec(t, "br-1", "DROP TABLE people; CREATE TABLE people (coop int, id bigint, name "+typ+"); INSERT INTO people VALUES (3, 31, N'"+long+"')")
		for _, sql := range []string{"SELECT name FROM people WHERE coop = 3", "SELECT max(name) FROM people WHERE coop = 3"} {
			got, err := ask(t.Context(), e, sql)
			if err == nil && strings.TrimRight(got, " ") != long {
				t.Errorf("%s: %s: got %q", typ, sql, got)
			}
		}
	}
}
