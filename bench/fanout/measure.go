package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
)

// measurement is a run.
type measurement struct {
	o       Options
	r       *report.Report
	profile load.Profile
	w, near *world.World // as the profile has it; past its proxies
	free    *freeShards
	service []time.Duration // of one near shard alone, as measured before the first round: how long free shards take
	cells   []*cell
	sweeps  []*point
}

// Distances beside that of the profile, which has the profile's name.
const (
	Near  = "local" // unix sockets
	Fixed = "fixed" // shards that cost no processor, and take as long as one near shard alone does at the median
	Drawn = "drawn" // the same, but one statement of slowOf, drawn for each by itself, takes slowTimes as long
)

// Slow statements of shards whose time is drawn. They are told from the others by tailTimes the usual time.
const (
	slowOf    = 100 / (100 - tailPercent)
	slowTimes = 4
	tailTimes = 2
)

// drawn are the times from which those of Drawn are drawn.
func (m *measurement) drawn() []time.Duration {
	times := slices.Repeat([]time.Duration{m.fixed()}, slowOf)
	times[0] *= slowTimes
	return times
}

// cell is a number of shards at a distance, visited once a round.
type cell struct {
	shards   int
	distance string
	near     bool
	free     bool

	one, many, open load.Rounds
	asked           [][]Asked // by round, one at a time
	processor       []float64 // seconds of this process a query, by round
	overBare        []float64 // by round
}

// newCells lists what a round visits.
func (m *measurement) newCells() {
	for _, n := range m.o.Shards {
		m.cells = append(m.cells, &cell{shards: n, distance: Near, near: true})
		if m.far() {
			m.cells = append(m.cells, &cell{shards: n, distance: m.profile.Name})
		}
		m.cells = append(m.cells, &cell{shards: n, distance: Fixed, near: true, free: true}, &cell{shards: n, distance: Drawn, near: true, free: true})
	}
}

// far reports that the profile has shards at a distance. Files have none.
func (m *measurement) far() bool { return m.profile.Far() && m.o.Engine == world.PostgreSQL }

// worldOf is the world as a cell sees it.
func (m *measurement) worldOf(c *cell) *world.World {
	if c.near {
		return m.near
	}
	return m.w
}

// cell finds one.
func (m *measurement) cell(distance string, shards int) *cell {
	i := slices.IndexFunc(m.cells, func(c *cell) bool { return c.distance == distance && c.shards == shards })
	if i < 0 {
		return nil
	}
	return m.cells[i]
}

// mostAtOnce is how many queries run at once at most.
func (m *measurement) mostAtOnce() int {
	return max(m.o.Concurrency, slices.Max(append(m.o.InParallel, 1)))
}

// serviceQueries is how many queries tell how long one shard takes. One that the machine held up is then one of many.
const serviceQueries = 50

// timeService measures how long one near shard takes for its statement, alone.
func (m *measurement) timeService(ctx context.Context) (err error) {
	e, err := m.near.Open(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := m.warmUp(ctx, e, theReport.sql()); err != nil {
		return err
	}
	for range serviceQueries {
		a, err := Ask(ctx, e, theReport.sql())
		if err != nil {
			return err
		}
		m.service = append(m.service, a.Slowest())
	}
	return nil
}

// visit measures a cell once more.
func (m *measurement) visit(ctx context.Context, c *cell, round int) (err error) {
	var opts []atoll.Option
	switch c.distance {
	case Fixed:
		m.free.take(m.fixed())
	case Drawn:
		m.free.take(m.drawn()...)
	}
	if c.free {
		opts = append(opts, atoll.WithDriver(m.o.Engine, m.free.driver))
	}
	e, err := m.worldOf(c).Open(ctx, c.shards, opts...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := m.alone(ctx, c, e); err != nil {
		return err
	}
	if c.free {
		return nil
	}
	if c.shards == m.o.At && m.o.Engine == world.PostgreSQL {
		if err := m.besideBare(ctx, c, e); err != nil {
			return err
		}
	}
	return m.together(ctx, c, e, round)
}

// alone asks one query at a time.
func (m *measurement) alone(ctx context.Context, c *cell, e *atoll.Engine) error {
	sql := theReport.sql()
	if err := m.warmUp(ctx, e, sql); err != nil {
		return err
	}
	var asked []Asked
	before := processorTime()
	r, err := m.closed(ctx, 1, func(ctx context.Context, _ int) error {
		a, err := Ask(ctx, e, sql)
		if err == nil {
			asked = append(asked, a)
		}
		return err
	})
	if err != nil {
		return err
	}
	c.processor = append(c.processor, (processorTime()-before).Seconds()/float64(len(asked)))
	c.one, c.asked = append(c.one, r), append(c.asked, asked)
	return nil
}

// together measures the throughput of several at once, and what users see who arrive at a share of it.
func (m *measurement) together(ctx context.Context, c *cell, e *atoll.Engine, round int) error {
	work := func(ctx context.Context, _ int) error {
		_, err := Ask(ctx, e, theReport.sql())
		return err
	}
	r, err := m.closed(ctx, m.o.Concurrency, work)
	if err != nil {
		return err
	}
	c.many = append(c.many, r)
	rate := m.o.Rate
	if rate == 0 {
		rate = r.Achieved() / 2
	}
	open, err := load.Open{
		Rate: rate, Seed: m.o.Seed + uint64(round), Outstanding: m.mostAtOnce(), Duration: m.o.Duration, Drain: max(5*time.Second, 2*m.o.Duration),
	}.Run(ctx, work)
	if err := failed(open, err); err != nil {
		return err
	}
	c.open = append(c.open, open)
	return nil
}

// closed runs a closed loop, in which no query may fail.
func (m *measurement) closed(ctx context.Context, workers int, work load.Work) (*load.Result, error) {
	loop := load.Closed{Workers: workers, Duration: m.o.Duration}
	if workers > 1 {
		loop.WarmupCount = int64(workers * m.o.WarmUp)
	}
	r, err := loop.Run(ctx, work)
	if err == nil && r.Arrived == 0 { // a short duration is over before a busy machine lets a worker begin: then each asks once
		r, err = load.Closed{Workers: workers, Count: int64(workers)}.Run(ctx, work)
	}
	if err := failed(r, err); err != nil {
		return nil, err
	}
	return r, nil
}

// failed is the loop's error, or that of a query.
func failed(r *load.Result, err error) error {
	if err == nil && len(r.Errors) > 0 {
		err = fmt.Errorf("%d of %d queries failed: %w", r.Failed, r.Failed+r.Done, r.Errors[0].First)
	}
	return err
}

// besideBare asks the query and sends its statements with pgx alone, in turn.
func (m *measurement) besideBare(ctx context.Context, c *cell, e *atoll.Engine) (err error) {
	dsns := make([]string, c.shards)
	for i := range dsns {
		dsns[i] = m.worldOf(c).Shards[i].DSN
	}
	bare, err := OpenBare(ctx, e, dsns, theReport.sql())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	if _, err := bare.Ask(ctx); err != nil { // prepares, as the engine has
		return err
	}
	var ratios []float64
	for end := time.Now().Add(m.o.Duration); len(ratios) == 0 || time.Now().Before(end); {
		ours, err := Ask(ctx, e, theReport.sql())
		if err != nil {
			return err
		}
		theirs, err := bare.Ask(ctx)
		if err != nil {
			return err
		}
		ratios = append(ratios, ours.Took.Seconds()/theirs.Seconds())
	}
	c.overBare = append(c.overBare, report.Median(ratios))
	return nil
}

func (m *measurement) warmUp(ctx context.Context, e *atoll.Engine, sql string) error {
	for range m.o.WarmUp {
		if _, err := Ask(ctx, e, sql); err != nil {
			return err
		}
	}
	return nil
}

// processorTime is what this process has spent so far: the coordinator, and with shards at a distance the proxies before them.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func nanoseconds(times []time.Duration) []float64 {
	out := make([]float64, len(times))
	for i, t := range times {
		out[i] = float64(t)
	}
	return out
}
