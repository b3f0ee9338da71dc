package atoll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/residency"
)

// TestAttacks makes every attack, from plan to answer: the verdict is the one that the file says, and nothing that is planted
// crossed a border in any byte, or is told by a message or by a plan.
func TestAttacks(t *testing.T) {
	s := newSiege(t)
	s.on(attackDay)
	if out := s.leaked(nothing); len(out) > 0 {
		t.Errorf("opening the engine: %s", strings.Join(out, "\n"))
	}
	counts := map[string]int{}
	for _, a := range attacks(t) {
		t.Run(a.file+"/"+a.name, func(t *testing.T) { counts[s.make(t, a)]++ })
	}
	t.Log(counts)
	for shard, r := range s.taps {
		s.forget()
		if _, err := answerOf(t.Context(), s.on(attackDay).As(Caller{}), "SELECT name FROM coops"); err != nil {
			t.Fatal(err)
		}
		if out, in := r.Bytes(); out == 0 || in == 0 {
			t.Errorf("the recorder of %s heard nothing: %d bytes to it and %d from it", shard, out, in)
		}
	}
}

// make makes one attack and returns how it ended.
func (s *siege) make(t *testing.T, a attack) string {
	sql, err := s.expand(a.sql)
	if err != nil {
		t.Fatal(err)
	}
	session := s.on(a.today).As(a.caller)
	s.forget()
	got, err := answerOf(t.Context(), session, sql)
	want := s.truth(t, a)
	if fault := a.judge(want, got, err); fault != "" {
		t.Errorf("%s.attack:%d: %s\n%s", a.file, a.line, fault, sql)
	}
	allowed := s.allowed(a, sql, want)
	explanation, text := explained(t.Context(), session, sql)
	for what, text := range map[string]string{"the message": message(err, sql), "the plan": explanation, "the refusal of the plan": text} {
		if out := s.told(text, allowed); len(out) > 0 {
			t.Errorf("%s.attack:%d: %s tells %s\n%s\n%s", a.file, a.line, what, strings.Join(out, "\n"), sql, text)
		}
	}
	if out := s.leaked(allowed); len(out) > 0 {
		t.Errorf("%s.attack:%d: over a border went %s\n%s", a.file, a.line, strings.Join(out, "\n"), sql)
	}
	return outcome(err)
}

func outcome(err error) string {
	var ae *Error
	switch {
	case err == nil:
		return "answered"
	case errors.As(err, &ae) && ae.Kind == KindResidency:
		return "refused"
	}
	return "failed"
}

// judge says what is wrong with how an attack ended, "" if nothing is.
func (a attack) judge(want, got logictest.Answer, err error) string {
	how := outcome(err)
	switch a.verdict {
	case "permit":
		if err != nil {
			return "is not permitted: " + message(err, "")
		}
		if a.oracle == "" {
			break
		}
		if err := logictest.Compare(logictest.Case{}, want, got); err != nil {
			return "is answered otherwise: " + err.Error()
		}
	case "refuse":
		if how != "refused" {
			return fmt.Sprintf("is not refused but %s: %v %s", how, got.Rows, message(err, ""))
		}
		text := message(err, "")
		for _, word := range strings.Split(a.says, "|") {
			if !strings.Contains(text, word) {
				return fmt.Sprintf("the refusal does not say %q: %s", word, text)
			}
		}
	case "error":
		if how != "failed" || stateOf(err) != a.says {
			return fmt.Sprintf("does not fail with %s but %s %s: %v", a.says, how, stateOf(err), err)
		}
	case "not answered":
		if how == "answered" {
			return fmt.Sprintf("is answered: %v", got.Rows)
		}
	case "safe":
		if how == "failed" {
			return "fails: " + message(err, "")
		}
		if a.oracle == "" || err != nil {
			break
		}
		if err := logictest.Compare(logictest.Case{}, want, got); err != nil {
			return "is answered otherwise: " + err.Error()
		}
	}
	return ""
}

func message(err error, sql string) string {
	var ae *Error
	if !errors.As(err, &ae) {
		return fmt.Sprint(err)
	}
	return ae.Text + "\n" + ae.Hint + "\n" + ae.Render(sql)
}

// explained is everything that an explanation shows, also of a run, and everything that its failure says.
func explained(ctx context.Context, session *Session, sql string) (shown, failed string) {
	for _, analyze := range []bool{false, true} {
		x, err := session.Explain(ctx, sql, ExplainOptions{Analyze: analyze})
		if err != nil {
			failed += message(err, "")
			continue
		}
		j, err := json.Marshal(x)
		if err != nil {
			failed += err.Error()
		}
		shown += x.Text() + string(j)
	}
	return shown, failed
}

// TestAttacksAreReal asks the same without a policy: what is refused would be answered. An attack that is no query proves nothing.
func TestAttacksAreReal(t *testing.T) {
	s := newSiege(t)
	e := s.open(t, attackDay, false)
	for _, a := range attacks(t) {
		if a.verdict == "not answered" || a.verdict == "error" {
			continue
		}
		sql, err := s.expand(a.sql)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Explain(t.Context(), sql, ExplainOptions{})
		if err != nil && !strings.Contains(err.Error(), "secrets.pseudonym_key") { // a policy's function
			t.Errorf("%s.attack:%d: %s: %v", a.file, a.line, a.name, err)
		}
	}
}

// TestMutations switches off each clause of the check in turn: at least one attack must then succeed, or nothing tests the clause.
func TestMutations(t *testing.T) {
	s := newSiege(t)
	list := attacks(t)
	if by := s.broken(t, list); by != "" {
		t.Fatalf("with all clauses in force %s", by)
	}
	for _, clause := range residency.Clauses() {
		list := list
		t.Run(clause, func(t *testing.T) {
			line := secondLines[clause]
			for _, first := range line.behind {
				defer residency.SkipClause(first)()
			}
			if line.attack != "" {
				s.holds(t, list, line.attack)
			}
			defer residency.SkipClause(clause)()
			if line.attack != "" {
				list = slices.DeleteFunc(slices.Clone(list), func(a attack) bool { return a.name != line.attack })
			}
			by := s.broken(t, list)
			if reason, is := unreachable[clause]; is {
				if by != "" {
					t.Errorf("%s: and yet %s", reason, by)
				}
				t.Skip(reason)
			}
			if by == "" {
				t.Errorf("without the clause %s no attack succeeds", clause)
			} else {
				t.Log(by)
			}
		})
	}
}

// unreachable are clauses about plans that the planner does not make.
var unreachable = map[string]string{"grouping_sets": "shards are asked for the finest groups, from which the coordinator makes the sets"}

// secondLines are clauses that look again at what others have refused already: to be seen, they need an attack that these let pass.
var secondLines = map[string]struct {
	behind []string
	attack string
}{
	"aggregate_shape": {[]string{"form"}, "limit_that_keeps_one_person"},
	"subquery":        {[]string{"fence"}, "subquery_below_the_aggregate"},
	"final_statement": {[]string{"subquery", "fence"}, "subquery_over_the_unconsenting_below_the_aggregate"},
}

// holds checks that an attack is refused by what is left of the check.
func (s *siege) holds(t *testing.T, list []attack, name string) {
	t.Helper()
	i := slices.IndexFunc(list, func(a attack) bool { return a.name == name })
	if i < 0 {
		t.Fatalf("there is no attack %s", name)
	}
	if how := s.succeeds(t, list[i], false); how != "" {
		t.Errorf("%s %s already without the clauses before", name, how)
	}
}

// broken returns the first attack that succeeds, and how. Those that must be refused are only planned, since a plan is the verdict.
func (s *siege) broken(t *testing.T, list []attack) string {
	for _, run := range []bool{false, true} {
		for _, a := range list {
			if how := s.succeeds(t, a, run); how != "" {
				return fmt.Sprintf("%s/%s: %s", a.file, a.name, how)
			}
		}
	}
	return ""
}

func (s *siege) succeeds(t *testing.T, a attack, run bool) (how string) {
	defer func() { // what remains of the check need not cope with what it never sees
		if x := recover(); x != nil {
			t.Logf("%s/%s: panic: %v", a.file, a.name, x)
			how = ""
		}
	}()
	sql, err := s.expand(a.sql)
	if err != nil {
		t.Fatal(err)
	}
	session := s.on(a.today).As(a.caller)
	if !run {
		if a.verdict != "refuse" || a.late {
			return ""
		}
		if _, err := session.Explain(t.Context(), sql, ExplainOptions{}); err == nil {
			return "is permitted"
		}
		return ""
	}
	if a.verdict != "permit" && a.verdict != "safe" && !a.late {
		return ""
	}
	want := s.truth(t, a)
	s.forget()
	got, err := answerOf(t.Context(), session, sql)
	out := s.leaked(s.allowed(a, sql, want))
	switch {
	case err == nil && a.late:
		return "is answered"
	case err == nil && len(out) > 0:
		return "over a border goes " + out[0]
	case err == nil && a.oracle != "" && logictest.Compare(logictest.Case{}, want, got) != nil:
		return "shows more than it may"
	case outcome(err) == "failed" && !a.late:
		return "fails by what it may not see: " + err.Error()
	}
	return ""
}

// truth is what the oracle of an attack answers, if it has one.
func (s *siege) truth(t *testing.T, a attack) (want logictest.Answer) {
	t.Helper()
	if a.oracle == "" {
		return want
	}
	oracle, err := s.expand(a.oracle)
	if err == nil {
		want, err = logictest.FromPostgres(t.Context(), s.oracle, oracle, nil)
	}
	if err != nil {
		t.Fatalf("the oracle: %v", err)
	}
	return want
}
