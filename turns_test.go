package atoll

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/admission"
)

// withLimits is an engine over the calm sea with these limits.
func withLimits(t *testing.T, limits string, opts ...Option) *Engine {
	t.Helper()
	s := calmSea(t)
	s.limits = "limits: {" + limits + "}\n"
	return s.open(t, opts...)
}

// holds keeps a query running until it is released, at the latest when the test ends.
func holds(t *testing.T, s *Session, sql string) (release func()) {
	t.Helper()
	r, err := s.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(r.Release)
	t.Cleanup(release)
	return release
}

// stopped wants an error of a limit.
func stopped(t *testing.T, err error, state, limit string, says ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.SQLState != state || e.Limit != limit || !strings.Contains(e.Text, limit) || e.Hint == "" {
		t.Fatalf("%v, want %s of %s", err, state, limit)
	}
	for _, s := range says {
		if !strings.Contains(e.Text+" "+e.Hint, s) {
			t.Errorf("%q does not say %q", e.Text+" "+e.Hint, s)
		}
	}
	discreet(t, e.Text+e.Hint)
}

// awaits waits for a condition.
func awaits(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

const allPeople = "SELECT id FROM people"

func TestQueriesWaitForTheirTurn(t *testing.T) {
	e := withLimits(t, "queries: 1, waiting: 2")
	release := holds(t, e.As(Caller{User: "ada"}), allPeople)
	if l := e.Load(); l.Running != 1 || l.Waiting != 0 || l.Users != 1 || l.Reserved != 0 {
		t.Fatalf("%+v", l)
	}
	type outcome struct {
		*Result
		error
	}
	ask := func(ctx context.Context) chan outcome {
		got := make(chan outcome, 1)
		waiting := e.Load().Waiting
		go func() {
			r, err := e.Query(ctx, allPeople)
			got <- outcome{r, err}
		}()
		awaits(t, "the query does not wait", func() bool { return e.Load().Waiting == waiting+1 })
		return got
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone, second := ask(ctx), ask(t.Context())
	_, err := e.Query(t.Context(), allPeople)
	stopped(t, err, "53300", admission.LimitWaiting, "2 queries wait already", "raise limits.queries", "limits.waiting")
	cancel()
	if o := <-gone; !errors.Is(o.error, context.Canceled) {
		t.Errorf("who gave up got %v", o.error)
	}
	if e.Load().Waiting != 1 {
		t.Errorf("%+v", e.Load())
	}
	if len(second) > 0 {
		t.Fatal("the query did not wait for the other one's end")
	}
	release()
	o := <-second
	if o.error != nil {
		t.Fatal(o.error)
	}
	if st := o.Stats(); st.Queued <= 0 || st.Queued > st.Total || st.Planning <= 0 || st.Queued+st.Planning > st.Total {
		t.Errorf("queued %s, planned in %s, of %s", st.Queued, st.Planning, st.Total)
	}
	for o.Next() {
	}
	if o.Err() != nil || e.Load() != (Load{}) { // the answer's end is the query's
		t.Errorf("%v, %+v", o.Err(), e.Load())
	}
	o.Release()
}

// TestTurnsAreGivenBack: whatever becomes of a query, its place is free afterwards.
func TestTurnsAreGivenBack(t *testing.T) {
	e := withLimits(t, "queries: 1, waiting: 0")
	ctx := t.Context()
	for _, sql := range []string{"SELECT", "SELECT nothing FROM people", "SELECT 1/0 FROM people"} {
		if _, err := ask(ctx, e, sql); err == nil {
			t.Errorf("%s was answered", sql)
		}
		if e.Load() != (Load{}) {
			t.Fatalf("%s: %+v", sql, e.Load())
		}
	}
	if _, err := e.Get(ctx, "people", "x"); err == nil || e.Load() != (Load{}) {
		t.Errorf("%v, %+v", err, e.Load())
	}
	if _, err := e.Exec(ctx, "DELETE FROM nothing"); err == nil || e.Load() != (Load{}) {
		t.Errorf("%v, %+v", err, e.Load())
	}
	release := holds(t, e.As(Caller{}), allPeople)
	for name, f := range map[string]func() error{
		"query": func() error { _, err := e.Query(ctx, allPeople); return err },
		"get":   func() error { _, err := e.Get(ctx, "people", 1); return err },
		"exec":  func() error { _, err := e.Exec(ctx, "DELETE FROM people WHERE coop = 1 AND id = 0"); return err },
		"analyze": func() error {
			_, err := e.Explain(ctx, allPeople, ExplainOptions{Analyze: true})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { stopped(t, f(), "53300", admission.LimitQueries, "waiting lets none wait") })
	}
	if _, err := e.Explain(ctx, allPeople, ExplainOptions{}); err != nil {
		t.Errorf("a plan alone needs no turn: %v", err)
	}
	release()
	if _, err := e.Explain(ctx, allPeople, ExplainOptions{Analyze: true}); err != nil || e.Load() != (Load{}) {
		t.Errorf("%v, %+v", err, e.Load())
	}
}

// panicky is a context that panics once a query has its turn.
type panicky struct {
	context.Context
	e *Engine
}

func (p panicky) Err() error {
	if p.e.Load().Running > 0 {
		panic("of the caller's context")
	}
	return p.Context.Err()
}

// TestTurnsAreGivenBackInPanic asks for a caller that recovers.
func TestTurnsAreGivenBackInPanic(t *testing.T) {
	e := withLimits(t, "queries: 1, waiting: 0")
	for name, f := range map[string]func(context.Context) error{
		"query": func(ctx context.Context) error { _, err := e.Query(ctx, allPeople); return err },
		"get":   func(ctx context.Context) error { _, err := e.Get(ctx, "people", 1); return err },
	} {
		err := func() (err error) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic, but %v", name, err)
				}
			}()
			return f(panicky{t.Context(), e})
		}()
		if e.Load() != (Load{}) {
			t.Errorf("%s: %+v, %v", name, e.Load(), err)
		}
	}
}

func TestTurnsOfUsers(t *testing.T) {
	e := withLimits(t, "per_user: 1, waiting: 0")
	holds(t, e.As(Caller{User: "ada"}), allPeople)
	_, err := e.As(Caller{User: "ada"}).Query(t.Context(), allPeople)
	stopped(t, err, "53300", admission.LimitPerUser)
	holds(t, e.As(Caller{User: "bo"}), allPeople)
}

func TestWaitHasAnEnd(t *testing.T) {
	e := withLimits(t, "per_user: 1, queue: 1ms")
	holds(t, e.As(Caller{}), allPeople)
	_, err := e.Query(t.Context(), allPeople)
	stopped(t, err, "57014", admission.LimitQueue, "held up by limits.per_user")
	if e.Load().Waiting != 0 {
		t.Errorf("%+v", e.Load())
	}
}

// TestMemoryIsReserved: what queries may hold together is never more than their half of the total.
func TestMemoryIsReserved(t *testing.T) {
	e := withLimits(t, "total_memory: 128MiB, memory: 40MiB, waiting: 0")
	holds(t, e.As(Caller{}), allPeople)
	if l := e.Load(); l.Reserved != 40<<20 {
		t.Errorf("%+v", l)
	}
	_, err := e.Query(t.Context(), allPeople)
	stopped(t, err, "53200", admission.LimitMemory)

	e = withLimits(t, "total_memory: 128MiB")
	for range queryFraction / 2 {
		holds(t, e.As(Caller{}), "SELECT 1")
	}
	if l := e.Load(); l.Reserved != 64<<20 || l.Running != 8 {
		t.Errorf("%+v", l)
	}

	s := calmSea(t)
	s.limits = "limits: {total_memory: 128MiB}\n"
	if _, err := Open(t.Context(), s.config(t), WithMemoryLimit(65<<20)); err == nil || !strings.Contains(err.Error(), "WithMemoryLimit") {
		t.Errorf("one query may hold more than all: %v", err)
	}
}

// TestResidualInLittleMemory: the smallest total that a configuration may give is enough for the residual engine to start and answer.
func TestResidualInLittleMemory(t *testing.T) {
	e := withLimits(t, "total_memory: 128MiB")
	answers(t, e, "SELECT count(*) FROM (SELECT name, row_number() OVER (ORDER BY id) AS n FROM people) p WHERE n > 1", "4")
}

func TestRowsOfAnAnswer(t *testing.T) {
	e := withLimits(t, "rows: 4")
	_, err := ask(t.Context(), e, allPeople)
	stopped(t, err, "53400", limitRows, "more than 4 rows")
	answers(t, e, "SELECT count(*) FROM people", "5") // what is read is not what is answered
	answers(t, e, "SELECT id FROM people WHERE coop > 1 ORDER BY id", "21; 31; 32; 41")
}

func TestEgress(t *testing.T) {
	e := withLimits(t, "egress: 20B")
	_, err := ask(t.Context(), e, "SELECT name, id, word, fee FROM people WHERE coop = 3")
	stopped(t, err, "53400", limitEgress, "more than 20 bytes out of region brazilsouth", "aggregate")
	answers(t, e, "SELECT count(*) FROM people WHERE coop = 3", "2")
	answers(t, e, "SELECT name, id, word, fee, big, name || 'x', name || 'y' FROM people WHERE coop = 1", "Ada 11 1 10.5 9223372036854775807 Adax Aday") // it is at home

	// Two fragments of one query count together, and those of two regions do not.
	const one, two = "SELECT id FROM people WHERE coop = 3", "SELECT a.id FROM (SELECT id FROM people WHERE coop = 3 OFFSET 0) a CROSS JOIN (SELECT big FROM people WHERE coop = 3 OFFSET 0) b"
	e = withLimits(t, "egress: 24B")
	answers(t, e, one+" ORDER BY id", "31; 32")
	_, err = ask(t.Context(), e, two)
	stopped(t, err, "53400", limitEgress, "brazilsouth")
	answers(t, e, "SELECT id FROM people WHERE coop > 2 ORDER BY id", "31; 32; 41")
}
