package atoll

import (
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// TestSketchesOfPurposes: under a rule with a key, a sketch of one purpose is worth nothing to another, whose claim makes other hashes of the same values.
func TestSketchesOfPurposes(t *testing.T) {
	s := newSiege(t)
	e := s.on(attackDay)
	const sql = "SELECT hll_sketch(badge, 12) AS s, hll_estimate(hll_sketch(badge, 12)) AS n FROM badges WHERE coop = 2"
	ask := func(purpose string) logictest.Answer {
		t.Helper()
		a, err := answerOf(t.Context(), e.As(Caller{Purpose: purpose}), sql)
		if err != nil || len(a.Rows) != 1 {
			t.Fatal(purpose, err)
		}
		return a
	}
	first, again, other := ask("census"), ask("census"), ask("claimed")
	if first.Rows[0][0].Text != again.Rows[0][0].Text {
		t.Error("two sketches of one purpose differ")
	}
	if first.Rows[0][0].Text == other.Rows[0][0].Text {
		t.Error("sketches of two purposes are equal")
	}
	if first.Rows[0][1].Text != "14" || other.Rows[0][1].Text != "14" {
		t.Errorf("the estimates are %s and %s", first.Rows[0][1].Text, other.Rows[0][1].Text)
	}
	merged := "SELECT hll_merge(s) AS s FROM (VALUES ('" + first.Rows[0][0].Text + "'::bytea), ('" + other.Rows[0][0].Text + "'::bytea)) AS v (s)"
	if _, err := answerOf(t.Context(), e.As(Caller{}), merged); err == nil || !strings.Contains(err.Error(), "different keys") {
		t.Errorf("sketches of two purposes are merged: %v", err)
	}
}

// TestSketchesByValue: where shards make no sketches, distinct values would travel, which a rule of sketches does not permit.
func TestSketchesByValue(t *testing.T) {
	s := newSiege(t)
	e := s.open(t, attackDay, true, WithoutRules("sketches"))
	for _, sql := range []string{"SELECT approx_count_distinct(member_id) AS n FROM logins", "SELECT device, hll_sketch(member_id) AS s FROM logins GROUP BY device"} {
		s.forget()
		_, err := answerOf(t.Context(), e.As(Caller{}), sql)
		if outcome(err) != "refused" || !strings.Contains(err.Error(), "rule logins-sketches permits sketches only, and values or groups would leave without one") {
			t.Errorf("%s: %v", sql, err)
		}
		if out := s.leaked(nothing); len(out) > 0 {
			t.Errorf("%s: over a border went %v", sql, out)
		}
	}
}

// countedBadges is a rule beside those of the attacks: of badges also counts by value may leave.
const countedBadges = `
- id: badges-counted
  effect: allow
  from: [sa-east-1, us-east-1, ap-south-1]
  to: [eu-central-1]
  tables: [badges]
  columns: [badge]
  form: aggregate
  filter_columns: [coop]
  aggregate: {functions: [count, count_distinct], group_by: [hall, badge], entity: member, min: 5}
`

// TestSketchesOfWhatWasKept: where distinct values would travel, a rule by which groups of values leave is none for sketches: values that few have would
// be missing in them.
func TestSketchesOfWhatWasKept(t *testing.T) {
	s := newSiege(t)
	s.policy(t, func(text string) string { return text + countedBadges })
	e := s.open(t, attackDay, true, WithoutRules("sketches"))
	for _, sql := range []string{"SELECT approx_count_distinct(badge, 12) AS n FROM badges", "SELECT hll_sketch(badge, 12) AS s FROM badges WHERE coop IN (2, 4)"} {
		_, err := answerOf(t.Context(), e.As(Caller{Purpose: "census"}), sql)
		if outcome(err) != "refused" || !strings.Contains(err.Error(), "would not be counted") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
