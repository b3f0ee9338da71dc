package report

import (
	"math"
	"slices"
)

// Median is the value in the middle, or the mean of the two there; 0 of none. It leaves values as they are.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Percentile is the least value that so many percent do not exceed (the nearest rank); values are not empty, and stay as they are.
func Percentile(values []float64, percent float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(percent*float64(len(sorted))/100 - 1e-9)) // less what a percent's last binary digit makes of a whole number
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median is that of the values.
func (s *Series) Median() float64 { return Median(s.Values) }

// Label returns a condition's value, "" if the series has no such condition.
func (s *Series) Label(name string) string {
	for _, l := range s.Labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

// Find returns the series of a name under conditions, given as names and values in turn; nil if there is none. Conditions that are not given do not matter.
func (r *Report) Find(name string, conditions ...string) *Series {
	for i := range r.Series {
		s := &r.Series[i]
		matches := s.Name == name
		for k := 0; matches && k+1 < len(conditions); k += 2 {
			matches = s.Label(conditions[k]) == conditions[k+1]
		}
		if matches {
			return s
		}
	}
	return nil
}

// Met reports that the goal was kept; false if nothing can be said.
func (g *Goal) Met() bool {
	switch {
	case g.Unknown != "":
		return false
	case g.AtLeast:
		return g.Seen >= g.Bound
	}
	return g.Seen <= g.Bound
}
