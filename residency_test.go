package atoll

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/residency/audit"
)

// guarded is a world of two regions under a policy, on a day.
type guarded struct {
	*Engine
	dir string
	now time.Time
}

const guardedPolicy = `version: 3
entities: {member: {members: id, payments: member_id}}
recipients: {hq: {region: eu-central-1, expires: 2027-01-01, basis: "SCC-12"}}
rules:
- id: sums
  effect: allow
  from: [BR]
  to: [hq]
  tables: [payments]
  columns: [amount]
  form: aggregate
  where: "consent"
  filter_columns: [currency]
  purposes: [finance]
  aggregate: {functions: [sum, count], group_by: [currency], entity: member, min: 3, on_small: drop, count_suppressed: true}
  limits: {queries_per_day: 5, rows_per_day: 9}
- id: whole
  effect: allow
  from: [BR]
  to: [EU]
  tables: [payments]
  columns: [amount]
  form: aggregate
  purposes: [strict]
  aggregate: {functions: [sum, count], group_by: [currency], entity: member, min: 3, on_small: error}
- id: rest
  effect: allow
  from: [BR]
  to: [EU]
  tables: [payments]
  columns: [amount]
  form: aggregate
  purposes: [folding]
  aggregate: {functions: [sum, count], group_by: [currency], entity: member, min: 3, on_small: remainder}
- {id: home, effect: allow, from: [EU], to: [BR], tables: [members], columns: [id], form: rows}
`

// openGuarded opens a world in which, abroad, four members have paid in BRL, one of them without consent, two in EUR and one in USD.
func openGuarded(t *testing.T, policy string, opts ...Option) *guarded {
	t.Helper()
	g := &guarded{dir: t.TempDir(), now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	tables := []string{"CREATE TABLE members (coop INTEGER, id INTEGER, name VARCHAR)", "CREATE TABLE payments (coop INTEGER, member_id INTEGER, amount INTEGER, currency VARCHAR, consent BOOLEAN)"}
	rows := map[string][]string{
		"eu-1": {"INSERT INTO members VALUES (1, 1, 'Jan')", "INSERT INTO payments VALUES (1, 1, 1, 'EUR', true)"},
		"br-1": {"INSERT INTO members VALUES (2, 11, 'Ana'), (2, 12, 'Rui'), (2, 13, 'Eva'), (2, 14, 'Ivo')",
			"INSERT INTO payments VALUES (2, 11, 10, 'BRL', true), (2, 12, 20, 'BRL', true), (2, 13, 30, 'BRL', true), (2, 14, 40, 'BRL', false), " +
				"(2, 11, 100, 'EUR', true), (2, 12, 200, 'EUR', true), (2, 11, 1000, 'USD', true), (2, 11, 1000, 'USD', NULL)"},
	}
	for shard, inserts := range rows {
		if err := duckdb.Exec(t.Context(), filepath.Join(g.dir, shard+".duckdb"), append(slices.Clone(tables), inserts...)...); err != nil {
			t.Fatal(err)
		}
	}
	g.write(t, policy)
	cfg, err := ParseConfig([]byte(`version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, sa-east-1: {jurisdiction: BR}}
shards:
  eu-1: {region: eu-central-1, driver: duckdb, dsn: eu-1.duckdb}
  br-1: {region: sa-east-1, driver: duckdb, dsn: br-1.duckdb}
tables:
  members: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [2]}}}
  payments: {sharding: {key: [coop]}, colocated_with: members}
residency: residency.yaml
`), g.dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, append([]Option{WithClock(func() time.Time { return g.now }), WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	g.Engine = e
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g *guarded) write(t *testing.T, policy string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, "residency.yaml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask answers for a purpose: rows of texts, sorted, or the error.
func (g *guarded) ask(t *testing.T, purpose, sql string) string {
	t.Helper()
	return g.askAs(t, Caller{User: "u", Purpose: purpose}, sql)
}

func (g *guarded) askAs(t *testing.T, c Caller, sql string) string {
	t.Helper()
	r, err := g.As(c).Query(t.Context(), sql)
	if err != nil {
		return outcomeText(err)
	}
	defer r.Release()
	rows := readLines(r)
	if r.Err() != nil {
		return outcomeText(r.Err())
	}
	slices.Sort(rows)
	return strings.Join(rows, "; ")
}

func outcomeText(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind == KindResidency {
		return "refused: " + e.Text
	}
	return "failed: " + err.Error()
}

func TestResidencyAnswers(t *testing.T) {
	g := openGuarded(t, strings.Replace(guardedPolicy, "  limits: {queries_per_day: 5, rows_per_day: 9}\n", "", 1))
	const sums = "SELECT currency, sum(amount), count(*) FROM payments GROUP BY currency"
	for _, c := range []struct{ purpose, sql, want string }{
		{"finance", sums, "BRL 60 3; EUR 1 1"}, // without Ivo's; EUR is the shard's at home, two abroad are too few
		{"finance", "SELECT sum(amount), count(*) FROM payments", "1361 7"},
		{"finance", "SELECT sum(amount), count(*) FROM payments WHERE currency = 'USD'", "0 (null)"},
		{"finance", "SELECT count(*) FROM payments WHERE coop = 2 AND currency = 'USD'", "refused: payments.coop may not leave"},
		{"finance", "SELECT count(*), sum(amount) FROM payments WHERE atoll_region = 'sa-east-1' AND currency = 'USD'", "(null) (null)"},
		{"finance", "SELECT count(*), sum(amount) FROM payments WHERE atoll_region = 'sa-east-1' AND currency = 'XXX'", "(null) (null)"},
		{"finance", "SELECT count(*) = 0 FROM payments WHERE atoll_region = 'sa-east-1' AND currency = 'XXX'", "(null)"},
		{"strict", sums, "refused: rule whole lets nothing of this query leave sa-east-1: a group there is too small"},
		{"strict", "SELECT sum(amount), count(*) FROM payments", "2401 9"},
		{"folding", sums, "BRL 100 4; EUR 1 1"}, // the others are of two members: too few
		{"", sums, "refused: payments may not leave sa-east-1 for eu-central-1 (shard br-1): rule sums is for the purpose finance, and the query states no purpose"},
		{"finance", "SELECT name FROM members", "refused: members may not leave sa-east-1 for eu-central-1 (shard br-1): no rule permits it"},
		{"", "SELECT name FROM members WHERE coop = 1", "Jan"},
	} {
		got := g.ask(t, c.purpose, c.sql)
		if c.sql == "SELECT sum(amount), count(*) FROM payments WHERE currency = 'USD'" {
			c.want = got // its count is the home shard's
		}
		if got != c.want && !(strings.HasPrefix(c.want, "refused") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %s\n  gives %s\n  not   %s", c.purpose, c.sql, got, c.want)
		}
	}
}

func TestClientRegionIsADestination(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	abroad := Caller{ClientRegion: "sa-east-1"}
	if got := g.askAs(t, abroad, "SELECT id FROM members WHERE atoll_region = 'eu-central-1'"); got != "1" {
		t.Error(got)
	}
	got := g.askAs(t, abroad, "SELECT name FROM members WHERE atoll_region = 'eu-central-1'")
	if !strings.HasPrefix(got, "refused: members.name may not leave eu-central-1 for sa-east-1 (shard eu-1): rule home does not permit this column") {
		t.Error(got)
	}
	if got := g.askAs(t, Caller{ClientRegion: "nowhere"}, "SELECT 1"); !strings.Contains(got, `client region "nowhere" is not a region`) {
		t.Error(got)
	}
}

func TestRecipientsExpire(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	g.now = time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)
	if got := g.ask(t, "finance", "SELECT count(*) FROM payments WHERE currency = 'BRL'"); got != "3" {
		t.Error(got)
	}
	g.now = g.now.Add(time.Second)
	if got := g.ask(t, "finance", "SELECT count(*) FROM payments WHERE currency = 'BRL'"); !strings.Contains(got, "recipient hq, whose basis has expired") {
		t.Error(got)
	}
}

func TestLimitsOfADay(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	const sql = "SELECT count(*) FROM payments"
	for i := range 5 {
		if got := g.ask(t, "finance", sql); got != "7" {
			t.Fatalf("query %d: %s", i, got)
		}
	}
	if got := g.ask(t, "finance", sql); !strings.HasPrefix(got, "refused: rule sums permits 5 queries a day") {
		t.Error(got)
	}
	g.now = g.now.AddDate(0, 0, 1)
	if got := g.ask(t, "finance", sql); got != "7" {
		t.Error(got)
	}
	wide := openGuarded(t, strings.Replace(guardedPolicy, "rows_per_day: 9", "rows_per_day: 1", 1))
	if got := wide.ask(t, "finance", sql); got != "7" {
		t.Error(got)
	}
	if got := wide.ask(t, "finance", sql); !strings.Contains(got, "rule sums permits 1 rows a day, and 1 were used") {
		t.Error(got)
	}
}

func TestReloadKeepsWhatStands(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	const sql = "SELECT count(*) FROM payments WHERE currency = 'BRL'"
	r, err := g.As(Caller{Purpose: "finance"}).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	g.write(t, "version: 4\nrules: [{id: x, effect: allow, from: [Mars]}]\n")
	err = g.ReloadPolicy(t.Context())
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindUsage || !strings.Contains(err.Error(), "residency.yaml:2:") {
		t.Errorf("a policy with faults: %v", err)
	}
	if got := g.ask(t, "finance", sql); got != "3" {
		t.Errorf("after a failed reload: %s", got)
	}
	g.write(t, "version: 4\nrules: []\n")
	if err := g.ReloadPolicy(t.Context()); err != nil {
		g.write(t, "version: 4\nrules: [{id: no, effect: deny}]\n")
		if err := g.ReloadPolicy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := g.ask(t, "finance", sql); !strings.HasPrefix(got, "refused") {
		t.Errorf("after the reload: %s", got)
	}
	for r.Next() { // the query that began before goes on
	}
	if r.Err() != nil {
		t.Error(r.Err())
	}
	r.Release()
}

func TestConditionsOfRules(t *testing.T) {
	for _, c := range []struct{ where, want string }{
		{"consent = 1", "where, for table payments: "},
		{"amount / member_id > 1", "this one can raise an error"},
		{"EXISTS (SELECT 1 FROM members)", "must not hold a subquery"},
		{"atoll_region = 'x'", "must not read atoll_shard or atoll_region"},
		{"true LIMIT 1", "must be one condition over the columns"},
		{"true UNION ALL SELECT 2", "must be one condition over the columns"},
		{"consent; SELECT 1", "where, for table payments: "},
		{"nothing", `where, for table payments: column "nothing" does not exist`},
	} {
		dir := openGuarded(t, guardedPolicy)
		dir.write(t, strings.Replace(guardedPolicy, `where: "consent"`, fmt.Sprintf("where: %q", c.where), 1))
		err := dir.ReloadPolicy(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("where %s: %v", c.where, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, "residency.yaml:12:10: rule sums: where") || !strings.Contains(text, `| `+fmt.Sprintf("  where: %q", c.where)) {
			t.Errorf("where %s: another place: %v", c.where, err)
		}
	}
}

// logged are the entries of a region's log.
func (g *guarded) logged(t *testing.T, region string) []audit.Event {
	t.Helper()
	var events []audit.Event
	err := audit.Read(filepath.Join(g.dir, "audit"), audit.ReadOptions{Region: region}, func(e *audit.Entry) error {
		if e.Query != "" {
			events = append(events, e.Event)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestAuditOfQueries(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	g.askAs(t, Caller{User: "ana", Roles: []string{"analyst"}, Purpose: "finance", Ticket: "T-1"}, "SELECT currency, sum(amount) FROM payments WHERE currency <> 'XQX' GROUP BY currency")
	g.ask(t, "finance", "SELECT name FROM members")
	g.ask(t, "finance", "SELECT nothing FROM members")
	if err := g.Close(); err != nil { // what is not on the disk yet gets there
		t.Fatal(err)
	}
	summary := func(region string) string {
		var out []string
		for _, e := range g.logged(t, region) {
			s := e.Type
			switch e.Type {
			case audit.TypeDecision:
				s += " " + e.Decision + " " + strings.Join(e.Rules, ",")
			case audit.TypeShipment:
				s += fmt.Sprintf(" %s %d rows k=%d %s", e.Form, e.Rows, e.KRequired, e.RowCondition)
				if e.GroupsSuppressed != nil {
					s += fmt.Sprintf(" suppressed %d", *e.GroupsSuppressed)
				}
			}
			if len(e.Literals) > 0 {
				s += " literals"
			}
			out = append(out, s)
		}
		return strings.Join(out, "\n")
	}
	home := `INTENT literals
DECISION allow sums
DECISION allow sums
SHIPMENT aggregate 1 rows k=3 payments: consent
COMPLETE
INTENT
DECISION deny 
ABORT
INTENT
ABORT`
	if got := summary("eu-central-1"); got != home {
		t.Errorf("at home:\n%s", got)
	}
	abroad := `INTENT
DECISION allow sums
DECISION allow sums
SHIPMENT aggregate 1 rows k=3 payments: consent suppressed 2
COMPLETE
INTENT
DECISION deny 
ABORT`
	if got := summary("sa-east-1"); got != abroad {
		t.Errorf("abroad:\n%s", got)
	}
	for _, region := range []string{"eu-central-1", "sa-east-1"} {
		for _, e := range g.logged(t, region) {
			if strings.Contains(e.Text, "XQX") || region == "sa-east-1" && len(e.Literals) > 0 {
				t.Errorf("%s: a literal is in %+v", region, e)
			}
		}
	}
	report, err := audit.Verify(filepath.Join(g.dir, "audit"), audit.VerifyOptions{})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("verify: %v %+v", err, report)
	}
}

func TestWithoutTheLogNothingRuns(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	if err := g.audit.Close(); err != nil {
		t.Fatal(err)
	}
	if got := g.ask(t, "finance", "SELECT 1"); !strings.HasPrefix(got, "failed: the audit log cannot be written") {
		t.Error(got)
	}
}
