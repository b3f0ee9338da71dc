package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

// someHot are the most keys and parts that the table shows.
const someHot = 20

// writeHeat writes what the shards are asked.
func (t *terminal) writeHeat(r atoll.HeatReport, format string) error {
	for _, p := range r.Problems {
		t.say("atoll: %s", printable(p))
	}
	if format == "json" {
		return writeJSON(t.out, heatJSON(r))
	}
	_, err := io.WriteString(t.out, heatTable(r))
	return err
}

func heatTable(r atoll.HeatReport) string {
	g := grid{right: []bool{false, false, false, true, true, true, true, true, true, true, true, true}}
	g.add("shard", "region", "state", "requests/s", "share", "× median", "errors/s", "rows/s", "bytes/s", "p50", "p95", "p99")
	for _, s := range r.Shards {
		row := []string{s.Shard, s.Region, string(s.State), rate(s.Requests), percent(s.Share), timesMedian(s.TimesMedian), rate(s.Errors), rate(s.Rows), progress.Bytes(int64(s.Bytes))}
		if s.Requests == 0 {
			row = append(row, "", "", "")
		} else {
			row = append(row, millis(s.P50), millis(s.P95), millis(s.P99))
		}
		g.add(row...)
	}
	text := g.text("")
	if len(r.Hot) > 0 {
		g := grid{right: []bool{false, false, false, false, true, true}}
		g.add("hottest", "on shard", "of table", "key", "requests/s", "of the shard's")
		for _, h := range r.Hot[:min(len(r.Hot), someHot)] {
			g.add(h.Part, h.Shard, h.Table, h.Key, rate(h.Requests), percent(h.Share))
		}
		text += "\n" + g.text("")
	}
	text += "\n" + footing(r)
	for _, a := range r.Alerts {
		text += printable(alertLine(a)) + "\n"
	}
	return text
}

// footing says over what the rates are.
func footing(r atoll.HeatReport) string {
	since := r.At.Sub(r.Since).Round(time.Second)
	text := fmt.Sprintf("rates over about the last %s, counted since %s ago; the median shard has %s requests/s, and %g × that is an alert\n", shortly(min(r.Window, since)), shortly(since),
		rate(r.Median), r.Limit)
	if r.File == "" {
		text += "these are the counts of this process alone: `heat: {file: heat.json}` in the configuration adds up those of all\n"
	}
	return text
}

func alertLine(a atoll.HeatAlert) string {
	text := fmt.Sprintf("alert: shard %s has %s requests/s, more than %g × the median of %s", a.Shard, rate(a.Requests), a.Limit, rate(a.Median))
	if a.Hottest != nil {
		what := strings.TrimSpace(a.Hottest.Part + " " + a.Hottest.Key)
		text += fmt.Sprintf("; %s of table %s has %s of them", what, a.Hottest.Table, percent(a.Hottest.Share))
	}
	return text + "; atoll advise says what to move"
}

// rate writes a rate with three digits.
func rate(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.001:
		return "<0.001"
	case x < 1000:
		return fmt.Sprintf("%.3g", x)
	}
	return progress.Count(int64(x))
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

// timesMedian is empty where the median shard was not asked.
func timesMedian(x float64) string {
	if x == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", x)
}

// shortly writes a duration without its zeros.
func shortly(d time.Duration) string {
	text := d.Round(time.Second).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// The JSON forms: rates are per second, latencies in milliseconds.
type heatForm struct {
	At       time.Time   `json:"at"`
	Since    time.Time   `json:"since"`
	Window   float64     `json:"window_seconds"`
	File     string      `json:"file,omitempty"`
	Limit    float64     `json:"limit"`
	Median   float64     `json:"median"`
	Shards   []shardForm `json:"shards"`
	Hot      []hotForm   `json:"hot"`
	Alerts   []alertForm `json:"alerts"`
	Problems []string    `json:"problems"`
}

type shardForm struct {
	Shard       string   `json:"shard"`
	Region      string   `json:"region"`
	State       string   `json:"state"`
	Statements  float64  `json:"statements"`
	Requests    float64  `json:"requests"`
	Errors      float64  `json:"errors"`
	Rows        float64  `json:"rows"`
	Bytes       float64  `json:"bytes"`
	Busy        float64  `json:"busy"`
	Share       float64  `json:"share"`
	TimesMedian *float64 `json:"times_median"` // null where the median is 0
	P50         float64  `json:"p50_ms"`
	P95         float64  `json:"p95_ms"`
	P99         float64  `json:"p99_ms"`
}

type hotForm struct {
	Shard    string  `json:"shard"`
	Table    string  `json:"table"`
	Part     string  `json:"part,omitempty"`
	Key      string  `json:"key,omitempty"`
	Hidden   bool    `json:"hidden,omitempty"`
	Requests float64 `json:"requests"`
	AtMost   float64 `json:"at_most"`
	Share    float64 `json:"share"`
}

type alertForm struct {
	Shard    string    `json:"shard"`
	Region   string    `json:"region"`
	Since    time.Time `json:"since"`
	Requests float64   `json:"requests"`
	Median   float64   `json:"median"`
	Limit    float64   `json:"limit"`
	Hottest  *hotForm  `json:"hottest"`
}

func heatJSON(r atoll.HeatReport) heatForm {
	out := heatForm{At: r.At, Since: r.Since, Window: r.Window.Seconds(), File: r.File, Limit: r.Limit, Median: r.Median, Shards: []shardForm{}, Hot: []hotForm{},
		Alerts: []alertForm{}, Problems: append([]string{}, r.Problems...)}
	for _, s := range r.Shards {
		f := shardForm{Shard: s.Shard, Region: s.Region, State: string(s.State), Statements: s.Statements, Requests: s.Requests, Errors: s.Errors, Rows: s.Rows, Bytes: s.Bytes,
			Busy: s.Busy, Share: s.Share, P50: inMillis(s.P50), P95: inMillis(s.P95), P99: inMillis(s.P99)}
		if r.Median > 0 {
			f.TimesMedian = &s.TimesMedian
		}
		out.Shards = append(out.Shards, f)
	}
	for _, h := range r.Hot {
		out.Hot = append(out.Hot, hotJSON(h))
	}
	for _, a := range r.Alerts {
		f := alertForm{Shard: a.Shard, Region: a.Region, Since: a.Since, Requests: a.Requests, Median: a.Median, Limit: a.Limit}
		if a.Hottest != nil {
			h := hotJSON(*a.Hottest)
			f.Hottest = &h
		}
		out.Alerts = append(out.Alerts, f)
	}
	return out
}

func hotJSON(h atoll.KeyHeat) hotForm {
	return hotForm{Shard: h.Shard, Table: h.Table, Part: h.Part, Key: h.Key, Hidden: h.Hidden, Requests: h.Requests, AtMost: h.AtMost, Share: h.Share}
}

func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
