package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
)

// curveFigures draws the histograms of all series: which latency so many percent do not exceed. Series of a name share a picture as far as its colours go.
func (r *Report) curveFigures(free func(string) string) ([]*figure, error) {
	var names []string
	of := map[string][]*Series{}
	for i := range r.Series {
		s := &r.Series[i]
		if s.Histogram == "" {
			continue
		}
		if of[s.Name] == nil {
			names = append(names, s.Name)
		}
		of[s.Name] = append(of[s.Name], s)
	}
	var out []*figure
	for _, name := range names {
		for _, list := range pictured(of[name]) {
			f, err := curveFigure(free(fmt.Sprintf("percentiles-%d", len(out)+1)), list)
			if err != nil {
				return nil, err
			}
			if f != nil {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// pictured divides series among pictures of at most as many as there are colours: by the condition that makes the fewest pictures, else one after the other.
func pictured(list []*Series) [][]*Series {
	if len(list) <= len(palette) {
		return [][]*Series{list}
	}
	var best [][]*Series
	for _, label := range labelNames(list) {
		groups := grouped(list, label)
		fits := !slices.ContainsFunc(groups, func(g []*Series) bool { return len(g) > len(palette) })
		if fits && (best == nil || len(groups) < len(best)) {
			best = groups
		}
	}
	if best == nil {
		best = slices.Collect(slices.Chunk(list, len(palette)))
	}
	return best
}

func grouped(list []*Series, label string) [][]*Series {
	var out [][]*Series
	at := map[string]int{}
	for _, s := range list {
		value := s.Label(label)
		i, seen := at[value]
		if !seen {
			i = len(out)
			at[value] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out
}

// curveFigure is nil if nothing was counted. A series that is named after the median among its latencies is not about it alone.
func curveFigure(name string, list []*Series) (*figure, error) {
	same, varying := shared(list)
	c := Chart{Name: name, Kind: Lines, Title: strings.TrimSuffix(list[0].Name, " p50") + " by percentile", X: "percent of all that took no longer", Y: "latency, s", LogX: true}
	if len(same) > 0 {
		c.Title += ": " + labelText(same)
	}
	low, high, end := math.Inf(1), 0.0, 1.0
	for _, s := range list {
		h, err := Decode(s.Histogram)
		if err != nil {
			return nil, fmt.Errorf("series %q: %w", s.Name, err)
		}
		if h.TotalCount() == 0 {
			continue
		}
		l := curve(h)
		if l.Name = labelText(varying(s)); l.Name == "" {
			l.Name = s.Name
		}
		low, high, end = min(low, slices.Min(l.Y)), max(high, slices.Max(l.Y)), max(end, slices.Max(l.X))
		c.Lines = append(c.Lines, l)
	}
	if len(c.Lines) == 0 {
		return nil, nil
	}
	c.LogY = low > 0 && high/low > 4
	f := c.lines(0)
	f.plot.X.Min, f.plot.X.Max = 1, end*1.1
	f.plot.X.Tick.Marker = percentTicks(end)
	return f, nil
}

// shared tells conditions that are the same for all series from those that are not.
func shared(list []*Series) (same []Label, varying func(*Series) []Label) {
	fixed := map[string]bool{}
	for _, name := range labelNames(list) {
		value := list[0].Label(name)
		if !slices.ContainsFunc(list, func(s *Series) bool { return s.Label(name) != value }) {
			fixed[name] = true
			same = append(same, Label{name, value})
		}
	}
	return same, func(s *Series) []Label {
		return slices.DeleteFunc(slices.Clone(s.Labels), func(l Label) bool { return fixed[l.Name] })
	}
}

// curve reads the latencies of quantiles p at steps of 1/(1-p), as far as single values tell them apart, and no further than the 99.9999th percentile.
func curve(h *hdrhistogram.Histogram) Line {
	const steps = 20 // in a power of ten
	var l Line
	end := min(float64(h.TotalCount()), 1e6)
	for k := 0; ; k++ {
		x := min(math.Pow(10, float64(k)/steps), end)
		l.X, l.Y = append(l.X, x), append(l.Y, quantile(h, 100*(1-1/x)))
		if x >= end {
			return l
		}
	}
}

// percentTicks marks the half and all powers of ten by their percentiles: 90, 99, 99.9, …
func percentTicks(end float64) plot.ConstantTicks {
	ticks := plot.ConstantTicks{{Value: 1, Label: "0 %"}, {Value: 2, Label: "50 %"}, {Value: 4, Label: "75 %"}, {Value: 10, Label: "90 %"}}
	for k, x := 2, 100.0; x <= end*1.1; k, x = k+1, x*10 {
		label := "99"
		if k > 2 {
			label += "." + strings.Repeat("9", k-2)
		}
		ticks = append(ticks, plot.Tick{Value: x, Label: label + " %"})
	}
	return slices.DeleteFunc(ticks, func(t plot.Tick) bool { return t.Value > end*1.1 })
}
