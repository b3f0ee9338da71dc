package sketch

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/report"
)

// Forms of an answer.
const (
	Approximate = "approximate"
	Exact       = "exact"
	Server      = "the server itself" // the exact form, by a connection to the only server
)

// Names of the report's series. Their conditions are "question" and "shards", and of the first two "form".
const (
	Time       = "time"
	Sent       = "bytes from the shards"
	TimeRatio  = "time exact / approximate"
	BytesRatio = "bytes exact / approximate"
	Beside     = "time approximate / the server itself"
	Off        = "error seen"
	OfAllowed  = "error seen / allowed"
)

// Run fills servers, and asks each question for an estimate and exactly, in turn within each round.
func Run(ctx context.Context, o Options) (r *report.Report, err error) {
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	m := &measurement{o: o, r: report.New("sketch", o.Seed)}
	o.Progress(fmt.Sprintf("filling %d servers with %d rows each", slices.Max(o.Shards), o.Rows))
	s, err := start(ctx, slices.Max(o.Shards), o)
	defer func() { err = errors.Join(err, s.stop()) }()
	if err != nil {
		return nil, err
	}
	m.r.Settings = []report.Setting{
		{Name: "rows of each server", Value: strconv.Itoa(o.Rows)}, {Name: "different values, the same on all servers", Value: fmt.Sprint(o.Distinct)},
		{Name: "rounds", Value: strconv.Itoa(o.Rounds)}, {Name: "precision of approx_count_distinct", Value: strconv.Itoa(precision)},
	}
	for _, n := range o.Shards {
		if err := m.over(ctx, s, n); err != nil {
			return nil, err
		}
	}
	m.finish()
	return m.r, nil
}

// measurement is a run.
type measurement struct {
	o Options
	r *report.Report
}

// over asks everything over so many servers.
func (m *measurement) over(ctx context.Context, s servers, shards int) (err error) {
	e, err := s.open(ctx, shards)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	conn, err := pgx.Connect(ctx, s[0].DSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if len(m.r.Versions) == 0 {
		m.r.Versions = []report.Setting{{Name: "postgresql", Value: conn.PgConn().ParameterStatus("server_version")}}
	}
	alone := conn
	if shards > 1 { // no server has all rows
		alone = nil
	}
	for _, q := range questions(m.o) {
		m.o.Progress(fmt.Sprintf("%d shards: %s", shards, q.name))
		for round := -1; round < m.o.Rounds; round++ { // the first warms up
			if err := m.round(ctx, e, alone, q, shards, round >= 0); err != nil {
				return fmt.Errorf("%s over %d shards: %w", q.name, shards, err)
			}
		}
	}
	return nil
}

// round asks a question in each form.
func (m *measurement) round(ctx context.Context, e *atoll.Engine, conn *pgx.Conn, q question, shards int, counts bool) error {
	approx, err := ask(ctx, e, q.approx)
	if err != nil {
		return err
	}
	exact, err := ask(ctx, e, q.exact)
	if err != nil {
		return err
	}
	off, err := q.off(approx.rows, exact.rows)
	if err != nil {
		return err
	}
	var alone float64
	if conn != nil {
		if alone, err = askServer(ctx, conn, q, exact.rows); err != nil {
			return err
		}
	}
	if !counts {
		return nil
	}
	where := []string{"question", q.name, "shards", strconv.Itoa(shards)}
	for _, f := range []struct {
		name string
		answer
	}{{Approximate, approx}, {Exact, exact}} {
		form := append(slices.Clip(where), "form", f.name)
		m.r.Observe(Time, report.Seconds, report.Lower, f.took, form...)
		m.r.Observe(Sent, report.Bytes, report.Lower, f.bytes, form...)
	}
	m.r.Observe(TimeRatio, report.Ratio, report.Higher, exact.took/approx.took, where...)
	m.r.Observe(BytesRatio, report.Ratio, report.Higher, exact.bytes/approx.bytes, where...)
	m.r.Observe(Off, report.Ratio, report.Lower, off, where...)
	if q.allowed > 0 {
		m.r.Observe(OfAllowed, report.Ratio, report.Lower, off/q.allowed, where...)
	}
	if conn != nil {
		m.r.Observe(Time, report.Seconds, report.Lower, alone, append(slices.Clip(where), "form", Server)...)
		m.r.Observe(Beside, report.Ratio, report.Lower, approx.took/alone, where...)
	}
	return nil
}

// answer is what a query gave, and cost.
type answer struct {
	rows        [][]string
	took, bytes float64
}

// ask reads a query's answer to its end.
func ask(ctx context.Context, e *atoll.Engine, sql string) (a answer, err error) {
	start := time.Now()
	r, err := e.Query(ctx, sql)
	if err != nil {
		return a, err
	}
	defer r.Release()
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for c := range row {
				row[c] = rec.Column(c).ValueStr(i)
			}
			a.rows = append(a.rows, row)
		}
	}
	a.took = time.Since(start).Seconds()
	for _, s := range r.Stats().Shards {
		a.bytes += float64(s.Bytes)
	}
	return a, r.Err()
}

// askServer asks the only server for the exact answer, which must be the engine's, and returns the seconds it took.
func askServer(ctx context.Context, conn *pgx.Conn, q question, want [][]string) (float64, error) {
	start := time.Now()
	rows, err := conn.Query(ctx, q.exact, pgx.QueryResultFormats{pgx.TextFormatCode})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var got [][]string
	for rows.Next() {
		var row []string
		for _, v := range rows.RawValues() {
			row = append(row, string(v))
		}
		got = append(got, row)
	}
	took := time.Since(start).Seconds()
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if !slices.EqualFunc(got, want, func(a, b []string) bool { return slices.EqualFunc(a, b, same) }) {
		return 0, fmt.Errorf("the exact answer is not that of the server itself: nothing is measured of wrong answers")
	}
	return took, nil
}

// same compares the texts of two values; those of numbers may differ by zeros at their end.
func same(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, also := new(big.Rat).SetString(b)
	return a == b || ok && also && x.Cmp(y) == 0
}
