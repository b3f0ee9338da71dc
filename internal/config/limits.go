package config

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// limits reads the section and refuses what contradicts itself.
func (l *loader) limits(n *yamldoc.Node) Limits {
	var out Limits
	if n == nil {
		return out
	}
	f := l.Fields(n, "memory", "timeout", "concurrency", "batch_rows", "connections", "open_shards", "idle",
		"queries", "per_user", "waiting", "queue", "planning", "shard_timeout", "total_memory", "rows", "egress", "retries")
	if f == nil {
		return out
	}
	for key, to := range map[string]*int{"concurrency": &out.Concurrency, "queries": &out.Queries, "per_user": &out.PerUser} {
		l.count(f.Get(key), 1, 100_000, to)
	}
	for key, to := range map[string]*int{"connections": &out.Connections, "open_shards": &out.OpenShards} {
		l.count(f.Get(key), 1, 1_000_000, to)
	}
	l.count(f.Get("batch_rows"), 1, 1<<20, &out.BatchRows)
	l.countOrNone(f.Get("waiting"), 1_000_000, &out.Waiting)
	l.countOrNone(f.Get("retries"), 1000, &out.Retries)
	if n := f.Get("rows"); n != nil {
		out.Rows, _ = l.Integer(n, 1, 1<<53)
	}
	for key, to := range map[string]*time.Duration{"timeout": &out.Timeout, "idle": &out.Idle, "queue": &out.Queue, "planning": &out.Planning, "shard_timeout": &out.ShardTimeout} {
		if n := f.Get(key); n != nil {
			*to = l.duration(n)
		}
	}
	for key, to := range map[string]*int64{"memory": &out.Memory, "total_memory": &out.TotalMemory, "egress": &out.Egress} {
		if n := f.Get(key); n != nil {
			*to = l.bytes(n)
		}
	}
	l.agree(f, out)
	return out
}

// count reads a number of things, where one is given.
func (l *loader) count(n *yamldoc.Node, low, high int64, to *int) {
	if n != nil {
		v, _ := l.Integer(n, low, high)
		*to = int(v)
	}
}

// countOrNone reads a number of which 0 means none at all, which is kept as -1 since 0 stands for what is not given.
func (l *loader) countOrNone(n *yamldoc.Node, high int64, to *int) {
	if l.count(n, 0, high, to); n != nil && *to == 0 {
		*to = -1
	}
}

// spill reads where operators put what does not fit in memory.
func (l *loader) spill(n *yamldoc.Node) Spill {
	var out Spill
	if n == nil {
		return out
	}
	f := l.Fields(n, "dir", "limit", "encrypt")
	if f == nil {
		return out
	}
	if n := f.Get("dir"); n != nil {
		if text := l.Text(n); text != "" {
			out.Dir = l.file(text)
		}
	}
	if n := f.Get("limit"); n != nil {
		out.Limit = l.bytes(n)
	}
	if n := f.Get("encrypt"); n != nil {
		out.Encrypt = l.Bool(n)
	}
	return out
}

// health reads how servers are watched.
func (l *loader) health(n *yamldoc.Node) Health {
	var out Health
	if n == nil {
		return out
	}
	f := l.Fields(n, "every")
	if f == nil {
		return out
	}
	switch n := f.Get("every"); {
	case n == nil:
	case n.Kind == yamldoc.Text && n.Text == "off":
		out.Every = -1
	default:
		if out.Every = l.duration(n); out.Every > 0 && out.Every < shortestHealth {
			l.Fail(n.At, "%s must be at least %s, or off: each probe is a statement on every server", n.Path, shortestHealth)
		}
	}
	return out
}

// shortestHealth keeps probes from being a load of their own.
const shortestHealth = 100 * time.Millisecond

// duration reads a positive duration in Go's notation.
func (l *loader) duration(n *yamldoc.Node) time.Duration {
	text := l.Text(n)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		l.Fail(n.At, "%s must be a positive duration such as 500ms, 30s or 5m", n.Path)
		return 0
	}
	return d
}

// units are the suffixes of sizes, longest first.
var units = []struct {
	suffix string
	factor float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// bytes reads a size with its unit.
func (l *loader) bytes(n *yamldoc.Node) int64 {
	text := l.Text(n)
	if text == "" {
		return 0
	}
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		number = strings.TrimSpace(number)
		v, err := strconv.ParseFloat(number, 64)
		if strings.Trim(number, "0123456789.") != "" {
			break // no exponents, signs or infinities
		}
		if size := v * u.factor; err == nil && size >= 1 && size < math.MaxInt64/2 {
			return int64(size)
		}
		break
	}
	l.Fail(n.At, "%s must be a size such as 512MiB or 2GB", n.Path)
	return 0
}
