package atoll

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/faultproxy"
)

// TestUnreachable holds that a shard which cannot be used fails by name and reason, and only for queries that need it.
func TestUnreachable(t *testing.T) {
	s := newSea(t, "down", "")
	s.logins(t)
	u := newStrait(t, s.server)
	u.down()
	locked, text := s.dsn["us-1"], filepath.Join(t.TempDir(), "text.duckdb")
	if err := os.WriteFile(text, []byte(strings.Repeat(planted, 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := s.dsn["br-1"]
	login := func(user string) string { return strings.Replace(socket, "atoll@", user+"@", 1) }
	for _, c := range []struct{ name, shard, dsn, state, saying string }{
		{"no such host", "br-1", "postgres://teller:" + password + "@no-such-host.invalid/db", "08001", "cannot be resolved"},
		{"refused", "br-1", u.dsn("db"), "08001", "connection refused"},
		{"no socket", "br-1", "postgres:///db?host=/nonexistent", "08001", "socket file"},
		{"no database", "br-1", strings.Replace(socket, "down_br", "atlantis", 1), "3D000", "database in its DSN does not exist"},
		{"no user", "br-1", login("nobody_at_all"), "28000", "login refused"},
		{"wrong password", "br-1", login("teller:not" + password), "28P01", "login refused"},
		{"no password", "br-1", login("teller"), "28P01", "login refused"},
		{"may not connect", "br-1", login("stranger"), "42501", "permission denied"},
		{"no such file", "us-1", filepath.Join(t.TempDir(), "gone.duckdb"), "58P01", `"gone.duckdb" does not exist`},
		{"folder", "us-1", t.TempDir(), "58P01", "is a folder"},
		{"no database file", "us-1", text, "", `"text.duckdb"|not a DuckDB database`},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := *s
			bad.dsn = map[string]string{"eu-1": s.dsn["eu-1"], "br-1": s.dsn["br-1"], "us-1": locked}
			bad.dsn[c.shard] = c.dsn
			e := bad.open(t)
			fails(t, e, refused{sql: "SELECT count(*) FROM people", state: c.state, shard: c.shard, saying: c.shard + "|" + c.saying})
			answers(t, e, "SELECT id, name FROM people WHERE coop = 1", "11 Ada")
			answers(t, e, "SELECT sum(id) FROM people WHERE coop IN (1, 2)", "32")
			statusNames(t, e, c.shard, c.saying)
		})
	}
}

// statusNames holds that the list of shards tells which one is down, and why.
func statusNames(t *testing.T, e *Engine, shard, saying string) {
	t.Helper()
	list, err := e.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range list {
		if (st.Err != nil) != (st.Shard == shard) {
			t.Errorf("shard %s: %v", st.Shard, st.Err)
		}
		if st.Err != nil {
			discreet(t, st.Err.Error())
			if word := strings.Split(saying, "|")[0]; !strings.Contains(st.Err.Error(), word) {
				t.Errorf("%v does not say %q", st.Err, word)
			}
		}
	}
}

// logins makes teller, who needs a password, and stranger, who may log in nowhere.
func (s *sea) logins(t *testing.T) {
	t.Helper()
	hba := filepath.Join(s.server.Dir, "data", "pg_hba.conf")
	rules, err := os.ReadFile(hba)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(rules), "teller") {
		rules = append([]byte("local all teller scram-sha-256\n"), rules...)
		if err := os.WriteFile(hba, rules, 0o600); err != nil {
			t.Fatal(err)
		}
		s.exec(t, "eu-1", "CREATE ROLE teller LOGIN PASSWORD '"+password+"'; CREATE ROLE stranger LOGIN; SELECT pg_reload_conf()")
	}
	for _, shard := range []string{"eu-1", "br-1"} {
		s.exec(t, shard, fmt.Sprintf("REVOKE CONNECT ON DATABASE %[1]s FROM public; GRANT CONNECT ON DATABASE %[1]s TO teller", s.db(shard)))
	}
}

// TestPermission holds that a login which may not read something fails by shard, and reads the rest. That it
// reads anything shows that its password is the right one.
func TestPermission(t *testing.T) {
	s := newSea(t, "grant", "")
	s.logins(t)
	s.exec(t, "br-1", "GRANT SELECT (coop, id) ON people TO teller")
	s.dsn["br-1"] = strings.Replace(s.dsn["br-1"], "atoll@", "teller:"+password+"@", 1)
	e := s.open(t)
	if text := fmt.Sprintf("%v %+v %#v", e.cfg, e.cfg.Shards, e.cfg.Shards); strings.Contains(text, password) {
		t.Error("printing a configuration shows a password")
	}
	answers(t, e, "SELECT sum(id) FROM people WHERE coop >= 3", "104")
	fails(t, e, refused{sql: "SELECT name FROM people WHERE coop = 3", state: "42501", shard: "br-1", saying: "permission denied"})
	s.exec(t, "br-1", "REVOKE SELECT (coop, id) ON people FROM teller")
	fails(t, e, refused{sql: "SELECT count(*) FROM people", state: "42501", shard: "br-1", saying: "permission denied"})
	answers(t, e, "SELECT count(*) FROM people WHERE coop IN (1, 2, 4)", "3")
}

// TestReturns holds that an engine goes on with a shard that was down when it was opened, or went down since, as soon as
// that is back.
func TestReturns(t *testing.T) {
	s := calmSea(t)
	x := newStrait(t, s.server)
	s.dsn["br-1"] = x.dsn("calm_br")
	x.down()
	e := s.open(t)
	all := refused{sql: "SELECT count(*) FROM people", state: "08001", shard: "br-1", saying: "refused"}
	fails(t, e, all)
	x.up()
	answers(t, e, all.sql, "5")
	x.down()
	fails(t, e, all)
	answers(t, e, "SELECT count(*) FROM people WHERE coop IN (1, 2)", "2")
	x.up()
	answers(t, e, all.sql, "5")

	file := s.dsn["us-1"]
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	f := s.open(t)
	fails(t, f, refused{sql: all.sql, shard: "us-1", state: "58P01", saying: "does not exist"})
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	answers(t, f, all.sql, "5")
}

// TestHangsUp holds that a shard which closes every connection before it says anything is reported, and not taken for a
// shard without rows.
func TestHangsUp(t *testing.T) {
	s := calmSea(t)
	x := newStrait(t, s.server)
	s.dsn["br-1"] = strings.Replace(x.dsn("calm_br"), "sslmode=disable", "sslmode=prefer", 1)
	e := s.open(t)
	answers(t, e, "SELECT count(*) FROM people", "5")
	x.down()
	x.set(faultproxy.Faults{HangUp: true})
	for _, sql := range []string{"SELECT count(*) FROM people", "SELECT id FROM people ORDER BY id", "SELECT a.id FROM people a JOIN people b ON a.id = b.id + 10"} {
		fails(t, e, refused{sql: sql, state: "08001", shard: "br-1", saying: "br-1"})
	}
	x.up()
	var got string
	eventually(t, galeSettle, "the breaker lets the shard be asked again", func() bool { got, _ = ask(t.Context(), e, "SELECT count(*) FROM people"); return got == "5" })
}

// TestAllDown holds that a table of which no shard answers is reported by its place and all the reasons.
func TestAllDown(t *testing.T) {
	s := calmSea(t)
	for name := range s.dsn {
		s.dsn[name] = "/nonexistent/" + name + ".duckdb"
	}
	s.dsn["eu-1"], s.dsn["br-1"] = "postgres:///db?host=/nonexistent", "postgres:///db?host=/nonexistent"
	start := time.Now()
	e := s.open(t)
	fails(t, e, refused{sql: "SELECT count(*) FROM »people", state: "08001", saying: `"people"|eu-1|br-1|us-1`})
	fails(t, e, refused{sql: "SELECT count(*) FROM »peeple", state: "42P01", saying: `"people"`})
	answers(t, e, "SELECT 1", "1")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("that took %s", took)
	}
}

// TestReplicas holds that a reference table is read from a shard that answers and has it.
func TestReplicas(t *testing.T) {
	const rates = "CREATE TABLE rates (code text, rate numeric(10,4)); INSERT INTO rates VALUES ('EUR', 1)"
	s := newSea(t, "replica", "  rates: {sharding: {strategy: reference, shards: [eu-1, br-1]}}\n", map[string]string{"br-1": rates, "eu-1": rates})
	s.dsn["eu-1"] = "postgres:///db?host=/nonexistent"
	e := s.open(t)
	answers(t, e, "SELECT code FROM rates", "EUR")
	answers(t, e, "SELECT code, count(*) FROM rates JOIN people ON coop = 3 GROUP BY code", "EUR 2")
}
