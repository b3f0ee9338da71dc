package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

// leastWatch is the shortest time between two listings: each asks every shard.
const leastWatch = 100 * time.Millisecond

// redraw puts a terminal's cursor at its top and clears what is below.
const redraw = "\x1b[H\x1b[J"

// watchShards lists the shards again and again until ctx ends, which is no error: on a terminal in one place, else one listing after the other.
func (t *terminal) watchShards(ctx context.Context, e *atoll.Engine, every time.Duration, format string) error {
	first := ""
	if progress.IsTerminal(t.out) && format == "table" {
		first = redraw
	}
	for ctx.Err() == nil {
		if err := t.writeShards(ctx, e, format, first); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if first == "" && format == "table" {
			if _, err := io.WriteString(t.out, "\n"); err != nil {
				return err
			}
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
		}
	}
	return nil
}

// writeShards asks the shards, and lists them behind first.
func (t *terminal) writeShards(ctx context.Context, e *atoll.Engine, format, first string) error {
	shards, err := e.Shards(ctx)
	if err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(t.out, shardsJSON(shards))
	}
	_, err = io.WriteString(t.out, first+listShards(shards))
	return err
}

// listServers lists the servers of shards one by one, where there is more to tell of them than that they answer: "" where there is not.
func listServers(shards []atoll.ShardStatus) string {
	g := grid{right: []bool{false, false, false, true, true, true, true, true}}
	g.add("server", "region", "breaker", "round trip", "p50", "p95", "p99", "behind", "reads", "last error")
	more := false
	for _, s := range shards {
		for _, h := range s.Servers {
			name := s.Shard
			if h.Replica != "" {
				name = "  " + h.Replica
			}
			row := []string{name, h.Region, h.Breaker, known(h.RoundTrip), "", "", "", "", servesText(h), lastErrorText(h.LastError)}
			if h.Samples > 0 {
				row[4], row[5], row[6] = millis(h.P50), millis(h.P95), millis(h.P99)
			}
			if h.StalenessKnown {
				row[7] = millis(h.Staleness)
			}
			more = more || h.Replica != "" || h.Breaker != "closed"
			g.add(row...)
		}
	}
	if !more {
		return ""
	}
	return g.text("")
}

// servesText says whether a server is read.
func servesText(h atoll.ServerStatus) string {
	switch {
	case h.Differs != "":
		return "never: " + h.Differs
	case h.Unread != "":
		return "not now: " + h.Unread
	case h.Preferred:
		return "first"
	}
	return "yes"
}

func lastErrorText(e *atoll.ServerError) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf("%s %s ago: %s", e.Class, shortly(time.Since(e.At)), e.Text)
}

// known writes a duration that is not known if it is 0.
func known(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return millis(d)
}

// shardJSON is a shard in the output of atoll shards --format json.
type shardJSON struct {
	Shard   string       `json:"shard"`
	Region  string       `json:"region"`
	Driver  string       `json:"driver"`
	State   string       `json:"state"`
	Version string       `json:"version,omitempty"`
	Latency float64      `json:"answers_in_seconds,omitempty"`
	Tables  []tableJSON  `json:"tables,omitempty"`
	Missing []string     `json:"lacks,omitempty"`
	Error   string       `json:"error,omitempty"` // of the shard's own server
	Servers []serverJSON `json:"servers,omitempty"`
}

type tableJSON struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`  // -1 if not known
	Bytes int64  `json:"bytes"` // -1 if not known
}

// serverJSON is one server of a shard.
type serverJSON struct {
	Replica    string     `json:"replica,omitempty"` // left out of the shard's own server
	Region     string     `json:"region"`
	Breaker    string     `json:"breaker"`
	Failures   int        `json:"failures"` // one after the other
	LastError  *errorJSON `json:"last_error,omitempty"`
	Staleness  *float64   `json:"staleness_seconds,omitempty"` // at most; left out where it is not known
	Unread     string     `json:"not_read_because,omitempty"`
	Differs    string     `json:"differs,omitempty"`
	Preferred  bool       `json:"preferred"`
	RoundTrip  float64    `json:"round_trip_seconds,omitempty"`
	P50        float64    `json:"p50_seconds,omitempty"`
	P95        float64    `json:"p95_seconds,omitempty"`
	P99        float64    `json:"p99_seconds,omitempty"`
	Samples    int        `json:"samples"`
	Statements int64      `json:"statements"`
	Retries    int64      `json:"retries"`
	Hedges     int64      `json:"hedges"`
}

type errorJSON struct {
	Class string    `json:"class"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

func shardsJSON(shards []atoll.ShardStatus) []shardJSON {
	out := make([]shardJSON, 0, len(shards))
	for _, s := range shards {
		x := shardJSON{Shard: s.Shard, Region: s.Region, Driver: s.Driver, State: string(s.State), Version: s.Version, Latency: s.Latency.Seconds(), Missing: s.Missing}
		for _, t := range s.Tables {
			x.Tables = append(x.Tables, tableJSON(t))
		}
		if s.Err != nil {
			x.Error = s.Err.Error()
		}
		for _, h := range s.Servers {
			x.Servers = append(x.Servers, asServerJSON(h))
		}
		out = append(out, x)
	}
	return out
}

func asServerJSON(h atoll.ServerStatus) serverJSON {
	x := serverJSON{Replica: h.Replica, Region: h.Region, Breaker: h.Breaker, Failures: h.Failures, Unread: h.Unread, Differs: h.Differs, Preferred: h.Preferred,
		RoundTrip: h.RoundTrip.Seconds(), P50: h.P50.Seconds(), P95: h.P95.Seconds(), P99: h.P99.Seconds(), Samples: h.Samples,
		Statements: h.Statements, Retries: h.Retries, Hedges: h.Hedges}
	if h.StalenessKnown {
		behind := h.Staleness.Seconds()
		x.Staleness = &behind
	}
	if e := h.LastError; e != nil {
		x.LastError = &errorJSON{string(e.Class), e.Text, e.At.UTC()}
	}
	return x
}
