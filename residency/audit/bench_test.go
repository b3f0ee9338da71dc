package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAppend measures one call of Append with one INTENT, by 1, 8 and 64 callers at a time: ns/op is the time between two entries of the log, wait-µs what
// a caller waits.
func BenchmarkAppend(b *testing.B) {
	for _, policy := range []string{"group", "each", "none"} {
		for _, callers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", policy, callers), func(b *testing.B) {
				sync, err := ParseSync(policy)
				if err != nil {
					b.Fatal(err)
				}
				o := options(b.TempDir())
				o.Sync, o.Now = sync, time.Now
				l := mustOpen(b, o)
				e := asked("q")[0]
				mustAppend(b, l, eu, e)
				var waited atomic.Int64
				b.SetParallelism(max(1, callers/2)) // for each of the processors, of which there are two where the figures are from
				b.ResetTimer()
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						start := time.Now()
						if err := l.Append(context.Background(), eu, e); err != nil {
							b.Error(err)
							return
						}
						waited.Add(int64(time.Since(start)))
					}
				})
				b.ReportMetric(float64(waited.Load())/float64(b.N)/1e3, "wait-µs")
			})
		}
	}
}

// BenchmarkQuery measures what a query waits for the log: INTENT begun before planning takes its time, awaited with DECISION; SHIPMENT and COMPLETE, which nobody
// awaits. Beside it, in turn, what a plain write of as many bytes, synced, takes: the disk's share. Both are medians; writes and syncs are those of the log, a query.
func BenchmarkQuery(b *testing.B) {
	o := options(b.TempDir())
	o.Now = time.Now
	calls := &counting{}
	o.create = calls.create
	l := mustOpen(b, o)
	plain, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Close()
	ctx := context.Background()
	waited, bare := make([]time.Duration, b.N), make([]time.Duration, b.N)
	text := make([]byte, 1000)
	for i := range b.N {
		e := asked(fmt.Sprint("q", i))
		intent := l.AppendAsync(eu, e[0])
		time.Sleep(300 * time.Microsecond) // planning
		start := time.Now()
		decision := l.AppendAsync(eu, e[1])
		if intent.And(decision).Wait(ctx) != nil || l.AppendAsync(eu, e[2], e[3]).Failed() != nil {
			b.Fatal("not written")
		}
		waited[i] = time.Since(start)
		start = time.Now()
		_, err := plain.Write(text)
		if err := errors.Join(err, plain.Sync()); err != nil {
			b.Fatal(err)
		}
		bare[i] = time.Since(start)
	}
	mustClose(b, l)
	slices.Sort(waited)
	slices.Sort(bare)
	b.ReportMetric(float64(waited[b.N/2].Microseconds()), "wait-µs")
	b.ReportMetric(float64(waited[b.N*19/20].Microseconds()), "wait95-µs")
	b.ReportMetric(float64(bare[b.N/2].Microseconds()), "bare-µs")
	b.ReportMetric(float64(calls.writes.Load())/float64(b.N), "writes")
	b.ReportMetric(float64(calls.syncs.Load())/float64(b.N), "syncs")
}

// BenchmarkVerify reads and checks a log of 20,000 entries with signed checkpoints.
func BenchmarkVerify(b *testing.B) {
	o := options(b.TempDir())
	o.Sync = SyncNone
	l := mustOpen(b, o)
	for i := range 5000 {
		mustAppend(b, l, eu, asked(fmt.Sprint("q", i))...)
	}
	mustClose(b, l)
	b.ResetTimer()
	for range b.N {
		r := verified(b, o.Dir, signedWith(1))
		if !r.OK() {
			b.Fatal(kinds(r.Findings))
		}
		b.SetBytes(r.Regions[0].Bytes)
	}
}

// BenchmarkOpen opens a log whose latest file is nearly full and whose entries are all of the day.
func BenchmarkOpen(b *testing.B) {
	o := options(b.TempDir())
	o.Sync, o.Now = SyncNone, func() time.Time { return noon }
	l := mustOpen(b, o)
	for i := range 5000 {
		mustAppend(b, l, eu, asked(fmt.Sprint("q", i))...)
	}
	mustClose(b, l)
	b.ResetTimer()
	for range b.N {
		mustClose(b, mustOpen(b, o))
	}
}
