package verdicts

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict is what a policy says of a query.
type Verdict struct {
	Refused bool
	Failed  string   // why the query is none that could be judged; "" if it is
	Because string   // the text of the refusal
	Rules   []string // those by which something leaves, or the nearest that does not permit it
	Terms   []string // what holds of what leaves, in words
}

// Wrong says how a verdict differs from what is expected; "" if it does not.
func (e *Expectation) Wrong(v Verdict) string {
	switch {
	case v.Failed != "":
		return "cannot be judged: " + v.Failed
	case e.Allow && v.Refused:
		return "refused: " + v.Because
	case !e.Allow && !v.Refused:
		return "allowed" + by(v.Rules)
	case e.Rule != "" && !slices.Contains(v.Rules, e.Rule):
		if v.Refused {
			return fmt.Sprintf("refused, but not for rule %s: %s", e.Rule, v.Because)
		}
		return fmt.Sprintf("allowed%s, not by rule %s", by(v.Rules), e.Rule)
	case !strings.Contains(v.Because, e.Because):
		return fmt.Sprintf("refused, but not because of %q: %s", e.Because, v.Because)
	}
	for _, k := range e.Keeps {
		if !slices.ContainsFunc(v.Terms, func(t string) bool { return strings.Contains(t, k) }) {
			return fmt.Sprintf("allowed%s, but %q does not hold: %s", by(v.Rules), k, terms(v.Terms))
		}
	}
	return ""
}

func by(rules []string) string {
	if len(rules) == 0 {
		return ", since nothing leaves a region"
	}
	return " by " + strings.Join(rules, ", ")
}

func terms(list []string) string {
	if len(list) == 0 {
		return "nothing is held back"
	}
	return strings.Join(list, "; ")
}
