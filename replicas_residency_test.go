package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/residency/audit"
)

// taps sees every statement that reaches a server, by the file that the server is. Servers can be down.
type taps struct {
	mu   sync.Mutex
	seen map[string][]string
	down map[string]bool
}

func (l *taps) open(cfg connectors.Config) (connectors.Connector, error) {
	inner, err := duckdb.Open(cfg)
	if err != nil {
		return nil, err
	}
	return &tapped{inner, l, cfg.Shard, strings.TrimSuffix(filepath.Base(cfg.DSN), ".duckdb")}, nil
}

func (l *taps) set(down ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down, l.seen = map[string]bool{}, map[string][]string{}
	for _, name := range down {
		l.down[name] = true
	}
}

// asked lists the servers that got a statement about a table.
func (l *taps) asked(table string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for server, all := range l.seen {
		if slices.ContainsFunc(all, func(sql string) bool { return strings.Contains(sql, table) }) {
			out = append(out, server)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

type tapped struct {
	connectors.Connector
	taps          *taps
	shard, server string
}

func (s *tapped) note(sql string) error {
	s.taps.mu.Lock()
	defer s.taps.mu.Unlock()
	if s.taps.down[s.server] {
		return connectors.NewError(s.shard, connectors.ClassUnavailable, "08001", "connection refused", nil)
	}
	s.taps.seen[s.server] = append(s.taps.seen[s.server], sql)
	return nil
}

// MaxConns implements connectors.Pooled.
func (s *tapped) MaxConns() int { return 4 }

// Query implements connectors.Connector.
func (s *tapped) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	if err := s.note(stmt.SQL); err != nil {
		return nil, err
	}
	return s.Connector.Query(ctx, stmt)
}

// Snapshot implements connectors.Connector.
func (s *tapped) Snapshot(over func() error) connectors.Snapshot {
	return &tappedSnapshot{s.Connector.Snapshot(over), s}
}

type tappedSnapshot struct {
	connectors.Snapshot
	of *tapped
}

// Query implements connectors.Snapshot.
func (s *tappedSnapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	if err := s.of.note(stmt.SQL); err != nil {
		return nil, err
	}
	return s.Snapshot.Query(ctx, stmt)
}

const archipelago = `version: 1
coordinator: {region: eu}
regions: {eu: {jurisdiction: EU}, us: {jurisdiction: US}, br: {jurisdiction: BR}}
shards:
  eu-1:
    region: eu
    driver: duckdb
    dsn: eu-1.duckdb
    max_staleness: any
    replicas: {eu-2: {region: eu, dsn: eu-2.duckdb}, eu-us: {region: us, dsn: eu-us.duckdb}, eu-br: {region: br, dsn: eu-br.duckdb}}
  br-1:
    region: br
    driver: duckdb
    dsn: br-1.duckdb
    max_staleness: any
    replicas: {br-us: {region: us, dsn: br-us.duckdb}, br-eu: {region: eu, dsn: br-eu.duckdb}}
tables:
  members: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [2]}}}
  payments: {sharding: {key: [coop]}, colocated_with: members}
  visits: {sharding: {strategy: lookup, key: [member], map: {eu-1: [1], br-1: [11, 12, 13]}}}
residency: residency.yaml
`

// Of payments rows may leave the US, and sums Brazil, of groups of two members at least; of members nothing leaves.
const archipelagoPolicy = `version: 1
entities: {member: {members: id, payments: member_id}}
rules:
- {id: us-rows, effect: allow, from: [US], to: [EU], tables: [payments], columns: [coop, amount], form: rows, purposes: [audit]}
- id: sums
  effect: allow
  from: [BR, RULE_FROM]
  to: [EU]
  tables: [payments]
  columns: [amount]
  form: aggregate
  purposes: [finance]
  aggregate: {functions: [sum, count], group_by: [currency], entity: member, min: 2, on_small: drop}
`

// openArchipelago opens an engine over two shards and copies of them in other regions.
func openArchipelago(t *testing.T, ruleFrom string) (*Engine, *taps, string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"eu-1", "eu-2", "eu-us", "eu-br", "br-1", "br-us", "br-eu"} {
		coop, member := 1, 1
		if strings.HasPrefix(name, "br") {
			coop, member = 2, 11
		}
		if err := duckdb.Exec(t.Context(), filepath.Join(dir, name+".duckdb"),
			"CREATE TABLE members (coop INTEGER, id INTEGER, name VARCHAR)", "CREATE TABLE payments (coop INTEGER, member_id INTEGER, amount INTEGER, currency VARCHAR)",
			"CREATE TABLE visits (member INTEGER, page INTEGER)",
			fmt.Sprintf("INSERT INTO members VALUES (%d, %d, '%s')", coop, member, planted),
			fmt.Sprintf("INSERT INTO payments VALUES (%[1]d, %[2]d, 10, 'EUR'), (%[1]d, %[2]d + 1, 20, 'EUR'), (%[1]d, %[2]d, 40, 'USD')", coop, member),
			fmt.Sprintf("INSERT INTO visits VALUES (%d, 5)", member)); err != nil {
			t.Fatal(err)
		}
	}
	policy := strings.Replace(archipelagoPolicy, ", RULE_FROM", ruleFrom, 1)
	if err := os.WriteFile(filepath.Join(dir, "residency.yaml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig([]byte(archipelago), dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	l := &taps{}
	l.set()
	e, err := Open(t.Context(), cfg, WithDriver("duckdb", l.open), WithInvariantChecks())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := e.Shards(t.Context()); err != nil { // after this the replicas are known to be alike
		t.Fatal(err)
	}
	for _, h := range e.Health() {
		if h.Unread != "" {
			t.Fatalf("%+v", h)
		}
	}
	return e, l, dir
}

// answeredFrom asks for a purpose, and returns rows, the crossings by server and rule, and the error's text.
func answeredFrom(t *testing.T, e *Engine, purpose, sql string) (answer, crossed, failed string) {
	t.Helper()
	r, err := e.As(Caller{User: "u", Purpose: purpose}).Query(t.Context(), sql)
	if err != nil {
		return "", "", err.Error()
	}
	defer r.Release()
	rows := readLines(r)
	slices.Sort(rows)
	var over []string
	for _, c := range r.Crossings() {
		over = append(over, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Shard, c.Replica, c.From, strings.Join(c.Rules(), ","))))
	}
	if r.Err() != nil {
		failed = r.Err().Error()
	}
	return strings.Join(rows, "; "), strings.Join(over, "; "), failed
}

// TestReplicasUnderAPolicy: a replica is read if the rules let the same statements' rows leave its region, and else it is not even asked, whatever is down.
func TestReplicasUnderAPolicy(t *testing.T) {
	e, l, dir := openArchipelago(t, "")
	const rows, names = "SELECT amount FROM payments WHERE coop = 1", "SELECT name FROM members WHERE coop = 1"
	const sums = "SELECT currency, sum(amount) FROM payments WHERE atoll_shard = 'br-1' GROUP BY currency"
	for _, c := range []struct {
		down, purpose, sql, table string
		answer, asked, crossed    string
		failed                    []string
	}{
		{"eu-2 eu-us", "audit", rows, "payments", "10; 20; 40", "eu-1", "", nil},
		{"eu-1 eu-us", "audit", rows, "payments", "10; 20; 40", "eu-2", "", nil},
		{"eu-1 eu-2", "audit", rows, "payments", "10; 20; 40", "eu-us", "eu-1 eu-us us us-rows", nil},
		{"eu-1 eu-2 eu-us", "audit", rows, "payments", "", "", "",
			[]string{"shard eu-1", "replica eu-br may not be read: payments may not leave br for eu (replica eu-br of shard eu-1): rule sums is for the purpose finance"}},
		{"eu-1 eu-2", "", rows, "payments", "", "", "",
			[]string{"replica eu-us may not be read: payments may not leave us for eu (replica eu-us of shard eu-1): rule us-rows is for the purpose audit"}},
		{"eu-1", "audit", names, "members", planted, "eu-2", "", nil},
		{"eu-1 eu-2", "audit", names, "members", "", "", "",
			[]string{"replica eu-us may not be read: members", "may not leave us for eu", "replica eu-br may not be read: members", "may not leave br for eu"}},
		{"br-1", "finance", sums, "payments", "EUR 30", "br-eu", "", nil}, // nothing leaves its region, and the statement is the same
		{"br-eu", "finance", sums, "payments", "EUR 30", "br-1", "br-1  br sums", nil},
		{"br-eu br-1", "finance", sums, "payments", "", "", "", []string{"replica br-us may not be read: payments", "may not leave us for eu (replica br-us of shard br-1)"}},
	} {
		l.set(strings.Fields(c.down)...)
		answer, crossed, failed := answeredFrom(t, e, c.purpose, c.sql)
		if answer != c.answer || failed == "" && crossed != c.crossed || l.asked(c.table) != c.asked || (failed != "") != (c.failed != nil) {
			t.Errorf("%s without %q:\n  answer %q\n  crossings %q\n  asked %q\n  error %s", c.sql, c.down, answer, crossed, l.asked(c.table), failed)
		}
		for _, text := range c.failed {
			if !strings.Contains(failed, text) {
				t.Errorf("%s without %q fails with\n  %s\nwhich does not say\n  %s", c.sql, c.down, failed, text)
			}
		}
		if strings.Contains(failed, planted) {
			t.Error("an error tells of rows: " + failed)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	shipped := map[string]int64{}
	err := audit.Read(filepath.Join(dir, "audit"), audit.ReadOptions{Region: "eu"}, func(ev *audit.Entry) error {
		if ev.Type == audit.TypeShipment {
			shipped[strings.Join([]string{ev.FromSite, ev.FromReplica, ev.FromRegion}, "/")] += ev.Rows
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if shipped["eu-1/eu-us/us"] != 3 || shipped["br-1//br"] != 1 || shipped["eu-1/eu-br/br"] != 0 || shipped["br-1/br-us/us"] != 0 {
		t.Errorf("%v", shipped)
	}
}

// TestSameStatementFromElsewhere: a replica under a rule with other terms than its shard's is not read; under the same rule it is.
func TestSameStatementFromElsewhere(t *testing.T) {
	const sums = "SELECT currency, sum(amount) FROM payments WHERE atoll_shard = 'br-1' GROUP BY currency"
	e, l, _ := openArchipelago(t, ", US")
	l.set("br-1", "br-eu")
	answer, crossed, failed := answeredFrom(t, e, "finance", sums)
	if answer != "EUR 30" || crossed != "br-1 br-us us sums" || failed != "" || l.asked("payments") != "br-us" {
		t.Errorf("%q, %q, %s, asked %s", answer, crossed, failed, l.asked("payments"))
	}
	// At home the statement has no threshold; from the US the rule would ask for one.
	l.set("eu-1", "eu-2")
	answer, _, failed = answeredFrom(t, e, "finance", "SELECT currency, sum(amount) FROM payments WHERE atoll_shard = 'eu-1' GROUP BY currency")
	if answer != "" || l.asked("payments") != "" || !strings.Contains(failed, "the rules ask of what leaves us for something else than of what leaves eu") {
		t.Errorf("%q, %s, asked %s", answer, failed, l.asked("payments"))
	}
}

// TestKeysDoNotGetToReplicas: keys that the coordinator sends to a shard get to its replica, too, and that must be permitted.
func TestKeysDoNotGetToReplicas(t *testing.T) {
	e, _, _ := openArchipelago(t, "")
	x, err := e.As(Caller{Purpose: "audit"}).Explain(t.Context(), "SELECT v.page FROM payments p JOIN visits v ON v.member = p.member_id WHERE p.coop = 1 AND p.amount = 10 AND v.atoll_shard = 'eu-1'", ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, f := range x.Fragments {
		for _, s := range f.Shards {
			for _, r := range s.Replicas {
				said[r.Replica] += r.Refused
			}
		}
	}
	for name, refused := range map[string]bool{"eu-2": false, "eu-us": true, "eu-br": true} {
		if got, ok := said[name]; !ok || (got != "") != refused {
			t.Errorf("replica %s: %q", name, got)
		}
	}
	for _, line := range []string{"replica eu-2 (eu) may be read\n", "replica eu-us (us) may not be read: "} {
		if !strings.Contains(x.Text(), line) {
			t.Errorf("%q is not in\n%s", line, x.Text())
		}
	}
}

// TestUnjudgedPlansReadNoReplicaAbroad: of a plan that no policy was asked about, replicas in other regions are not read under one.
func TestUnjudgedPlansReadNoReplicaAbroad(t *testing.T) {
	e, _, _ := openArchipelago(t, "")
	at := e.hold()
	defer at.unpin()
	q, err := at.newQuery("SELECT amount FROM payments WHERE coop = 1", nil)
	if err != nil {
		t.Fatal(err)
	}
	may := at.mayRead(q, nil)
	if may("eu-1", "eu-2") != nil || !errors.Is(may("eu-1", "eu-us"), errNotJudged) {
		t.Errorf("%v, %v", may("eu-1", "eu-2"), may("eu-1", "eu-us"))
	}
	q.newest = true
	if !errors.Is(at.mayRead(q, nil)("eu-1", "eu-2"), errNewest) {
		t.Error("a replica is read where the newest rows are needed")
	}
}
