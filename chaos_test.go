package atoll

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/faultproxy"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

const (
	chaosCount = 150 // queries of a usual run
	chaosSeed  = 20261123
	// chaosHang is longer than any query may take, whose time is 2 s, on however busy a machine.
	chaosHang = 20 * time.Second
)

// TestChaos asks random queries, one after the other, while servers and networks fail at random: each answer must be the oracle's, or a named
// error, or incomplete and truthful about that; and in the end nothing is left. ATOLL_CHAOS=10000 asks so many, under a new seed each time;
// ATOLL_TEST_SEED repeats a run, as far as clocks let it.
func TestChaos(t *testing.T) {
	count, long := envNumber(t, "ATOLL_CHAOS", chaosCount)
	usual := chaosSeed
	if long {
		usual = int(time.Now().UnixNano() % 1e9)
	}
	seed, _ := envNumber(t, "ATOLL_TEST_SEED", usual)
	t.Logf("ATOLL_CHAOS=%d ATOLL_TEST_SEED=%d", count, seed)
	w := newChaos(t)
	e := w.open(t)
	for _, make := range chaosQueries { // in good order all is answered
		sql := make(rand.New(rand.NewPCG(1, 1)))
		if got, _, err := chaosAsk(t.Context(), e.As(Caller{}), sql); err != nil || !sameRows(got, w.truth(t, sql, chaosShards)) {
			t.Errorf("%s: %s, %v, want %s", sql, got, err, w.truth(t, sql, chaosShards))
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	var did chaosTally
	for i := range count {
		r := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
		w.query(t, e, r, &did, i)
		if t.Failed() {
			t.Fatalf("query %d; repeat with ATOLL_CHAOS=%d ATOLL_TEST_SEED=%d", i, i+1, seed)
		}
	}
	t.Log(did.String())
	if did.answered*3 < count {
		t.Errorf("few of %d queries were answered: the test says little", count)
	}
	w.heal()
	for _, make := range chaosQueries {
		sql := make(rand.New(rand.NewPCG(2, 2)))
		var got [][]string
		var err error
		eventually(t, time.Minute, "the engine answers", func() bool { got, _, err = chaosAsk(t.Context(), e.As(Caller{}), sql); return err == nil })
		if want := w.truth(t, sql, chaosShards); err != nil || !sameRows(got, want) {
			t.Errorf("afterwards: %s: %s and %v, want %s", sql, got, err, want)
		}
	}
	if n := w.straits["br-1"].Connections(); n > 4 {
		t.Errorf("%d connections to br-1 over a pool of 4", n)
	}
}

// chaosTally counts what came of queries.
type chaosTally struct {
	answered, partial, cancelled, killed int
	failed                               map[string]int // by SQLSTATE
	under                                map[string]int // by fault
}

func (c *chaosTally) String() string {
	return fmt.Sprintf("%d answered, %d answered in part, %d cancelled by the caller, errors %v, servers killed %d, under %v",
		c.answered, c.partial, c.cancelled, c.failed, c.killed, c.under)
}

// query lets something go wrong, asks, and judges what comes.
func (w *chaos) query(t *testing.T, e *Engine, r *rand.Rand, did *chaosTally, number int) {
	t.Helper()
	sql := chaosQueries[r.IntN(len(chaosQueries))](r)
	weather, calm := w.weather(t, r, did, number)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if r.IntN(20) == 0 {
		weather = append(weather, "cancelled")
		stop := time.AfterFunc(time.Duration(r.IntN(30_000))*time.Microsecond, cancel)
		defer stop.Stop()
	}
	session := e.As(Caller{})
	if partial := r.IntN(3) == 0; partial {
		session = session.Partial(Partial{})
	}
	start := time.Now()
	got, complete, err := chaosAsk(ctx, session, sql)
	took := time.Since(start)
	calm()
	what := fmt.Sprintf("query %d under %s, after %s: %s", number, strings.Join(weather, " and "), took.Round(time.Millisecond), sql)
	if os.Getenv("ATOLL_CHAOS") != "" && testing.Verbose() {
		t.Logf("%s: %v", what, err)
	}
	var ae *Error
	switch {
	case took > chaosHang:
		t.Errorf("%s: a hang", what)
	case err == nil && complete.Complete:
		did.answered++
		if want := w.truth(t, sql, chaosShards); !sameRows(got, want) {
			t.Errorf("%s: a wrong answer:\n%s\nwant\n%s", what, got, want)
		}
	case err == nil:
		did.partial++
		if bad := w.untruth(t, sql, got, complete); bad != "" {
			t.Errorf("%s: answered without %v, %s:\n%s\n%s", what, complete.Lost(), bad, got, complete.Text())
		}
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		did.cancelled++
	case errors.As(err, &ae) && slices.Contains(chaosErrors, ae.SQLState) && ae.Kind == KindQuery && (ae.Shard != "" || ae.SQLState == "57014"):
		discreet(t, ae.Error())
		if did.failed == nil {
			did.failed = map[string]int{}
		}
		did.failed[ae.SQLState]++
		if len(weather) == 0 && took < time.Second && ae.SQLState != "08001" { // a breaker may still be open
			t.Errorf("%s: %v, and nothing was wrong", what, err)
		}
	default:
		t.Errorf("%s: not an error that says what happened: %v [%s]", what, err, stateOf(err))
	}
}

// chaosErrors are the SQLSTATEs of what is done to the servers.
var chaosErrors = []string{"08001", "08006", "08P01", "57014", "57P01", "57P02", "57P03", "53300", "40001", "28000"}

// weather lets something go wrong, and returns its name and how to end it. A third of all queries are asked in good weather.
func (w *chaos) weather(t *testing.T, r *rand.Rand, did *chaosTally, number int) (names []string, calm func()) {
	t.Helper()
	if did.under == nil {
		did.under = map[string]int{}
	}
	var wait []func()
	for _, chance := range []int{60, 15} {
		if r.IntN(100) >= chance {
			continue
		}
		f := chaosFaults[r.IntN(len(chaosFaults))]
		if number%400 == 75 && len(names) == 0 { // and one server is killed once at a time
			f = chaosKill
		}
		names = append(names, f.name)
		did.under[f.name]++
		if end := f.strike(w, t, r); end != nil {
			wait = append(wait, end)
		}
	}
	did.killed = did.under[chaosKill.name]
	return names, func() {
		for _, end := range wait {
			end()
		}
		w.heal()
	}
}

// chaosFault is something that goes wrong. strike returns how to wait for what it began, nil where there is nothing.
type chaosFault struct {
	name   string
	strike func(w *chaos, t *testing.T, r *rand.Rand) (end func())
}

// somewhere applies to a strait by lot, and to connections that are made anew where it is to strike while connecting.
func somewhere(name string, strike func(x *strait, r *rand.Rand)) chaosFault {
	return chaosFault{name, func(w *chaos, _ *testing.T, r *rand.Rand) func() {
		names := []string{"ap-1", "br-1", "eu-1", "eu-1/near"}
		x := w.straits[names[r.IntN(len(names))]]
		if r.IntN(4) == 0 {
			x.Cut()
		}
		strike(x, r)
		return nil
	}}
}

// atByte makes a fault that counts bytes, which strikes anywhere in an answer, for connections that there are or for all.
func atByte(name string, make func(n int64) faultproxy.Faults) chaosFault {
	return somewhere(name, func(x *strait, r *rand.Rand) {
		f := make(int64(math.Exp(r.Float64() * math.Log(400_000))))
		f.Existing = r.IntN(2) == 0
		x.set(f)
	})
}

// soon does something while the query runs, and waits for that.
func soon(name string, do func(w *chaos, t *testing.T)) chaosFault {
	return chaosFault{name, func(w *chaos, t *testing.T, r *rand.Rand) func() {
		done := make(chan struct{})
		time.AfterFunc(time.Duration(r.IntN(20_000))*time.Microsecond, func() { defer close(done); do(w, t) })
		return func() { <-done }
	}}
}

func backends(call string) func(w *chaos, t *testing.T) {
	return func(w *chaos, t *testing.T) {
		for _, s := range []interface {
			Exec(context.Context, string) error
		}{w.lonely, w.standby} {
			err := s.Exec(t.Context(), "SELECT "+call+"(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
			if struck := stateOfPostgres(err); err != nil && struck != "57014" && struck != "57P01" { // two that do so at once strike each other
				t.Errorf("%s: %v", call, err)
			}
		}
	}
}

func serverFault(name string, faults ...tdstest.Fault) chaosFault {
	return chaosFault{name, func(w *chaos, _ *testing.T, r *rand.Rand) func() {
		f := faults[r.IntN(len(faults))]
		f.Match = "[dbo].["
		if f.AfterRows > 0 {
			f.AfterRows += r.Int64N(3000)
		}
		w.tds.FailStatements(f)
		return nil
	}}
}

var chaosFaults = []chaosFault{
	somewhere("refuse", func(x *strait, _ *rand.Rand) { x.down() }),
	somewhere("refuse new ones", func(x *strait, _ *rand.Rand) { x.set(faultproxy.Faults{Refuse: true}) }),
	somewhere("hang up", func(x *strait, _ *rand.Rand) { x.set(faultproxy.Faults{HangUp: true}); x.Cut() }),
	somewhere("reset", func(x *strait, _ *rand.Rand) { x.Reset() }),
	somewhere("half-open", func(x *strait, _ *rand.Rand) { x.set(faultproxy.Faults{Silent: true, Existing: true}) }),
	somewhere("slow", func(x *strait, r *rand.Rand) {
		x.set(faultproxy.Faults{Latency: time.Duration(r.IntN(8)) * time.Millisecond, Jitter: 2 * time.Millisecond, SlowClose: 20 * time.Millisecond})
	}),
	somewhere("narrow", func(x *strait, r *rand.Rand) { x.set(faultproxy.Faults{Bandwidth: 200_000 + r.IntN(2_000_000)}) }),
	somewhere("stalls", func(x *strait, _ *rand.Rand) {
		x.set(faultproxy.Faults{StallShare: 0.5, StallBy: 60 * time.Millisecond})
	}),
	atByte("silent at byte", func(n int64) faultproxy.Faults { return faultproxy.Faults{SilentAfter: n} }),
	atByte("reset at byte", func(n int64) faultproxy.Faults { return faultproxy.Faults{ResetAfter: n} }),
	atByte("cut at byte", func(n int64) faultproxy.Faults { return faultproxy.Faults{CutAfter: n} }),
	atByte("garbage at byte", func(n int64) faultproxy.Faults { return faultproxy.Faults{GarbageAfter: n} }),
	soon("reset soon", func(w *chaos, _ *testing.T) {
		for _, x := range w.straits {
			x.Reset()
		}
	}),
	soon("cut soon", func(w *chaos, _ *testing.T) { w.straits["eu-1"].Cut() }),
	soon("backends terminated", backends("pg_terminate_backend")),
	soon("statements cancelled", backends("pg_cancel_backend")),
	soon("sessions dropped", func(w *chaos, _ *testing.T) { w.tds.DropConnections() }),
	serverFault("deadlock", tdstest.Fault{Error: tdstest.ErrDeadlock()}, tdstest.Fault{Error: tdstest.ErrDeadlock(), AfterRows: 1}),
	serverFault("throttled", tdstest.Fault{Error: tdstest.ErrThrottled()}, tdstest.Fault{Error: tdstest.ErrThrottled(), AfterRows: 1}),
	serverFault("moving", tdstest.Fault{Error: tdstest.ErrUnavailable()}, tdstest.Fault{Error: tdstest.ErrUnavailable(), AfterRows: 1}),
	serverFault("dropped", tdstest.Fault{Drop: true}, tdstest.Fault{Drop: true, AfterRows: 1}, tdstest.Fault{Drop: true, AfterBytes: 50_000}),
	serverFault("nonsense", tdstest.Fault{Garbage: true}, tdstest.Fault{Garbage: true, AfterRows: 1}),
	{"login refused", func(w *chaos, _ *testing.T, _ *rand.Rand) func() {
		w.tds.FailLogins(tdstest.Fault{Error: tdstest.ErrLoginFailed("atoll")})
		w.tds.DropConnections()
		return nil
	}},
}

// chaosKill kills a PostgreSQL and starts it again.
var chaosKill = soon("kill -9", func(w *chaos, t *testing.T) {
	if err := errors.Join(w.lonely.Kill(), w.lonely.Restart()); err != nil {
		t.Error(err)
	}
})
