package load

import (
	"slices"

	"github.com/atoll-sql/atoll/bench/report"
)

// Rounds are the results of one thing, measured in several rounds under the same conditions.
type Rounds []*Result

// percents are those of which there is a series each.
var percents = []struct {
	name    string
	percent float64
}{{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}}

// Series makes "latency p50", p90, p99, p99.9 and max in seconds, with a value a round; "throughput" per second; in an open loop "service p50" and so on as well;
// and "errors", where there were any. The histogram of all rounds is with p50. All have the labels.
func (rs Rounds) Series(labels ...report.Label) ([]report.Series, error) {
	out, err := rs.times("latency", labels, func(r *Result) *Recorder { return r.Latency })
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(rs, func(r *Result) bool { return r.Wanted > 0 }) {
		service, err := rs.times("service", labels, func(r *Result) *Recorder { return r.Service })
		if err != nil {
			return nil, err
		}
		out = append(out, service...)
	}
	rate := report.Series{Name: "throughput", Labels: labels, Unit: report.PerSecond, Better: report.Higher}
	failed := report.Series{Name: "errors", Labels: labels, Unit: report.Count, Better: report.Lower}
	for _, r := range rs {
		rate.Values, failed.Values = append(rate.Values, r.Achieved()), append(failed.Values, float64(r.Failed))
	}
	out = append(out, rate)
	if slices.Max(append(failed.Values, 0)) > 0 {
		out = append(out, failed)
	}
	return out, nil
}

func (rs Rounds) times(name string, labels []report.Label, of func(*Result) *Recorder) ([]report.Series, error) {
	all, atLeast := NewRecorder(), false
	for _, r := range rs {
		all.Merge(of(r))
		atLeast = atLeast || r.Unanswered > 0 || of(r).Cut() > 0
	}
	text, err := all.Encode()
	if err != nil {
		return nil, err
	}
	var out []report.Series
	for _, p := range percents {
		s := report.Series{Name: name + " " + p.name, Labels: labels, Unit: report.Seconds, Better: report.Lower, AtLeast: atLeast}
		for _, r := range rs {
			if of(r).Count() > 0 {
				s.Values = append(s.Values, of(r).Percentile(p.percent).Seconds())
			}
		}
		if len(s.Values) == 0 {
			s.Failed = rs.why()
		}
		out = append(out, s)
	}
	out[0].Histogram = text
	return out, nil
}

// why says why nothing was answered.
func (rs Rounds) why() string {
	for _, r := range rs {
		if len(r.Errors) > 0 {
			return "no request was answered: " + r.Errors[0].First.Error()
		}
	}
	return "no request was made"
}
