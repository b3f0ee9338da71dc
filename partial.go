package atoll

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Partial says which answers are good enough when shards fail or are late: those of the others, unless too few or the wrong ones are left.
// A shard is left out wholly, with all of its rows, or not at all. The zero value takes what is available.
type Partial struct {
	// Quorum is how many of the shards that a query asks must answer; if it asks fewer, all of these. 0 is as 1.
	Quorum int
	// Required are shards that must answer wherever a query asks them.
	Required []string
}

// partialForms are the ways to write a Partial.
const partialForms = "it is available, quorum:N or required:SHARD,SHARD…"

// ParsePartial reads the text form of a Partial: "available", "quorum:3" or "required:eu-1,us-1".
func ParsePartial(text string) (Partial, error) {
	form, rest, given := strings.Cut(text, ":")
	switch {
	case form == "available" && !given:
		return Partial{}, nil
	case form == "quorum" && given:
		n, err := strconv.Atoi(strings.TrimSpace(rest))
		if err != nil || n < 1 {
			return Partial{}, partialError("the quorum %q is not a number of shards, 1 or more", rest)
		}
		return Partial{Quorum: n}, nil
	case form == "required" && given:
		var p Partial
		for name := range strings.SplitSeq(rest, ",") {
			name = strings.TrimSpace(name)
			switch {
			case name == "":
				return Partial{}, partialError("required names no shard in %q", rest)
			case !slices.Contains(p.Required, name):
				p.Required = append(p.Required, name)
			}
		}
		return p, nil
	}
	return Partial{}, partialError("unknown form of partial answers %q", text)
}

func partialError(format string, args ...any) error {
	return &Error{Kind: KindUsage, Text: fmt.Sprintf(format, args...), Hint: partialForms, Pos: -1}
}

// String is the text form.
func (p Partial) String() string {
	switch {
	case len(p.Required) > 0 && p.Quorum > 1:
		return fmt.Sprintf("required:%s and quorum:%d", strings.Join(p.Required, ","), p.Quorum)
	case len(p.Required) > 0:
		return "required:" + strings.Join(p.Required, ",")
	case p.Quorum > 0:
		return fmt.Sprintf("quorum:%d", p.Quorum)
	}
	return "available"
}

// Partial returns a session like s whose queries are answered without shards that fail or are late, where p permits that;
// [Result.Completeness] tells which these were, and what the answer means without them. Queries that without some rows would have wrong
// ones are not answered in part: the error says why. A query is never answered if none of the shards that it asks does.
func (s *Session) Partial(p Partial) *Session {
	out := *s
	p.Required = slices.Clone(p.Required)
	out.partial = &p
	return &out
}

// valid holds the policy against the shards that there are.
func (p *Partial) valid(t *topology) error {
	if p == nil {
		return nil
	}
	for _, name := range p.Required {
		if t.byName[name] == nil {
			var names []string
			for _, s := range t.shards {
				names = append(names, s.Name)
			}
			return &Error{Kind: KindUsage, Pos: -1, Text: fmt.Sprintf("required shard %q is not a shard of the configuration", name),
				Hint: "the shards are " + strings.Join(names, ", ")}
		}
	}
	switch n := len(t.shards); {
	case p.Quorum < 0:
		return usageError(errors.New("a quorum must not be negative"))
	case p.Quorum > n:
		return &Error{Kind: KindUsage, Pos: -1, Text: fmt.Sprintf("a quorum of %d cannot be reached: the configuration has %s", p.Quorum, counted(int64(n), "shard")),
			Hint: fmt.Sprintf("ask for %d or fewer", n)}
	}
	return nil
}
