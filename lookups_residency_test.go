package atoll

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/residency/audit"
)

const portPolicy = `version: 1
rules:
- {id: index, effect: allow, from: [BR], to: [EU], tables: [email_index], columns: [email, tenant], form: rows, purposes: [support]}
- {id: some, effect: allow, from: [BR], to: [EU], tables: [email_index], columns: [email, tenant], form: rows, where: "tenant < 100", purposes: [partial]}
- {id: names, effect: allow, from: [BR], to: [EU], tables: [members], columns: [name, email], form: rows, purposes: [open]}
- {id: directory, effect: allow, from: [BR], to: [EU], tables: [directory], columns: [id, shard], form: rows, purposes: [support]}
`

// openAbroad opens a world whose index and directory are abroad. Members 1 are at home, 2 abroad.
func openAbroad(t *testing.T, members string) *guarded {
	t.Helper()
	g := &guarded{dir: t.TempDir(), now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	tables := []string{"CREATE TABLE members (tenant INTEGER, name VARCHAR, email VARCHAR)", "CREATE TABLE email_index (email VARCHAR, tenant INTEGER)",
		"CREATE TABLE directory (id INTEGER, shard VARCHAR)"}
	for shard, sql := range map[string]string{
		"eu-1": "INSERT INTO members VALUES (1, 'Jan', 'jan@x')",
		"br-1": "INSERT INTO members VALUES (2, 'Ana', 'ana@x'); INSERT INTO email_index VALUES ('jan@x', 1), ('ana@x', 2); INSERT INTO directory VALUES (1, 'eu-1'), (2, 'br-1')",
	} {
		if err := duckdb.Exec(t.Context(), filepath.Join(g.dir, shard+".duckdb"), append(tables, sql)...); err != nil {
			t.Fatal(err)
		}
	}
	g.write(t, portPolicy)
	cfg, err := ParseConfig([]byte(`version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, sa-east-1: {jurisdiction: BR}}
shards:
  eu-1: {region: eu-central-1, driver: duckdb, dsn: eu-1.duckdb}
  br-1: {region: sa-east-1, driver: duckdb, dsn: br-1.duckdb}
tables:
  members:
    sharding: `+members+`
    indexes: {email: {table: email_index, key: [tenant], cache: {ttl: 1h, negative_ttl: 1h}}}
  email_index: {sharding: {strategy: single, shard: br-1}}
  directory: {sharding: {strategy: single, shard: br-1}}
residency: residency.yaml
audit: {dir: audit}
`), g.dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if g.Engine, err = Open(t.Context(), cfg, WithClock(func() time.Time { return g.now }), WithInvariantChecks()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// lookedUp is what a caller's query looked up.
func (g *guarded) lookedUp(t *testing.T, c Caller, sql string) Lookup {
	t.Helper()
	x, err := g.As(c).Explain(t.Context(), sql, ExplainOptions{})
	if err != nil || len(x.Lookups) != 1 {
		t.Fatal(sql, x, err)
	}
	return x.Lookups[0]
}

const byMap = "{strategy: lookup, key: [tenant], map: {eu-1: [1], br-1: [2]}}"

// TestLookupsAreJudged has an index abroad, of which only callers with a purpose may know.
func TestLookupsAreJudged(t *testing.T) {
	g := openAbroad(t, byMap)
	const jan, ana = "SELECT name FROM members WHERE email = 'jan@x'", "SELECT name FROM members WHERE email = 'ana@x'"
	support := Caller{User: "u", Purpose: "support", Roles: []string{"b", "a"}}
	for _, c := range []struct {
		caller Caller
		sql    string
		want   string
	}{
		{Caller{}, jan, "refused: members may not leave sa-east-1"}, // both shards would be asked, as without an index
		{support, jan, "Jan"},                       // the index says that it is at home
		{support, ana, "refused: members"},          // and that it is abroad
		{Caller{}, jan, "refused: members may not"}, // what others were told is not for all
		{Caller{Purpose: "support", ClientRegion: "sa-east-1", Roles: []string{"a", "b"}}, jan, "refused"},
		{Caller{Purpose: "partial"}, jan, "refused: members"},
		{Caller{Purpose: "open"}, jan, "Jan"}, // by asking both
	} {
		got := g.askAs(t, c.caller, c.sql)
		if got != c.want && !(strings.HasPrefix(c.want, "refused") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%v: %s gives %s, not %s", c.caller, c.sql, got, c.want)
		}
	}
	if l := g.lookedUp(t, Caller{Purpose: "support", Roles: []string{"a", "b", "a"}}, jan); l.Cached != 1 || l.Asked != 0 || l.Unknown != "" {
		t.Error(l)
	}
	if l := g.lookedUp(t, Caller{Purpose: "support", Roles: []string{"a"}}, jan); l.Cached != 0 || l.Asked != 1 {
		t.Error(l)
	}
	if l := g.lookedUp(t, Caller{Purpose: "open"}, jan); l.Cached != 0 || !strings.Contains(l.Unknown, "refused: email_index may not leave sa-east-1") {
		t.Error(l)
	}
	// Part of an index is none: what it does not show could be missing.
	g.write(t, strings.Replace(portPolicy, "purposes: [open]", "purposes: [open, partial]", 1))
	if err := g.ReloadPolicy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := g.lookedUp(t, Caller{Purpose: "partial"}, jan); !strings.Contains(l.Unknown, "rule some lets only a part of email_index leave sa-east-1") {
		t.Error(l)
	}
	// Another policy, another memory.
	if l := g.lookedUp(t, Caller{Purpose: "open"}, jan); l.Cached != 0 || !strings.Contains(l.Unknown, "refused") {
		t.Error(l)
	}
	g.write(t, strings.Replace(portPolicy, "purposes: [support]", "purposes: [nothing]", 2))
	if err := g.ReloadPolicy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := g.askAs(t, support, jan); !strings.HasPrefix(got, "refused: members") {
		t.Error(got)
	}
}

// TestKeysOfAnIndexStay has a directory abroad: what an index gave is not sent there.
func TestKeysOfAnIndexStay(t *testing.T) {
	g := openAbroad(t, "{strategy: lookup, key: [tenant], directory: {table: directory, key: id}, shards: [eu-1, br-1]}")
	support := Caller{Purpose: "support"}
	if got := g.askAs(t, support, "SELECT name FROM members WHERE tenant = 1"); got != "Jan" {
		t.Error(got)
	}
	if got := g.askAs(t, support, "SELECT name FROM members WHERE email = 'ana@x'"); !strings.HasPrefix(got, "refused: members") {
		t.Error(got)
	}
	if got := g.askAs(t, support, "SELECT name FROM members WHERE email = 'jan@x'"); got != "Jan" { // the directory's word is remembered, and nothing is sent
		t.Error(got)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range g.logged(t, "eu-central-1") {
		if e.Type == audit.TypeIntent && strings.Contains(e.Text, "directory") && len(e.Literals) > 0 && e.Literals[0] == "2" {
			t.Error("the key of an index was sent to a directory abroad")
		}
	}
}

// TestLookupsAreRecorded finds a lookup in the logs of both regions.
func TestLookupsAreRecorded(t *testing.T) {
	g := openAbroad(t, byMap)
	c := Caller{User: "ana", Purpose: "support", Application: "desk"}
	for range 2 {
		if got := g.askAs(t, c, "SELECT name FROM members WHERE email = 'jan@x'"); got != "Jan" {
			t.Fatal(got)
		}
	}
	g.askAs(t, Caller{User: "bob"}, "SELECT name FROM members WHERE email = 'jan@x'")
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for region, want := range map[string]string{
		"eu-central-1": "INTENT ana; DECISION ana allow; DECISION ana allow index; SHIPMENT ana index 1; COMPLETE ana; INTENT bob; DECISION bob deny index; ABORT bob",
		"sa-east-1":    "INTENT ana; DECISION ana allow; DECISION ana allow index; SHIPMENT ana index 1; COMPLETE ana; INTENT bob; DECISION bob deny index; ABORT bob",
	} {
		var got []string
		for _, e := range g.logged(t, region) {
			if !strings.HasSuffix(e.Application, "(lookup)") {
				continue
			}
			text := string(e.Type) + " " + e.User
			if e.Decision != "" {
				text += " " + string(e.Decision)
			}
			if len(e.Rules) > 0 && e.FromRegion != "" {
				text += " " + strings.Join(e.Rules, ",")
			}
			if e.Type == audit.TypeShipment {
				text += " 1"
				if e.Rows != 1 {
					t.Error(e.Rows)
				}
			}
			got = append(got, text)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s:\n%s\nwant\n%s", region, strings.Join(got, "; "), want)
		}
	}
}
