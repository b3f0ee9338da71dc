package atoll

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"
)

// TestStress asks from many goroutines at once and ends many queries early, by their context or by release. Every answer
// must be right or the query's own end, and nothing may be left behind.
func TestStress(t *testing.T) {
	s, tmp := calmSea(t), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	before := goleak.IgnoreCurrent()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	e, err := Open(t.Context(), s.config(t), WithAllocator(alloc), WithBatchRows(256))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 32 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(g)))
			for range 8 {
				stressOnce(t, e, r)
			}
		})
	}
	all.Wait()
	s.idle(t, time.Second)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	alloc.AssertSize(t, 0)
	empty(t, tmp)
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// asked are queries with their answers or SQLSTATE; without either they do not end, and only some send rows.
var asked = []struct {
	sql, want, state string
	sends            bool
}{
	{"SELECT count(*), sum(id) FROM people", "5 136", "", false},
	{"SELECT id FROM people ORDER BY id DESC LIMIT 2", "41; 32", "", false},
	{"SELECT id FROM people WHERE coop = 3 AND fee > 0", "31", "", false},
	{"SELECT a.id FROM people a JOIN people b ON a.id = b.id + 10 ORDER BY 1", "21; 31; 41", "", false},
	{"SELECT atoll_region, count(*) FROM people GROUP BY 1 ORDER BY 1", "brazilsouth 2; eu-central-1 2; us-east-1 1", "", false},
	{"SELECT sum(id) / 0 FROM people", "", "22012", false},
	{"SELECT sum(word::integer) FROM people", "", "22P02", false},
	{"SELECT id, word FROM half", "", "22012", false},
	{"SELECT id FROM endless", "", "", true},
	{"SELECT count(*) FROM slow", "", "", false},
	{"SELECT id FROM endless ORDER BY id", "", "", false},
}

// stressOnce asks one of them, and perhaps ends it early.
func stressOnce(t *testing.T, e *Engine, r *rand.Rand) {
	q := asked[r.IntN(len(asked))]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	endless := q.want == "" && q.state == ""
	if endless && !q.sends || r.IntN(3) == 0 {
		limit := time.Duration(r.IntN(30_000)) * time.Microsecond
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, limit)
		defer stop()
	}
	if endless || r.IntN(4) == 0 {
		release(ctx, t, e, q.sql, r.IntN(3))
		return
	}
	got, err := ask(ctx, e, q.sql)
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
	case q.state != "" && stateOf(err) == q.state:
	case err == nil && q.want != "" && got == q.want:
	default:
		t.Error(fmt.Errorf("%s: %q, %w", q.sql, got, err))
	}
}

// release reads some batches and lets go of the rest.
func release(ctx context.Context, t *testing.T, e *Engine, sql string, batches int) {
	r, err := e.Query(ctx, sql)
	if err != nil {
		if ctx.Err() == nil {
			t.Error(err)
		}
		return
	}
	defer r.Release()
	for ; batches > 0 && r.Next(); batches-- {
		if r.Record().NumRows() == 0 || r.Record().NumRows() > 256 {
			t.Errorf("%s: a batch of %d rows", sql, r.Record().NumRows())
		}
	}
}
