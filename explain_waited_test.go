package atoll

import (
	"testing"
	"time"
)

// TestExplainAnalyzeWaits holds that planning is told without the time that the query waited for its turn.
func TestExplainAnalyzeWaits(t *testing.T) {
	e := withLimits(t, "queries: 1")
	if _, err := e.Explain(t.Context(), allPeople, ExplainOptions{Analyze: true}); err != nil {
		t.Fatal(err)
	}
	release, began := holds(t, e.As(Caller{}), allPeople), time.Now()
	type outcome struct {
		*Explanation
		error
	}
	got := make(chan outcome, 1)
	go func() {
		x, err := e.Explain(t.Context(), allPeople, ExplainOptions{Analyze: true})
		got <- outcome{x, err}
	}()
	awaits(t, "the query does not wait", func() bool { return e.Load().Waiting == 1 })
	waits := time.Now()
	time.Sleep(100 * time.Millisecond)
	least := time.Since(waits)
	release()
	o := <-got
	took := time.Since(began)
	if o.error != nil {
		t.Fatal(o.error)
	}
	if o.Planning <= 0 || o.Planning > took-least {
		t.Errorf("planned in %s, of %s of which it waited at least %s", o.Planning, took, least)
	}
}
