package report

import (
	"cmp"
	"fmt"
	"time"
)

// New begins the report of a benchmark that starts now on this machine. seed is what its rows are made from.
func New(bench string, seed uint64) *Report {
	return &Report{Format: Format, Bench: bench, Started: time.Now(), Machine: ThisMachine(), Seed: seed}
}

// Observe adds a round's value to the series of a name under conditions, which are given as names and values in turn, and begins the series if there is none
// yet. Unit and better are those of the series; see [Series].
func (r *Report) Observe(name, unit, better string, value float64, conditions ...string) {
	s := r.series(name, conditions)
	if s == nil {
		r.Series = append(r.Series, Series{Name: name, Unit: unit, Better: better, Labels: labels(conditions)})
		s = &r.Series[len(r.Series)-1]
	}
	s.Values = append(s.Values, value)
}

// series finds the series that has exactly these conditions; the latest is likely the one.
func (r *Report) series(name string, conditions []string) *Series {
	for i := len(r.Series) - 1; i >= 0; i-- {
		if s := &r.Series[i]; s.Name == name && s.has(conditions) {
			return s
		}
	}
	return nil
}

func (s *Series) has(conditions []string) bool {
	if 2*len(s.Labels) != len(conditions) {
		return false
	}
	for i, l := range s.Labels {
		if conditions[2*i] != l.Name || conditions[2*i+1] != l.Value {
			return false
		}
	}
	return true
}

func labels(conditions []string) []Label {
	out := make([]Label, 0, len(conditions)/2)
	for i := 0; i+1 < len(conditions); i += 2 {
		out = append(out, Label{Name: conditions[i], Value: conditions[i+1]})
	}
	return out
}

// Reach holds the median of a series to a bound; least says that it is the least that is wanted, not the most. A series that is missing, has failed or has no
// values makes the goal unknown, and so do values that are lower bounds, unless they suffice for what is at least wanted or are beyond what is at most.
func (r *Report) Reach(text string, s *Series, bound float64, least bool) {
	g := Goal{Text: text, Bound: bound, AtLeast: least}
	switch {
	case s == nil:
		g.Unknown = "it was not measured"
	case len(s.Values) == 0 || s.Failed != "":
		g.Unit, g.Unknown = s.Unit, cmp.Or(s.Failed, "it has no values")
	default:
		g.Unit, g.Seen = s.Unit, s.Median()
		if s.AtLeast && g.Met() != least { // it may be more: enough then, or too much
			g.Unknown = fmt.Sprintf("it was cut off: %s is a lower bound", show(s.Unit, g.Seen))
		}
	}
	r.Goals = append(r.Goals, g)
}

// TooSmall says of the goals that could be judged why what was measured says nothing about them.
func (r *Report) TooSmall(why string) {
	for i := range r.Goals {
		if g := &r.Goals[i]; g.Unknown == "" {
			g.Unknown = fmt.Sprintf("%s; %s here", why, show(g.Unit, g.Seen))
		}
	}
}
