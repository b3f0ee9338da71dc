package report

import "time"

// Format is the version of the JSON form of a [Report]. Another one is refused when it is read.
const Format = 1

// Report is what one run of a benchmark measured, and on what.
type Report struct {
	Format   int           `json:"format"` // [Format]
	Bench    string        `json:"bench"`  // "fanout", "tpch", …
	Started  time.Time     `json:"started"`
	Took     time.Duration `json:"took_ns"`
	Machine  Machine       `json:"machine"`
	Versions []Setting     `json:"versions"` // of this program and of all servers and peers that were asked
	Settings []Setting     `json:"settings"` // of the benchmark and of the servers
	Seed     uint64        `json:"seed"`     // of rows, delays and arrivals

	Peers     []Peer     `json:"peers,omitempty"`
	Series    []Series   `json:"series"`
	Goals     []Goal     `json:"goals,omitempty"`
	Charts    []Chart    `json:"charts,omitempty"`
	Timelines []Timeline `json:"timelines,omitempty"`
	Borders   []Border   `json:"borders,omitempty"`
	Notes     []string   `json:"notes,omitempty"` // what a reader must know to read the figures rightly
}

// Setting is a name and a value, both for people.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Peer is a system that was to be measured beside Atoll, whether it could be or not.
type Peer struct {
	Name    string        `json:"name"`
	Version string        `json:"version,omitempty"`
	Setup   string        `json:"setup,omitempty"`   // how it reads the same rows
	Missing string        `json:"missing,omitempty"` // why it was not asked; "" if it was
	Start   time.Duration `json:"start_ns,omitempty"`
	// Equal is in how many of Checked answers it gave the single PostgreSQL's, before anything was measured.
	Equal   int `json:"equal"`
	Checked int `json:"checked"`
}

// What is better of a series.
const (
	Lower  = "lower"
	Higher = "higher"
)

// Units of values. Times are seconds, sizes bytes.
const (
	Seconds    = "s"
	Bytes      = "B"
	BytesPerS  = "B/s"
	RowsPerS   = "rows/s"
	GroupsPerS = "groups/s"
	PerSecond  = "/s" // queries, statements
	Ratio      = "ratio"
	Count      = "count"
)

// Series is one thing, measured several times under the same conditions.
type Series struct {
	Name   string  `json:"name"`   // what: "latency p50", "overhead over the slowest shard"
	Labels []Label `json:"labels"` // under which conditions, the same names in the same order wherever Name is the same
	Unit   string  `json:"unit"`
	Better string  `json:"better,omitempty"` // [Lower], [Higher] or ""
	// Values are those of the rounds of one run, in order. Ratios are of two values of the same round.
	Values []float64 `json:"values"`
	// Histogram holds single latencies in nanoseconds, as HdrHistogram's V2 compressed encoding in base64 with its cookie; "" for none.
	Histogram string `json:"histogram,omitempty"`
	// AtLeast says that a value was cut off by a time limit: the true values are not lower.
	AtLeast bool `json:"at_least,omitempty"`
	// Failed says why there are no values, "" if there are.
	Failed string `json:"failed,omitempty"`
}

// Label is a condition and its value: {"shards", "8"}.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Goal is a bound that a series was to keep.
type Goal struct {
	Text  string  `json:"text"`
	Unit  string  `json:"unit"`
	Seen  float64 `json:"seen"` // the median
	Bound float64 `json:"bound"`
	// AtLeast makes Bound the least that is wanted, else it is the most.
	AtLeast bool `json:"at_least,omitempty"`
	// Unknown says why nothing can be said, "" if Seen is known.
	Unknown string `json:"unknown,omitempty"`
}

// Kinds of charts.
const (
	Lines   = "lines"   // Line.Y over Line.X
	Bars    = "bars"    // Line.Y over Chart.Categories, the lines side by side
	Stacked = "stacked" // the same, one on the other
)

// Chart is a picture of values.
type Chart struct {
	Name       string   `json:"name"` // of the plot's file, without its ending: small letters, digits and hyphens
	Title      string   `json:"title"`
	Kind       string   `json:"kind"`
	X          string   `json:"x"` // what the axes show, with the unit; of values in ", s", ", B", ", B/s" or ", rows/s" the marks have the fitting prefix
	Y          string   `json:"y"`
	LogX       bool     `json:"log_x,omitempty"`
	LogY       bool     `json:"log_y,omitempty"` // bars of a Y that speaks of a "ratio" or "times" then begin at 1
	Categories []string `json:"categories,omitempty"`
	Lines      []Line   `json:"lines"`
}

// Line is one line of a chart, or the bars of one colour. Its slices have the same length; NaN is not among the values.
type Line struct {
	Name string    `json:"name"`
	X    []float64 `json:"x,omitempty"` // of [Lines]
	Y    []float64 `json:"y"`
	Low  []float64 `json:"low,omitempty"` // the spread around Y, if it is shown
	High []float64 `json:"high,omitempty"`
	// Dashed is for what was computed, not measured.
	Dashed bool `json:"dashed,omitempty"`
}

// Timeline is one query over time: who was busy with what.
type Timeline struct {
	Name  string `json:"name"` // of the plot's file, as [Chart.Name]
	Title string `json:"title"`
	Query string `json:"query"`
	Lanes []Lane `json:"lanes"` // from top to bottom
}

// Lane is a row of a timeline: the coordinator, or a shard.
type Lane struct {
	Name   string `json:"name"`
	Region string `json:"region"`
	Spans  []Span `json:"spans"`
}

// Span is a phase, from the beginning of the query.
type Span struct {
	Phase string        `json:"phase"` // "planning", "first batch", "rows", "merge", "output", …
	Start time.Duration `json:"start_ns"`
	End   time.Duration `json:"end_ns"`
}

// Border is what crossed from one region to another for one query.
type Border struct {
	Query string `json:"query"`
	From  string `json:"from_region"`
	To    string `json:"to_region"`
	Form  string `json:"form"` // "rows", "aggregate", …; "" where no policy names it
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}
