package atoll

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/tap"
)

// verdict asks and says how it ended: "answered", "refused", "failed".
func verdict(t *testing.T, e *Engine, c Caller, sql string) string {
	t.Helper()
	_, err := answerOf(t.Context(), e.As(c), sql)
	return outcome(err)
}

// TestAttacksByCaches: what one caller was shown, another is not, whatever was kept of the query before: at once and in turn.
func TestAttacksByCaches(t *testing.T) {
	s := newSiege(t)
	e := s.on(attackDay)
	const partners, members = "SELECT company FROM partners WHERE coop = 2", "SELECT name FROM coops WHERE coop = 2"
	cases := []struct {
		caller Caller
		sql    string
		want   string
	}{
		{Caller{Purpose: "finance", Roles: []string{"analyst"}}, partners, "answered"},
		{Caller{Purpose: "finance"}, partners, "refused"},
		{Caller{Roles: []string{"analyst"}}, partners, "refused"},
		{Caller{User: "analyst", OnBehalfOf: "finance", Application: "finance", LegalBasis: "finance"}, partners, "refused"},
		{Caller{}, members, "answered"},
		{Caller{ClientRegion: "us-east-1"}, members, "answered"},
		{Caller{ClientRegion: "us-west-2"}, members, "refused"},
		{Caller{ClientRegion: "mars-1"}, members, "failed"},
	}
	for range 2 {
		for _, c := range cases {
			if got := verdict(t, e, c.caller, c.sql); got != c.want {
				t.Errorf("%s for %+v is %s, want %s", c.sql, c.caller, got, c.want)
			}
		}
	}
	var all sync.WaitGroup
	for range 4 {
		for _, c := range cases {
			all.Go(func() {
				if got := verdict(t, e, c.caller, c.sql); got != c.want {
					t.Errorf("beside others %s for %+v is %s, want %s", c.sql, c.caller, got, c.want)
				}
			})
		}
	}
	all.Wait()
}

// TestAttacksByParameters: a parameter is no way around a rule, and an attacker's guess does not go on to other regions.
func TestAttacksByParameters(t *testing.T) {
	s := newSiege(t)
	session := s.on(attackDay).As(Caller{})
	guess := s.byName["br-1 open name"].Text
	s.forget()
	for _, sql := range []string{"SELECT city FROM members WHERE name = $1", "SELECT $1 = name AS same FROM members", "SELECT count(*) AS n FROM members WHERE email = $1"} {
		if _, err := session.Query(t.Context(), sql, guess); outcome(err) != "refused" {
			t.Errorf("%s is not refused: %v", sql, err)
		} else if text := message(err, sql); strings.Contains(text, guess) {
			t.Errorf("the message repeats the parameter: %s", text)
		}
	}
	if out := s.leaked(nothing); len(out) > 0 {
		t.Errorf("over a border went %s", out)
	}
}

// TestAttacksByReload: a query goes on under the policy that it began with; the next one is asked under the new one. A policy that
// cannot be loaded changes nothing.
func TestAttacksByReload(t *testing.T) {
	s := newSiege(t)
	e := s.open(t, attackDay, true, WithBatchRows(1))
	const sql = "SELECT city FROM members WHERE coop = 2"
	want, err := answerOf(t.Context(), e.As(Caller{}), sql)
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.As(Caller{}).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	rows := 0
	for r.Next() {
		if rows++; rows == 1 {
			s.policy(t, func(text string) string {
				return strings.Replace(text, "version: 3", "version: 4", 1) + "- {id: members-stay, effect: deny, tables: [members]}\n"
			})
			if err := e.ReloadPolicy(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r.Err() != nil || rows != len(want.Rows) {
		t.Errorf("the running query got %d rows and %v, want %d rows", rows, r.Err(), len(want.Rows))
	}
	if got := verdict(t, e, Caller{}, sql); got != "refused" {
		t.Errorf("under the new policy the query is %s", got)
	}
	for name, change := range map[string]func(string) string{
		"is no YAML": func(string) string { return "version: [" },
		"is empty":   func(string) string { return "" },
		"names no such column": func(text string) string {
			return strings.ReplaceAll(text, "columns: [coop, city, plan]", "columns: [coop, city, plan, nmae]")
		},
		"is for any table": func(text string) string { return strings.ReplaceAll(text, "tables: [members]", "tables: []") },
	} {
		s.policy(t, change)
		if err := e.ReloadPolicy(t.Context()); err == nil {
			t.Errorf("a policy that %s is loaded", name)
		}
		if got := verdict(t, e, Caller{}, sql); got != "refused" {
			t.Errorf("after a policy that %s the query is %s", name, got)
		}
	}
	if err := os.Remove(filepath.Join(s.dir, "residency.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := e.ReloadPolicy(t.Context()); err == nil {
		t.Error("a policy that is not there is loaded")
	}
	if got := verdict(t, e, Caller{}, sql); got != "refused" {
		t.Errorf("without a file the query is %s", got)
	}
	if _, err := Open(t.Context(), s.config(t, true)); err == nil {
		t.Error("an engine opens without the policy that its configuration names")
	}
}

// TestAttacksByAShard: regions come from the operator's file, whatever a shard or its adapter takes itself for.
func TestAttacksByAShard(t *testing.T) {
	s := newSiege(t)
	liar := tap.Wrap(func(c connectors.Config) (connectors.Connector, error) {
		c.Region = "eu-central-1"
		return duckdb.Open(c)
	}, func(shard string) *tap.Recorder { return s.taps[shard] })
	e := s.open(t, attackDay, true, WithDriver("duckdb", liar))
	if got := verdict(t, e, Caller{}, "SELECT name FROM members WHERE coop = 4"); got != "refused" {
		t.Errorf("a shard that claims to be here gives up its rows: %s", got)
	}
	if out := s.leaked(nothing); len(out) > 0 {
		t.Errorf("over a border went %s", out)
	}
}

// TestAttacksByStatistics: what an engine knows of tables, and shows of shards, holds none of their values.
func TestAttacksByStatistics(t *testing.T) {
	s := newSiege(t)
	e := s.on(attackDay)
	shards, err := e.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report, err := e.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out := s.told(asJSON(t, shards)+asJSON(t, report), nothing); len(out) > 0 {
		t.Errorf("the status tells %s", out)
	}
	if out := s.leaked(nothing); len(out) > 0 {
		t.Errorf("over a border went %s", out)
	}
}

// TestAttacksWithoutRules makes the attacks while the planner does without its rules and decisions: the check does not lean on any. A plan
// may then be refused that otherwise is not; what is answered is the same.
func TestAttacksWithoutRules(t *testing.T) {
	s := newSiege(t)
	list := attacks(t)
	for name, off := range map[string][]string{"all": everyRule(), "shipping": {"ship_rows"}, "estimates": {"estimates"}} {
		t.Run(name, func(t *testing.T) {
			e := s.open(t, attackDay, true, WithoutRules(off...))
			counts := map[string]int{}
			for _, a := range list {
				if a.today == attackDay {
					counts[s.makeWithout(t, e, a)]++
				}
			}
			t.Log(counts)
			if counts["answered"] == 0 {
				t.Error("nothing is answered")
			}
		})
	}
}

func (s *siege) makeWithout(t *testing.T, e *Engine, a attack) string {
	sql, err := s.expand(a.sql)
	if err != nil {
		t.Fatal(err)
	}
	want := s.truth(t, a)
	s.forget()
	got, err := answerOf(t.Context(), e.As(a.caller), sql)
	switch how := outcome(err); {
	case how == "answered" && (a.verdict == "refuse" || a.verdict == "not answered"):
		t.Errorf("%s.attack:%d: is answered: %v\n%s", a.file, a.line, got.Rows, sql)
	case how == "answered" && a.oracle != "":
		if err := logictest.Compare(logictest.Case{}, want, got); err != nil {
			t.Errorf("%s.attack:%d: is answered otherwise: %v\n%s", a.file, a.line, err, sql)
		}
	}
	if out := s.leaked(s.allowed(a, sql, want)); len(out) > 0 {
		t.Errorf("%s.attack:%d: over a border went %s\n%s", a.file, a.line, strings.Join(out, "\n"), sql)
	}
	if out := s.told(message(err, sql), s.allowed(a, sql, want)); len(out) > 0 {
		t.Errorf("%s.attack:%d: the message tells %s\n%s", a.file, a.line, strings.Join(out, "\n"), sql)
	}
	return outcome(err)
}
