package atoll

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tap"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// siege is the world on real servers, with a recorder on every border.
type siege struct {
	*fort
	finder  *tap.Finder
	oracle  *pgx.Conn
	taps    map[string]*tap.Recorder // by the shard beyond the border
	env     map[string]string        // DSNs, and the secret of pseudonyms
	dir     string                   // of the configuration, the policy and the audit log
	engines map[string]*Engine       // by day
	opened  int                      // engines, each of which has an audit log of its own
	t       *testing.T
}

// newSiege fills the shards and one PostgreSQL that has all rows, each with its shard.
func newSiege(t *testing.T) *siege {
	t.Helper()
	env := map[string]string{"PSEUDONYM_KEY": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
	s := &siege{fort: newFort(), taps: map[string]*tap.Recorder{}, env: env, dir: t.TempDir(), engines: map[string]*Engine{}, t: t}
	var err error
	if s.finder, err = tap.NewFinder(s.values()...); err != nil {
		t.Fatal(err)
	}
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range []string{"", "eu-1", "br-1"} {
		s.fillPostgres(t, clusters[0], shard)
	}
	s.fillSQLServer(t)
	s.fillDuckDB(t)
	s.policy(t, func(text string) string { return text })
	return s
}

func (s *siege) fillPostgres(t *testing.T, cluster *pgtest.Cluster, shard string) {
	t.Helper()
	db := "attacked" + strings.ReplaceAll(shard, "-", "_")
	dsn, err := cluster.CreateDatabase(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if err := cluster.ExecIn(t.Context(), db, strings.Join(append(s.statements("postgres", shard), "ANALYZE"), ";\n")); err != nil {
		t.Fatal(err)
	}
	switch shard {
	case "":
		if s.oracle, err = pgx.Connect(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.oracle.Close(context.Background()) })
	case "eu-1":
		s.env["EU"] = dsn
	default:
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		addr := s.tap(t, tap.Options{Shard: shard, Network: "unix", Address: u.Query().Get("host") + "/.s.PGSQL." + u.Query().Get("port")})
		s.env["BR"] = "postgres://" + pgtest.User + "@" + addr + "/" + db + "?sslmode=disable"
	}
}

// tap puts a recorder in front of a server and returns where that listens.
func (s *siege) tap(t *testing.T, o tap.Options) string {
	t.Helper()
	p, err := tap.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	s.taps[o.Shard] = &p.Recorder
	return p.Addr()
}

func (s *siege) fillSQLServer(t *testing.T) {
	t.Helper()
	server := tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true}), tdstest.WithEncryption(tdstest.EncryptionAbsent))
	for _, sql := range s.statements("tsql", "us-1") {
		if err := server.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql[:min(len(sql), 300)])
		}
	}
	u := server.URL()
	u.Host = s.tap(t, tap.Options{Shard: "us-1", Network: "tcp", Address: server.Addr(), TDS: true})
	s.env["US"] = u.String()
}

func (s *siege) fillDuckDB(t *testing.T) {
	t.Helper()
	s.env["AP"] = filepath.Join(s.dir, "ap-1.duckdb")
	if err := duckdb.Exec(t.Context(), s.env["AP"], s.statements("duckdb", "ap-1")...); err != nil {
		t.Fatal(err)
	}
	s.taps["ap-1"] = &tap.Recorder{}
}

// policy writes the policy's file, changed as told.
func (s *siege) policy(t *testing.T, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile("testdata/attacks/residency.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "residency.yaml"), []byte(change(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// config is the configuration; without a policy nothing is checked.
func (s *siege) config(t *testing.T, guarded bool) *Config {
	t.Helper()
	text := `version: 1
coordinator: {region: eu-central-1}
regions:
  eu-central-1: {jurisdiction: EU}
  sa-east-1: {jurisdiction: BR}
  us-east-1: {jurisdiction: US}
  us-west-2: {jurisdiction: US}
  ap-south-1: {jurisdiction: IN}
shards:
  eu-1: {region: eu-central-1, driver: postgres, dsn: "${EU}", max_conns: 4}
  br-1: {region: sa-east-1, driver: postgres, dsn: "${BR}", max_conns: 4}
  us-1: {region: us-east-1, driver: sqlserver, dsn: "${US}", max_conns: 4}
  ap-1: {region: ap-south-1, driver: duckdb, dsn: "${AP}"}
tables:
  coops: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [2], us-1: [3], ap-1: [4]}}}
  currencies: {sharding: {strategy: reference}}
`
	for _, table := range append(s.names(), "contacts") {
		text += "  " + table + ": {sharding: {key: [coop]}, colocated_with: coops}\n"
	}
	text += "colocation: {member: {members: id, payments: member_id, fees: member_id, diagnoses: member_id}}\n"
	if guarded {
		s.opened++
		text += "residency: residency.yaml\naudit: {dir: " + fmt.Sprintf("audit-%d", s.opened) + ", sync: none}\n"
	}
	cfg, err := ParseConfig([]byte(text), s.dir, func(name string) (string, bool) { v, ok := s.env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// names are the tables that are sharded as coops is.
func (s *siege) names() (out []string) {
	for _, t := range s.tables {
		if t.name != "coops" && t.name != "currencies" {
			out = append(out, t.name)
		}
	}
	return out
}

// open opens an engine on a day, behind the recorders.
func (s *siege) open(t *testing.T, day string, guarded bool, opts ...Option) *Engine {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := tap.Wrap(duckdb.Open, func(shard string) *tap.Recorder { return s.taps[shard] })
	now := func() time.Time { return at.Add(12 * time.Hour) }
	e, err := Open(t.Context(), s.config(t, guarded), append([]Option{WithDriver("duckdb", wrapped), WithClock(now), WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if guarded {
		contradict(t, e)
	}
	return e
}

// contradict makes a rule permit what the policy forbids of a column, as if the policy's reader had let that pass: the check has a clause
// for it all the same. No query has been asked yet.
func contradict(t *testing.T, e *Engine) {
	t.Helper()
	for _, r := range e.policy.Load().Rules {
		if r.ID == "coops-rows" {
			r.Columns = append(r.Columns, "ledger_key")
			return
		}
	}
	t.Fatal("the policy has no rule coops-rows")
}

// on is the engine of a day, which all attacks of that day share.
func (s *siege) on(day string) *Engine {
	if s.engines[day] == nil {
		s.engines[day] = s.open(s.t, day, true)
	}
	return s.engines[day]
}

// forget empties the recorders.
func (s *siege) forget() {
	for _, r := range s.taps {
		r.Forget()
	}
}

// leaked lists planted values that crossed a border and that allowed does not name.
func (s *siege) leaked(allowed func(tap.Value) bool) (out []string) {
	for _, shard := range []string{"br-1", "us-1", "ap-1"} {
		out = append(out, s.named(s.taps[shard].Find(s.finder), allowed)...)
	}
	return out
}

// told lists planted values in a text that is shown to the caller.
func (s *siege) told(text string, allowed func(tap.Value) bool) []string {
	return s.named(s.finder.Find([]byte(text)), allowed)
}

// named are hits for people, one for each value.
func (s *siege) named(hits []tap.Hit, allowed func(tap.Value) bool) (out []string) {
	seen := map[tap.Value]bool{}
	for _, h := range hits {
		if !seen[h.Value] && !allowed(h.Value) {
			seen[h.Value] = true
			out = append(out, s.nameOf(h.Value)+", "+h.String())
		}
	}
	return out
}

// allowed are the planted values that come from the caller, that the answer may show, or that the attack says may cross.
func (s *siege) allowed(a attack, sql string, shown logictest.Answer) func(tap.Value) bool {
	return func(v tap.Value) bool {
		return strings.Contains(sql, v.Text) || shows(shown, v.Text) || a.crosses != "" && strings.Contains(s.nameOf(v), a.crosses)
	}
}

func nothing(tap.Value) bool { return false }

func (s *siege) nameOf(v tap.Value) string {
	i := slices.IndexFunc(s.secrets.names, func(name string) bool { return s.byName[name] == v })
	return s.secrets.names[i]
}

func shows(a logictest.Answer, text string) bool {
	return slices.ContainsFunc(a.Rows, func(row []logictest.Cell) bool {
		return slices.ContainsFunc(row, func(c logictest.Cell) bool { return strings.Contains(c.Text, text) })
	})
}

func asJSON(t *testing.T, x any) string {
	t.Helper()
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
