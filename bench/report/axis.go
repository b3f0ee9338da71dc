package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// axis is what a plot shows along one side: a range that holds all values, and marks that people can read. The plot library's own marks are not used, since
// they need a range of a reasonable size.
type axis struct {
	title    string
	unit     string // the values' unit if marks can show it with its own prefixes, else ""
	log      bool
	min, max float64
	values   []float64 // all that are shown, of a log axis those above zero only
	hidden   int       // values that a log axis cannot show
}

// unitsOfAxes are the endings of an axis' title that name a unit which marks show themselves.
var unitsOfAxes = []string{Seconds, Bytes, BytesPerS, RowsPerS, GroupsPerS}

// newAxis reads the unit from the title: "latency, s" or "latency (s)".
func newAxis(title string, log bool) *axis {
	a := &axis{title: title, log: log}
	for _, u := range unitsOfAxes {
		for _, ending := range []string{", " + u, " (" + u + ")"} {
			if bare, found := strings.CutSuffix(title, ending); found {
				a.title, a.unit = bare, u
			}
		}
	}
	return a
}

// include widens the range; a log axis counts the values that it cannot show.
func (a *axis) include(values ...float64) {
	for _, v := range values {
		if a.log && v <= 0 {
			a.hidden++
			continue
		}
		a.values = append(a.values, v)
	}
}

// fit sets the range. A linear axis begins at zero, so that lengths are in proportion; whole powers of ten bound a log axis where values are far apart.
func (a *axis) fit() {
	if len(a.values) == 0 {
		a.min, a.max = 0, 1
		if a.log {
			a.min, a.max = 1, 10
		}
		return
	}
	a.min, a.max = slices.Min(a.values), slices.Max(a.values)
	if a.log {
		a.min, a.max = a.min/1.3, a.max*1.3
		return
	}
	room := (max(a.max, 0) - min(a.min, 0)) * 0.05
	if room == 0 {
		room = 1
	}
	if a.max = max(a.max, 0); a.max > 0 || a.min >= 0 {
		a.max += room
	}
	if a.min = min(a.min, 0); a.min < 0 {
		a.min -= room
	}
}

// apply gives a side of a plot this axis, and returns its title.
func (a *axis) apply(side *plot.Axis) string {
	a.fit()
	side.Min, side.Max = a.min, a.max
	if a.log {
		side.Scale = plot.LogScale{}
	}
	side.Tick.Marker = plot.ConstantTicks(a.ticks())
	return clean(a.title)
}

func (a *axis) ticks() []plot.Tick {
	if a.log {
		return a.logTicks()
	}
	step := niceStep((a.max - a.min) / 6)
	var out []plot.Tick
	for k := math.Ceil(a.min / step); k*step <= a.max && len(out) < 20; k++ {
		out = append(out, plot.Tick{Value: k * step, Label: a.mark(k * step)})
	}
	return out
}

// niceStep is the next of 1, 2, 5, 10, 20, … that is not below.
func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, k := range []float64{1, 2, 5} {
		if k*power >= least {
			return k * power
		}
	}
	return 10 * power
}

// logTicks marks the values themselves where there are few, as of numbers of shards, else powers of ten and what is between them.
func (a *axis) logTicks() []plot.Tick {
	distinct := slices.Compact(slices.Sorted(slices.Values(a.values)))
	if len(distinct) <= 8 && a.unit == "" {
		return a.apart(distinct)
	}
	var major []float64
	decades := math.Log10(a.max) - math.Log10(a.min)
	every := max(1, int(math.Ceil(decades/8)))
	var out []plot.Tick
	for p := int(math.Floor(math.Log10(a.min))); p <= int(math.Ceil(math.Log10(a.max))); p++ {
		for k := 1.0; k < 10; k++ {
			v := k * math.Pow(10, float64(p))
			switch {
			case v < a.min || v > a.max:
			case k == 1 && p%every == 0, decades < 2.5 && (k == 2 || k == 5):
				major = append(major, v)
			case every == 1:
				out = append(out, plot.Tick{Value: v})
			}
		}
	}
	if len(major) < 2 {
		major = distinct[:1:1]
		if last := distinct[len(distinct)-1]; last > major[0] {
			major = append(major, last)
		}
	}
	return append(out, a.apart(major)...)
}

// apart marks values, leaving out those too close to the one before for both to be read.
func (a *axis) apart(values []float64) []plot.Tick {
	const least = 0.035 // of the axis' length
	length := math.Log(a.max) - math.Log(a.min)
	var out []plot.Tick
	last := math.Inf(-1)
	for _, v := range values {
		tick := plot.Tick{Value: v}
		if at := math.Log(v); (at-last)/length >= least {
			tick.Label, last = a.mark(v), at
		}
		out = append(out, tick)
	}
	return out
}

// mark writes a value in the unit that suits it; without a unit thousands are k, millions M.
func (a *axis) mark(v float64) string {
	if a.unit != "" {
		s := axisScale(a.unit, v)
		return s.with(short(v / s.of))
	}
	for _, s := range []scale{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if abs := math.Abs(v); abs >= max(s.of, 1e4) && abs < 1e13 {
			return short(v/s.of) + s.name
		}
	}
	return short(v)
}

// bytesOfAxes are decimal, unlike those of tables: marks of an axis are round numbers, and powers of ten where it is logarithmic.
var bytesOfAxes = []scale{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}

func axisScale(unit string, v float64) scale {
	v *= 1.0000001 // a thousandth times ten may be a hair below a hundredth
	if unit != Bytes && unit != BytesPerS {
		return scaleOf(unit, v)
	}
	for _, s := range bytesOfAxes {
		if math.Abs(v) >= s.of {
			return scale{s.name + strings.TrimPrefix(unit, Bytes), s.of}
		}
	}
	return scale{unit, 1}
}

// short writes at most four significant digits, without zeros at the end.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
