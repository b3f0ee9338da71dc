package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
)

// passThrough are the ways of rows from shards to CSV.
var passThrough = []struct{ name, sql string }{
	{"plain", "SELECT id, member, amount, country FROM payments"},
	{"ordered", "SELECT id, member, amount, country FROM payments ORDER BY id"},
	// What stands above a LIMIT over all shards is the residual engine's.
	{"residual", "SELECT id, member + 1 AS member, amount * 2 AS amount, country || '!' AS country FROM (SELECT * FROM payments LIMIT 1000000000) p"},
}

// BenchmarkPassThrough builds the command and lets it write 10.2 M rows of three shards as CSV to /dev/null, as they
// come, merged by an order, and through the residual engine. It reports the command's peak resident memory, for embedded
// shards with theirs in it, and rows per second.
func BenchmarkPassThrough(b *testing.B) {
	rows := 3_400_000
	if testing.Short() {
		rows = 34_000
	}
	bin := filepath.Join(b.TempDir(), "atoll")
	if out, err := exec.Command("go", "build", "-o", bin, "../cmd/atoll").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.Run("postgres", func(b *testing.B) {
		benchmarkPassThrough(b, bin, world.HashConfig("postgres", paymentShards(b, 3, rows), "payments"), 3*rows)
	})
	b.Run("duckdb", func(b *testing.B) {
		benchmarkPassThrough(b, bin, world.HashConfig("duckdb", shardsOf(b, world.Options{Driver: world.DuckDB, Shards: 3, Rows: rows}), "payments"), 3*rows)
	})
}

func benchmarkPassThrough(b *testing.B, bin, config string, rows int) {
	file := filepath.Join(b.TempDir(), "atoll.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, p := range passThrough {
		b.Run(p.name, func(b *testing.B) {
			var peak, rate []float64
			for b.Loop() {
				start := time.Now()
				peak = append(peak, runMeasured(b, bin, "query", "-c", file, "--format", "csv", p.sql))
				rate = append(rate, float64(rows)/time.Since(start).Seconds())
			}
			b.ReportMetric(report.Median(peak), "peak-MiB")
			b.ReportMetric(report.Median(rate), "rows/s")
		})
	}
}

// runMeasured runs a command with its output to /dev/null and returns its peak resident memory in MiB. The kernel's
// account of a dead child will not do: it includes what the parent held when it forked.
func runMeasured(b *testing.B, name string, args ...string) float64 {
	b.Helper()
	cmd := exec.Command(name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := 0.0
	for {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v: %s", err, stderr.String())
			}
			return peak
		case <-time.After(5 * time.Millisecond):
			peak = max(peak, highWater(cmd.Process.Pid))
		}
	}
}

// highWater is the most memory that a running process has had resident so far, in MiB; 0 if it has just ended.
func highWater(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, err := strconv.ParseFloat(kib, 64)
	if err != nil {
		return 0
	}
	return n / 1024
}
