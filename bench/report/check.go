package report

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"
)

// Bounds of what is drawn. They are far beyond what a benchmark reports, and keep a broken file from taking all memory.
const (
	maxPoints = 20_000
	maxBars   = 1_000
	maxLanes  = 1_000
	maxCharts = 1_000
	maxValue  = 1e30
)

// plotName is what a chart's file may be called.
var plotName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,99}$`)

// Check reports what makes a report unfit to be shown: values that are no numbers, times that run backwards, histograms that cannot be read, charts whose
// parts do not fit together. Load has checked what it returns.
func (r *Report) Check() error {
	if r.Format != Format {
		return fmt.Errorf("the report's format is %d, and must be %d", r.Format, Format)
	}
	if r.Bench == "" {
		return errors.New("the report does not say of which benchmark it is")
	}
	if r.Took < 0 {
		return fmt.Errorf("the report says that the benchmark took %s", r.Took)
	}
	for _, p := range r.Peers {
		if p.Start < 0 || p.Equal < 0 || p.Equal > p.Checked {
			return fmt.Errorf("peer %q: started in %s, %d equal answers of %d: this cannot be", p.Name, p.Start, p.Equal, p.Checked)
		}
	}
	for i := range r.Series {
		if err := r.Series[i].check(); err != nil {
			return fmt.Errorf("series %d, %q: %w", i+1, r.Series[i].Name, err)
		}
	}
	for _, g := range r.Goals {
		if err := finite(g.Seen, g.Bound); err != nil {
			return fmt.Errorf("goal %q: %w", g.Text, err)
		}
	}
	for _, b := range r.Borders {
		if b.Rows < 0 || b.Bytes < 0 {
			return fmt.Errorf("border from %q to %q: %d rows of %d bytes cannot cross", b.From, b.To, b.Rows, b.Bytes)
		}
	}
	return r.checkPictures()
}

// checkPictures checks charts and timelines, and that each has a name of its own.
func (r *Report) checkPictures() error {
	if n := len(r.Charts) + len(r.Timelines); n > maxCharts {
		return fmt.Errorf("%d charts and timelines; at most %d are drawn", n, maxCharts)
	}
	seen := map[string]bool{}
	name := func(kind, name string) error {
		switch {
		case !plotName.MatchString(name):
			return fmt.Errorf("%s %q: its name becomes a file's, and must be small letters, digits and hyphens", kind, name)
		case seen[name]:
			return fmt.Errorf("%s %q: the name is taken by another", kind, name)
		}
		seen[name] = true
		return nil
	}
	for i := range r.Charts {
		c := &r.Charts[i]
		if err := name("chart", c.Name); err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("chart %q: %w", c.Name, err)
		}
	}
	for i := range r.Timelines {
		t := &r.Timelines[i]
		if err := name("timeline", t.Name); err != nil {
			return err
		}
		if err := t.check(); err != nil {
			return fmt.Errorf("timeline %q: %w", t.Name, err)
		}
	}
	return nil
}

func finite(lists ...float64) error {
	for _, v := range lists {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is no measured value", v)
		}
		if math.Abs(v) > maxValue {
			return fmt.Errorf("%v is beyond what is measured", v)
		}
	}
	return nil
}

// check allows values below zero: differences of two measured times may be.
func (s *Series) check() error {
	if s.Name == "" {
		return errors.New("it has no name")
	}
	if s.Better != "" && s.Better != Lower && s.Better != Higher {
		return fmt.Errorf("better is %q; it is %q, %q or nothing", s.Better, Lower, Higher)
	}
	if err := finite(s.Values...); err != nil {
		return err
	}
	if s.Histogram != "" {
		if _, err := Decode(s.Histogram); err != nil {
			return err
		}
	}
	return nil
}

func (c *Chart) check() error {
	if !slices.Contains([]string{Lines, Bars, Stacked}, c.Kind) {
		return fmt.Errorf("its kind is %q; there are %q, %q and %q", c.Kind, Lines, Bars, Stacked)
	}
	if len(c.Categories) > maxBars || len(c.Lines) > maxBars {
		return fmt.Errorf("%d categories of %d bars; at most %d are drawn", len(c.Categories), len(c.Lines), maxBars)
	}
	points := 0
	for _, l := range c.Lines {
		if err := l.check(c); err != nil {
			return fmt.Errorf("line %q: %w", l.Name, err)
		}
		points += len(l.Y)
	}
	if points > maxPoints {
		return fmt.Errorf("%d points; at most %d are drawn", points, maxPoints)
	}
	return nil
}

func (l *Line) check(c *Chart) error {
	want, of := len(c.Categories), "categories"
	if c.Kind == Lines {
		want, of = len(l.X), "values of x"
	}
	if len(l.Y) != want {
		return fmt.Errorf("%d values of y for %d %s", len(l.Y), want, of)
	}
	for _, side := range [][]float64{l.Low, l.High} {
		if len(side) != 0 && len(side) != want {
			return fmt.Errorf("%d bounds of the spread for %d values", len(side), want)
		}
	}
	if len(l.Low) != len(l.High) {
		return errors.New("a spread has a lower and an upper bound")
	}
	for i := range l.Low {
		if l.Low[i] > l.High[i] {
			return fmt.Errorf("the spread from %v to %v runs backwards", l.Low[i], l.High[i])
		}
	}
	return finite(slices.Concat(l.X, l.Y, l.Low, l.High)...)
}

func (t *Timeline) check() error {
	if len(t.Lanes) > maxLanes {
		return fmt.Errorf("%d lanes; at most %d are drawn", len(t.Lanes), maxLanes)
	}
	const longest = 1000 * time.Hour
	spans := 0
	for _, l := range t.Lanes {
		spans += len(l.Spans)
		for _, s := range l.Spans {
			if s.Start < 0 || s.End < s.Start || s.End > longest {
				return fmt.Errorf("lane %q: phase %q from %s to %s is no time of a query", l.Name, s.Phase, s.Start, s.End)
			}
		}
	}
	if spans > maxPoints {
		return fmt.Errorf("%d phases; at most %d are drawn", spans, maxPoints)
	}
	return nil
}
