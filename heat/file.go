package heat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// The format of a file. A reader refuses what it does not know.
const (
	format        = "atoll heat"
	formatVersion = 1
)

// Bounds of a file.
const (
	MaxShards   = 4096     // the ones with the most statements are kept
	MaxFileSize = 32 << 20 // bytes
	maxTables   = 1024     // of a shard
	leastWeight = 0.001    // a shard with fewer statements than that left is forgotten
)

// fileForm is a file's JSON. All weights are as of At.
type fileForm struct {
	Format  string               `json:"format"`
	Version int                  `json:"version"`
	Window  string               `json:"window"`
	Since   time.Time            `json:"since"`
	At      time.Time            `json:"at"`
	Shards  map[string]shardForm `json:"shards"`
}

type shardForm struct {
	Requests float64              `json:"requests"`
	Errors   float64              `json:"errors,omitempty"`
	Rows     float64              `json:"rows"`
	Bytes    float64              `json:"bytes"`
	Busy     float64              `json:"busy_seconds"`
	Latency  map[int]float64      `json:"latency"` // by number of bin
	Tables   map[string]tableForm `json:"tables,omitempty"`
}

type tableForm struct {
	Parts  []cellForm `json:"parts,omitempty"`
	Values []cellForm `json:"keys,omitempty"`
}

type cellForm struct {
	Part  string  `json:"part,omitempty"`
	Value string  `json:"key,omitempty"`
	Count float64 `json:"count"`
	Over  float64 `json:"over,omitempty"`
}

// Encode writes the counters as of a moment, within MaxFileSize: where they are more than that, without keys, and then without parts. Marks
// of hidden keys are never written: they mean nothing to another process.
func (c *Counters) Encode(now time.Time) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rebase(now)
	names := slices.Collect(maps.Keys(c.shards))
	names = slices.DeleteFunc(names, func(n string) bool { return c.shards[n].requests < leastWeight })
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.shards[b].requests, c.shards[a].requests), cmp.Compare(a, b))
	})
	names = names[:min(len(names), MaxShards)]
	for _, keep := range []struct{ parts, values bool }{{true, true}, {true, false}, {false, false}} {
		f := fileForm{Format: format, Version: formatVersion, Window: c.window.String(), Since: c.since, At: now, Shards: map[string]shardForm{}}
		for _, n := range names {
			f.Shards[n] = c.shards[n].form(keep.parts, keep.values && !c.hidden)
		}
		text, err := json.MarshalIndent(f, "", " ")
		if err != nil || len(text) < MaxFileSize {
			return append(text, '\n'), err
		}
	}
	return nil, fmt.Errorf("the heat of %d shards does not fit into %d bytes", len(names), MaxFileSize)
}

func (k *counter) form(parts, values bool) shardForm {
	f := shardForm{Requests: k.requests, Errors: k.errors, Rows: k.rows, Bytes: k.bytes, Busy: k.busy, Latency: map[int]float64{}, Tables: map[string]tableForm{}}
	for i, w := range k.latency {
		if w > 0 {
			f.Latency[i] = w
		}
	}
	for name, t := range k.tables {
		var tf tableForm
		if parts {
			tf.Parts = t.parts.form()
		}
		if values {
			tf.Values = t.values.form()
		}
		f.Tables[name] = tf
	}
	return f
}

func (s *sketch) form() []cellForm {
	var out []cellForm
	for _, c := range s.cells {
		if c.mark == 0 {
			out = append(out, cellForm{c.part, c.value, c.count, c.over})
		}
	}
	return out
}

// errOtherWindow says that counters were counted over another window, and cannot be added to.
var errOtherWindow = errors.New("counted over another window")

// decode reads what Encode wrote. With hidden, keys are left out.
func decode(data []byte, window time.Duration, hidden bool) (*Counters, error) {
	if len(data) > MaxFileSize {
		return nil, fmt.Errorf("it is larger than %d bytes", MaxFileSize)
	}
	var f fileForm
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, errors.New("it is not the JSON that this program writes") // the cause may quote the file, which has keys
	}
	switch w, err := time.ParseDuration(f.Window); {
	case f.Format != format:
		return nil, fmt.Errorf("it does not say that it is of format %q", format)
	case f.Version != formatVersion:
		return nil, fmt.Errorf("it is of version %d, and this program reads version %d", f.Version, formatVersion)
	case err != nil || w <= 0:
		return nil, errors.New("its window is no duration")
	case w != window:
		return nil, errOtherWindow
	case len(f.Shards) > MaxShards || f.Since.After(f.At):
		return nil, errors.New("its counters contradict each other")
	}
	c := New(window, f.At, hidden)
	c.since = f.Since
	for name, sf := range f.Shards {
		k, ok := sf.counter(hidden)
		if !ok {
			return nil, errors.New("its counters contradict each other")
		}
		c.shards[name] = k
	}
	return c, nil
}

func (f shardForm) counter(hidden bool) (*counter, bool) {
	k := &counter{requests: f.Requests, errors: f.Errors, rows: f.Rows, bytes: f.Bytes, busy: f.Busy, tables: map[string]*tableCounter{}}
	ok := len(f.Tables) <= maxTables
	for _, w := range []float64{f.Requests, f.Errors, f.Rows, f.Bytes, f.Busy} {
		ok = ok && isWeight(w)
	}
	for i, w := range f.Latency {
		if i < 0 || i >= bins || !isWeight(w) {
			return nil, false
		}
		k.latency[i] = w
	}
	for name, t := range f.Tables {
		into := k.table(name)
		ok = into.parts.read(t.Parts) && ok
		ok = into.values.read(t.Values) && ok
		if hidden {
			into.values.cells = nil
		}
	}
	return k, ok
}

func (s *sketch) read(cells []cellForm) bool {
	for _, c := range cells {
		x := id{part: c.Part, value: c.Value}
		s.cells = append(s.cells, cell{id: x, hash: x.hash(), count: c.Count, over: c.Over})
		if !isWeight(c.Count) || !isWeight(c.Over) || c.Over > c.Count || len(c.Value) > MaxText {
			return false
		}
	}
	return len(cells) <= s.size
}

// isWeight refuses what no counting comes to.
func isWeight(w float64) bool { return w >= 0 && w <= 1e24 && !math.IsNaN(w) }
