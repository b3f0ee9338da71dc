package report

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// table is what each face shows in its own way: cells of text.
type table struct {
	Title string
	Head  []string
	Right []bool // columns of numbers
	Rows  [][]string
}

// tables are all of a report, in the order in which they are shown. Those without rows are left out.
func (r *Report) tables() []table {
	all := []table{r.goalTable(), r.peerTable()}
	all = append(all, r.seriesTables()...)
	all = append(all, r.borderTable())
	return slices.DeleteFunc(all, func(t table) bool { return len(t.Rows) == 0 })
}

func (r *Report) goalTable() table {
	t := table{Title: "Goals", Head: []string{"", "goal", "seen", "wanted"}, Right: []bool{false, false, true, true}}
	unknown := slices.ContainsFunc(r.Goals, func(g Goal) bool { return g.Unknown != "" })
	if unknown {
		t.column("", false)
	}
	for i := range r.Goals {
		g := &r.Goals[i]
		row := []string{g.verdict(), g.Text, g.seen(), g.wanted()}
		if unknown {
			row = append(row, g.Unknown)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// verdict is one word.
func (g *Goal) verdict() string {
	switch {
	case g.Unknown != "":
		return "unknown"
	case g.Met():
		return "met"
	}
	return "missed"
}

func (g *Goal) seen() string {
	if g.Unknown != "" {
		return "–"
	}
	return exact(g.Unit, g.Seen)
}

func (g *Goal) wanted() string {
	sign := "≤ "
	if g.AtLeast {
		sign = "≥ "
	}
	return sign + exact(g.Unit, g.Bound)
}

// exact writes a value of a goal. A ratio has all digits that tell it from its bound: 1.104 is not within 1.10.
func exact(unit string, value float64) string {
	if unit == Ratio && value < 100 {
		return fmt.Sprintf("%.3f", value)
	}
	return show(unit, value)
}

func (r *Report) peerTable() table {
	t := table{Title: "Peers", Head: []string{"peer", "version", "answers equal", "set up in", "how it reads the rows, or why it is missing"}, Right: []bool{false, false, true, true, false}}
	for _, p := range r.Peers {
		row := []string{p.Name, p.Version, fmt.Sprintf("%d of %d", p.Equal, p.Checked), "", p.Setup}
		if p.Start > 0 {
			row[3] = show(Seconds, p.Start.Seconds())
		}
		if p.Missing != "" {
			row[2], row[4] = "–", "missing: "+p.Missing
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// seriesTables makes one table of all series of a name, in the order of the first of each.
func (r *Report) seriesTables() []table {
	var names []string
	of := map[string][]*Series{}
	for i := range r.Series {
		s := &r.Series[i]
		if of[s.Name] == nil {
			names = append(names, s.Name)
		}
		of[s.Name] = append(of[s.Name], s)
	}
	out := make([]table, len(names))
	for i, name := range names {
		out[i] = seriesTable(name, of[name])
	}
	return out
}

// seriesTable has a row for each series: its conditions, its median and spread, and where it has them the percentiles of its histogram and a remark.
func seriesTable(name string, list []*Series) table {
	t := table{Title: name}
	if better := list[0].Better; better != "" {
		t.Title += ", " + better + " is better"
	}
	labels := labelNames(list)
	for _, l := range labels {
		t.column(l, numeric(list, l))
	}
	t.column("median", true)
	t.column("spread", true)
	t.column("rounds", true)
	curves := slices.ContainsFunc(list, func(s *Series) bool { return s.Histogram != "" })
	if curves {
		for _, p := range percentiles {
			t.column(fmt.Sprintf("p%v", p), true)
		}
		t.column("longest", true)
		t.column("counted", true)
	}
	remarks := slices.ContainsFunc(list, func(s *Series) bool { return s.Failed != "" })
	if remarks {
		t.column("", false)
	}
	for _, s := range list {
		var row []string
		for _, l := range labels {
			row = append(row, s.Label(l))
		}
		row = append(row, s.figures()...)
		if curves {
			row = append(row, s.curve()...)
		}
		if remarks {
			row = append(row, s.Failed)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (t *table) column(head string, right bool) {
	t.Head, t.Right = append(t.Head, head), append(t.Right, right)
}

// labelNames are the names of all conditions, in the order of their first use.
func labelNames(list []*Series) []string {
	var names []string
	for _, s := range list {
		for _, l := range s.Labels {
			if !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

// numeric reports that all values of a condition read as numbers, perhaps with a unit behind them: "8", "40 ms", or nothing.
func numeric(list []*Series, label string) bool {
	return !slices.ContainsFunc(list, func(s *Series) bool {
		value := s.Label(label)
		return value != "" && !number.MatchString(value)
	})
}

var number = regexp.MustCompile(`^[0-9]+([.,][0-9]+)*( ?[^ ,]{1,8})?$`)

// figures are the median, the spread, and the number of rounds.
func (s *Series) figures() []string {
	if len(s.Values) == 0 {
		return []string{"–", "–", "0"}
	}
	median := s.Median()
	unit := scaleOf(s.Unit, median)
	out := []string{unit.with(digits(median / unit.of)), "–", fmt.Sprint(len(s.Values))}
	if len(s.Values) > 1 {
		out[1] = unit.spread(slices.Min(s.Values), slices.Max(s.Values))
	}
	if s.AtLeast {
		out[0] = "≥ " + out[0]
	}
	return out
}

// curve are the percentiles of the histogram, the longest latency, and how many were counted. A percentile that would be the longest of them for want of
// longer ones, as the 99th of 50, is not known.
func (s *Series) curve() []string {
	out := make([]string, len(percentiles)+2)
	if s.Histogram == "" {
		return out
	}
	h, err := Decode(s.Histogram)
	if err != nil {
		out[0] = "unreadable"
		return out
	}
	if h.TotalCount() == 0 {
		out[len(out)-1] = "0"
		return out
	}
	for i, p := range percentiles {
		out[i] = "–"
		if float64(h.TotalCount())*(100-p) >= 100-1e-6 {
			out[i] = show(Seconds, quantile(h, p))
		}
	}
	out[len(percentiles)], out[len(percentiles)+1] = show(Seconds, float64(h.Max())/1e9), thousands(h.TotalCount())
	return out
}

func (r *Report) borderTable() table {
	t := table{Title: "What crossed borders", Head: []string{"query", "from", "to", "form", "rows", "bytes"}, Right: []bool{false, false, false, false, true, true}}
	for _, b := range r.Borders {
		t.Rows = append(t.Rows, []string{b.Query, b.From, b.To, b.Form, thousands(b.Rows), show(Bytes, float64(b.Bytes))})
	}
	return t
}

// conditions say under what everything was measured: versions, settings, seed and machine.
func (r *Report) conditions() table {
	t := table{Title: "Measured on and with", Head: []string{"what", "value"}, Right: []bool{false, false}}
	t.Rows = append(t.Rows, []string{"machine", r.Machine.String()}, []string{"started", r.Started.UTC().Format(time.DateTime) + " UTC"},
		[]string{"took", r.Took.Round(time.Millisecond).String()}, []string{"seed", fmt.Sprint(r.Seed)})
	for _, list := range [][]Setting{r.Versions, r.Settings} {
		for _, s := range list {
			t.Rows = append(t.Rows, []string{s.Name, s.Value})
		}
	}
	return t
}

// heading is the first line of a report.
func (r *Report) heading() string {
	text := "atoll bench " + r.Bench
	if score := r.score(); score != "" {
		text += ": " + score
	}
	return text
}

// score says how many goals are met, "" if there are none. One that nothing can be said of is not met, but where that is so of all, none was missed.
func (r *Report) score() string {
	met, unknown := 0, 0
	for i := range r.Goals {
		switch g := &r.Goals[i]; {
		case g.Unknown != "":
			unknown++
		case g.Met():
			met++
		}
	}
	switch all := len(r.Goals); {
	case all == 0:
		return ""
	case unknown == all:
		return "too little was measured to judge the goals"
	default:
		return fmt.Sprintf("%d of %d goals met", met, all)
	}
}
