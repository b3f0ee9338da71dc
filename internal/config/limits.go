package config

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

func (l *loader) limits(n *yamldoc.Node) Limits {
	var out Limits
	if n == nil {
		return out
	}
	f := l.Fields(n, "memory", "timeout", "concurrency", "batch_rows", "connections", "open_shards", "idle")
	if f == nil {
		return out
	}
	if n := f.Get("memory"); n != nil {
		out.Memory = l.bytes(n)
	}
	if n := f.Get("timeout"); n != nil {
		out.Timeout = l.duration(n)
	}
	if n := f.Get("concurrency"); n != nil {
		v, _ := l.Integer(n, 1, 100_000)
		out.Concurrency = int(v)
	}
	if n := f.Get("batch_rows"); n != nil {
		v, _ := l.Integer(n, 1, 1<<20)
		out.BatchRows = int(v)
	}
	if n := f.Get("connections"); n != nil {
		v, _ := l.Integer(n, 1, 1_000_000)
		out.Connections = int(v)
	}
	if n := f.Get("open_shards"); n != nil {
		v, _ := l.Integer(n, 1, 1_000_000)
		out.OpenShards = int(v)
	}
	if n := f.Get("idle"); n != nil {
		out.Idle = l.duration(n)
	}
	return out
}

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
