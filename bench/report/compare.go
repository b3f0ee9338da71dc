package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchmath"
)

// confidence is that of the intervals around medians.
const confidence = 0.95

// Comparison is what changed from one report to another, the first being the older one.
type Comparison struct {
	Bench    string      `json:"bench"`
	Started  [2]string   `json:"started"`
	Alpha    float64     `json:"alpha"`
	Level    float64     `json:"confidence"`
	Warnings []string    `json:"warnings"` // why the reports may not be comparable
	Changes  []Change    `json:"changes"`
	Only     [2][]Sample `json:"only"`            // series that one of the reports has
	Notes    []string    `json:"notes,omitempty"` // on the confidence intervals of all
}

// Sample is a series of one report, by its median and the confidence interval around it.
type Sample struct {
	Name   string   `json:"name"`
	Labels []Label  `json:"labels"`
	Unit   string   `json:"unit"`
	N      int      `json:"n"`
	Median *float64 `json:"median"` // null where nothing was measured
	Low    *float64 `json:"low"`    // null where there are too few values for the level of confidence
	High   *float64 `json:"high"`
	// Range is the larger half of the interval in percent of the median, "∞" where there are too few values.
	Range string `json:"range"`
}

// What became of a series.
const (
	Better = "better"
	Worse  = "worse"
	Other  = "other" // different, and the series does not say what is better
	Same   = "~"     // no difference that chance does not explain
)

// Change is a series of both reports.
type Change struct {
	A Sample `json:"a"`
	B Sample `json:"b"`
	// Percent is how much more B's median is than A's; null where there is no significant difference, or it cannot be said in percent.
	Percent *float64 `json:"percent"`
	P       *float64 `json:"p"` // of the Mann-Whitney U test; null where it could not be made
	Verdict string   `json:"verdict"`
	Remarks []string `json:"remarks,omitempty"`
}

// Compare compares reports of the same benchmark by benchstat's statistics, which assume nothing about how values are distributed: medians, their confidence
// intervals, and the Mann-Whitney U test, whose p-value must be below alpha (0.05, say) for a difference to be told from chance.
func Compare(a, b *Report, alpha float64) (*Comparison, error) {
	if a.Bench != b.Bench {
		return nil, fmt.Errorf("these are reports of different benchmarks, %s and %s; compare two of the same", a.Bench, b.Bench)
	}
	if !(alpha > 0 && alpha < 1) {
		return nil, fmt.Errorf("alpha is %v, and must be between 0 and 1, as 0.05", alpha)
	}
	c := &Comparison{Bench: a.Bench, Alpha: alpha, Level: confidence, Warnings: differences(a, b), Changes: []Change{}, Only: [2][]Sample{{}, {}},
		Started: [2]string{a.Started.UTC().Format(time.DateTime), b.Started.UTC().Format(time.DateTime)}}
	thresholds := benchmath.DefaultThresholds
	thresholds.CompareAlpha = alpha
	of := byKey(b)
	for key, s := range keyed(a) {
		other := of[key]
		if other == nil {
			one, _ := c.sample(s, &thresholds)
			c.Only[0] = append(c.Only[0], one)
			continue
		}
		c.Changes = append(c.Changes, c.change(s, other, &thresholds))
	}
	of = byKey(a)
	for key, s := range keyed(b) {
		if of[key] == nil {
			one, _ := c.sample(s, &thresholds)
			c.Only[1] = append(c.Only[1], one)
		}
	}
	return c, nil
}

// keyed yields each series with what identifies it: its name, its conditions in any order, and the how manieth of these it is.
func keyed(r *Report) func(yield func(string, *Series) bool) {
	return func(yield func(string, *Series) bool) {
		seen := map[string]int{}
		for i := range r.Series {
			s := &r.Series[i]
			var labels []string
			for _, l := range s.Labels {
				labels = append(labels, fmt.Sprintf("%q=%q", l.Name, l.Value))
			}
			slices.Sort(labels)
			key := fmt.Sprintf("%q %s", s.Name, strings.Join(labels, " "))
			seen[key]++
			if !yield(fmt.Sprintf("%s %d", key, seen[key]), s) {
				return
			}
		}
	}
}

func byKey(r *Report) map[string]*Series {
	out := map[string]*Series{}
	for key, s := range keyed(r) {
		out[key] = s
	}
	return out
}

// sample summarises a series. The second result is nil where there is nothing to compare.
func (c *Comparison) sample(s *Series, thresholds *benchmath.Thresholds) (Sample, *benchmath.Sample) {
	out := Sample{Name: s.Name, Labels: s.Labels, Unit: s.Unit, N: len(s.Values)}
	if len(s.Values) == 0 {
		return out, nil
	}
	sample := benchmath.NewSample(slices.Clone(s.Values), thresholds)
	summary := benchmath.AssumeNothing.Summary(sample, confidence)
	for _, w := range summary.Warnings {
		if note := "±∞: " + w.Error(); !slices.Contains(c.Notes, note) {
			c.Notes = append(c.Notes, note)
		}
	}
	median := s.Median()
	out.Median, out.Range = &median, summary.PctRangeString()
	if finite(summary.Lo, summary.Hi) == nil {
		out.Low, out.High = &summary.Lo, &summary.Hi
	}
	return out, sample
}

func (c *Comparison) change(a, b *Series, thresholds *benchmath.Thresholds) Change {
	var out Change
	var x, y *benchmath.Sample
	out.A, x = c.sample(a, thresholds)
	out.B, y = c.sample(b, thresholds)
	if out.Remarks = incomparable(a, b); len(out.Remarks) > 0 {
		return out
	}
	out.Verdict = Same
	test := benchmath.AssumeNothing.Compare(x, y)
	out.P = &test.P
	for _, w := range test.Warnings {
		out.Remarks = append(out.Remarks, w.Error())
	}
	if test.P > test.Alpha {
		return out
	}
	was, is := *out.A.Median, *out.B.Median
	if percent := (is/was - 1) * 100; was > 0 && is >= 0 && finite(percent) == nil {
		out.Percent = &percent
	}
	out.Verdict = verdict(a.Better, was, is)
	return out
}

// verdict says what a significant difference means.
func verdict(better string, was, is float64) string {
	switch {
	case was == is:
		return Same
	case better == "":
		return Other
	case (is < was) == (better == Lower):
		return Better
	}
	return Worse
}

// incomparable lists why no difference can be told between two series.
func incomparable(a, b *Series) []string {
	var out []string
	for i, s := range []*Series{a, b} {
		file := "AB"[i : i+1]
		switch {
		case s.Failed != "":
			out = append(out, file+" failed: "+s.Failed)
		case len(s.Values) == 0:
			out = append(out, file+" has no values")
		case s.AtLeast:
			out = append(out, file+" was cut off by a time limit: its values are lower bounds")
		}
	}
	if a.Unit != b.Unit {
		out = append(out, fmt.Sprintf("the units differ: %q and %q", a.Unit, b.Unit))
	}
	if a.Better != b.Better {
		out = append(out, fmt.Sprintf("what is better differs: %q and %q", a.Better, b.Better))
	}
	return out
}
