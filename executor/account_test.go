package executor

import (
	"errors"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// TestAccountOfAll: what queries hold counts twice, for each alone and for all, and the error names the limit that is passed.
func TestAccountOfAll(t *testing.T) {
	all := NewTotal(100)
	a, b := all.Query(60), all.Query(0)
	held := a.Allocator(memory.DefaultAllocator).Allocate(50)
	b.Add(40)
	if all.Used() != 90 || a.Used() != 50 || b.Used() != 40 || a.Over() != nil || b.Over() != nil {
		t.Fatal(all.Used(), a.Over(), b.Over())
	}
	b.Add(20)
	var limit *LimitError
	for _, q := range []*Account{a, b, all} {
		if err := q.Over(); !errors.As(err, &limit) || limit.Limit != LimitTotalMemory || limit.Used != 110 || limit.Max != 100 {
			t.Errorf("%v", err)
		}
	}
	a.Add(11)
	if err := a.Over(); !errors.As(err, &limit) || limit.Limit != LimitMemory || limit.Used != 61 {
		t.Errorf("its own limit comes first: %v", err)
	}
	a.Allocator(memory.DefaultAllocator).Free(held)
	a.Add(-11)
	b.Add(-60)
	if all.Used() != 0 || all.Peak() != 121 || a.Peak() != 61 || a.Limit() != 60 {
		t.Error(all.Used(), all.Peak(), a.Peak())
	}
}

func TestPressure(t *testing.T) {
	for _, c := range []struct {
		name                     string
		total, limit, own, other int64
		want                     bool
	}{
		{"no limits", 0, 0, 1 << 40, 0, false},
		{"below three quarters", 0, 100, 74, 0, false},
		{"at three quarters", 0, 100, 75, 0, true},
		{"all have much, it has little", 1000, 100, 25, 900, false},
		{"all have much, it has its share", 1000, 100, 26, 849, true},
		{"all have less", 1000, 100, 26, 848, false},
		{"all have much, it has no limit", 1000, 0, 1, 899, true},
		{"all have much, it has nothing", 1000, 0, 0, 999, false},
	} {
		all := NewTotal(c.total)
		q := all.Query(c.limit)
		q.Add(c.own)
		all.Add(c.other)
		if got := q.Pressure(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestAccountIsConcurrent(t *testing.T) {
	all := NewTotal(0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			q := all.Query(0)
			for range 1000 {
				q.Add(3)
				q.Add(-3)
			}
			q.Add(5)
		})
	}
	wg.Wait()
	if all.Used() != 40 || all.Peak() < 40 || all.Peak() > 64 {
		t.Error(all.Used(), all.Peak())
	}
}

// TestBatchBytes: the batches of all statements leave room within the limit, and none is larger than without one, or too small to be worth it.
func TestBatchBytes(t *testing.T) {
	asks := func(shards int) *plan.Plan {
		return &plan.Plan{Root: &plan.Gather{Fragment: &plan.Fragment{Targets: make([]plan.Target, shards)}}}
	}
	for _, c := range []struct {
		shards int
		limit  int64
		want   int64
	}{
		{8, 0, 0}, {8, 32 << 20, 512 << 10}, {1, 32 << 20, 4 << 20}, {1, 1 << 30, connectors.DefaultBatchBytes}, {1000, 32 << 20, leastBatchBytes}, {0, 8 << 20, 1 << 20},
	} {
		if got := batchBytes(asks(c.shards), NewAccount(c.limit)); got != c.want {
			t.Errorf("%d shards, limit %d: %d", c.shards, c.limit, got)
		}
	}
	if batchBytes(asks(1), nil) != 0 {
		t.Error("no account")
	}
}
