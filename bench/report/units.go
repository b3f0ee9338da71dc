package report

import (
	"fmt"
	"math"
	"strconv"
)

// scale is a unit that people read, and how much of the report's unit it is.
type scale struct {
	name string
	of   float64
}

// scales are the units in which a report's units are shown, from the largest.
var scales = map[string][]scale{
	Seconds:    {{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}, {"ns", 1e-9}},
	Bytes:      {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}},
	BytesPerS:  {{"GiB/s", 1 << 30}, {"MiB/s", 1 << 20}, {"KiB/s", 1 << 10}, {"B/s", 1}},
	RowsPerS:   {{"G rows/s", 1e9}, {"M rows/s", 1e6}, {"k rows/s", 1e3}, {"rows/s", 1}},
	GroupsPerS: {{"G groups/s", 1e9}, {"M groups/s", 1e6}, {"k groups/s", 1e3}, {"groups/s", 1}},
	PerSecond:  {{"M/s", 1e6}, {"k/s", 1e3}, {"/s", 1}},
	Ratio:      {{"", 1}},
	Count:      {{"", 1}},
}

// scaleOf chooses the unit in which a value is shown: the largest that it is at least one of. A unit that this package does not know is shown as it is.
func scaleOf(unit string, value float64) scale {
	list, known := scales[unit]
	if !known {
		return scale{unit, 1}
	}
	for _, s := range list {
		if math.Abs(value) >= s.of {
			return s
		}
	}
	if value == 0 {
		for _, s := range list {
			if s.of == 1 {
				return s
			}
		}
	}
	return list[len(list)-1]
}

// show writes a value with its unit.
func show(unit string, value float64) string {
	s := scaleOf(unit, value)
	return s.with(digits(value / s.of))
}

// with writes a number, or a range of them, with the unit.
func (s scale) with(number string) string {
	if s.name == "" {
		return number
	}
	return number + " " + s.name
}

// digits writes a number with three significant digits, a whole one under a million with all of its digits.
func digits(x float64) string {
	abs := math.Abs(x)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return fmt.Sprint(x)
	case x == math.Trunc(x) && abs < 1e6:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case abs >= 1e9 || abs < 1e-4:
		return strconv.FormatFloat(x, 'e', 2, 64)
	case abs >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	places := 2 - int(math.Floor(math.Log10(abs)))
	return strconv.FormatFloat(x, 'f', places, 64)
}

// thousands writes a whole number in groups of three digits.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// spread writes the least and the largest of values in a unit that was chosen for their median.
func (s scale) spread(low, high float64) string {
	return digits(low/s.of) + "–" + s.with(digits(high/s.of))
}
