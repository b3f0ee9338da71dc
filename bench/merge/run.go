package merge

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/bench/report"
)

// The series. Their conditions are "state", "groups" and "engine".
const (
	Rows          = "rows merged"
	RowsOfCore    = "rows merged of processor time"
	Groups        = "rows of the result"
	GroupsOfCore  = "rows of the result of processor time"
	Allocations   = "allocations a merge"
	Allocated     = "bytes allocated a merge"
	AgainstDuckDB = "speed of atoll / DuckDB" // of processor time; its engine is DuckDB's
)

// shortest is how many rows a round merges at least: small inputs are merged several times.
const shortest = 1 << 20

// Run measures. All processors of this process but one stand still meanwhile, so that what runs beside the merge, as garbage collection and the reading of
// streams do, is paid for by the same core, and DuckDB has one thread. The engines take turns within each round.
func Run(ctx context.Context, o Options) (r *report.Report, err error) {
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	m := &measurement{o: o, r: report.New("merge", o.Seed)}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	version, err := duckVersion(ctx)
	if err != nil {
		return nil, err
	}
	m.r.Versions = []report.Setting{{Name: "DuckDB", Value: version}}
	m.r.Settings = []report.Setting{
		{Name: "rows", Value: strconv.Itoa(o.Rows)}, {Name: "shards", Value: strconv.Itoa(o.Shards)}, {Name: "rounds", Value: strconv.Itoa(o.Rounds)},
		{Name: "limit of top-n", Value: strconv.Itoa(o.Limit)}, {Name: "hashes in a row of hll", Value: strconv.Itoa(hashes)},
	}
	for _, name := range o.States {
		s, err := stateOf(name, o.Limit)
		if err != nil {
			return nil, err
		}
		for _, groups := range o.Groups {
			if err := m.measure(ctx, s, groups); err != nil {
				return nil, fmt.Errorf("%s, %d groups: %w", name, groups, err)
			}
		}
	}
	m.finish(version)
	return m.r, nil
}

// measurement is a run.
type measurement struct {
	o Options
	r *report.Report
	// compared is how many of DuckDB's answers were compared; one that differs ends the run.
	compared int
}

// contestant is a merger under the name of its engine.
type contestant struct {
	engine string
	merger
}

func (m *measurement) measure(ctx context.Context, s *state, groups int) (err error) {
	m.o.Progress(fmt.Sprintf("%s, %d groups", s.name, groups))
	in := makeInput(s, m.o, groups)
	defer in.release()
	all, err := contestants(ctx, s, in)
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.close())
		}
	}()
	if err != nil {
		return err
	}
	if err := m.check(ctx, s, in, all); err != nil {
		return err
	}
	for range m.o.Rounds {
		var atoll float64
		for _, c := range all {
			speed, err := m.round(ctx, s, in, groups, c)
			if err != nil {
				return fmt.Errorf("%s: %w", c.engine, err)
			}
			if c.engine == Atoll {
				atoll = speed
				continue
			}
			m.r.Observe(AgainstDuckDB, report.Ratio, report.Higher, atoll/speed, "state", s.name, "groups", strconv.Itoa(groups), "engine", c.engine)
		}
	}
	return nil
}

// contestants are ours first. Where an error is returned, those that are there already are to be closed.
func contestants(ctx context.Context, s *state, in *input) ([]contestant, error) {
	all := []contestant{{Atoll, &ours{s, in}}}
	if s.sql == "" {
		return all, nil
	}
	batches, err := newFromBatches(s, in)
	if err != nil {
		return all, err
	}
	all = append(all, contestant{DuckBatches, batches})
	table, err := newOwnTable(ctx, s, in)
	if err != nil {
		return all, err
	}
	return append(all, contestant{DuckTable, table}), nil
}

// check has all of them give the same answer, which also warms them up.
func (m *measurement) check(ctx context.Context, s *state, in *input, all []contestant) error {
	var first answer
	for i, c := range all {
		a, err := answerOf(ctx, c, s)
		if err != nil {
			return fmt.Errorf("%s: %w", c.engine, err)
		}
		wrong := ""
		switch {
		case i > 0:
			wrong = first.differ(a)
			m.compared++
		case s.name == HLL:
			wrong = a.estimates(in)
		}
		if wrong != "" {
			return fmt.Errorf("the answer of %s is wrong, or %s's is: %s", c.engine, Atoll, wrong)
		}
		if i == 0 {
			first = a
		}
	}
	return nil
}

// round merges the input once, or several times where it is small, and returns how many rows a second of processor time were merged.
func (m *measurement) round(ctx context.Context, s *state, in *input, groups int, c contestant) (float64, error) {
	runtime.GC() // what others left is not for this one to clear away
	times := max(1, shortest/in.rows)
	if m.o.Quick {
		times = 1
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, busy := time.Now(), processor()
	made := 0
	for range times {
		err := c.merge(ctx, func(rec arrow.Record) error {
			made += int(rec.NumRows())
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	// What takes less than the clock's tick took one.
	wall, cpu := max(time.Since(start), time.Microsecond).Seconds(), max(processor()-busy, time.Microsecond).Seconds()
	runtime.ReadMemStats(&after)
	where := []string{"state", s.name, "groups", strconv.Itoa(groups), "engine", c.engine}
	rows := float64(in.rows * times)
	m.r.Observe(Rows, report.RowsPerS, report.Higher, rows/wall, where...)
	m.r.Observe(RowsOfCore, report.RowsPerS, report.Higher, rows/cpu, where...)
	m.r.Observe(Groups, report.GroupsPerS, report.Higher, float64(made)/wall, where...)
	m.r.Observe(GroupsOfCore, report.GroupsPerS, report.Higher, float64(made)/cpu, where...)
	if c.engine == Atoll { // DuckDB's memory is not Go's
		m.r.Observe(Allocations, report.Count, report.Lower, float64(after.Mallocs-before.Mallocs)/float64(times), where...)
		m.r.Observe(Allocated, report.Bytes, report.Lower, float64(after.TotalAlloc-before.TotalAlloc)/float64(times), where...)
	}
	return rows / cpu, nil
}

// processor is the time that this process has kept processors busy.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // cannot fail for RUSAGE_SELF
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
