package transfer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/bench/report"
)

// finish adds to the figures what is made of them.
func (m *measurement) finish() {
	for _, e := range []string{Postgres, PostgresTCP, DuckDB, SQLServer} {
		if c, ok := m.chart(e, Rows, "million rows a second", 1e6, ""); ok {
			m.r.Charts = append(m.r.Charts, c)
		}
	}
	for _, e := range []string{Postgres, DuckDB, SQLServer} {
		if c, ok := m.chart(e, Arrow, "GB of Arrow a second", 1e9, Atoll); ok {
			m.r.Charts = append(m.r.Charts, c)
		}
	}
	m.goals()
	m.r.Notes = []string{
		"A row of a type is several columns of it, so rows/s of types compare; the payload is what the protocol frames: DataRows with their headers (PostgreSQL, atoll and pgx), COPY's stream (psql, pgconn), " +
			"the bytes of the connection (SQL Server). DuckDB has no wire: its payload is the Arrow buffers.",
		"Every reader but DuckDB's connects anew within the time (psql starts a process as well), so small tables are slower, and have more allocations a row, than large ones.",
		"Before anything is measured each reader has read everything once: Atoll's rows, values that are not NULL and the sum of their digests equal the engine's own, the others' rows are as many, " +
			"and so are the bytes of those that read the same frames.",
		"Server and readers share the processors, so a reader that needs less leaves more to the server. COPY and pgx RawValues decode nothing: beside them 1.0 means that decoding costs nothing that can be seen.",
		"DuckDB's own scan hashes every value and gives none away: it says what reading the file takes, not what handing rows over does.",
	}
}

// goalRows is how many rows a table must have for the goals: with fewer, connecting is what is measured.
const goalRows = 200_000

// goals holds the medians to docs/performance.md's bounds, where that much was measured that they say something.
func (m *measurement) goals() {
	if slices.Contains(m.o.Engines, Postgres) {
		m.r.Reach("PostgreSQL, mixed columns: speed of atoll / psql's COPY", m.r.Find(Speed, "engine", Postgres, "type", Mixed, "against", PSQL), 0.75, true)
		m.r.Reach("PostgreSQL, mixed columns: allocations a row", m.r.Find(Allocations, "engine", Postgres, "type", Mixed, "reader", Atoll), 0.01, false)
	}
	if slices.Contains(m.o.Engines, SQLServer) {
		m.r.Reach("SQL Server, mixed columns: speed of atoll / database/sql's Scan", m.r.Find(Speed, "engine", SQLServer, "type", Mixed, "against", Bare), 0.9, true)
	}
	if m.o.Rows < goalRows {
		m.r.TooSmall(fmt.Sprintf("of tables with %d rows connecting is a large part; it takes %d", m.o.Rows, goalRows))
	}
}

// chart shows a series of an engine by type, a bar for each reader, or for one.
func (m *measurement) chart(engine, series, y string, unit float64, only string) (report.Chart, bool) {
	name := strings.NewReplacer(", ", "-", " ", "-").Replace(strings.ToLower(series + "-" + engine))
	c := report.Chart{Name: name, Title: engine + ": " + y + ", by type", Kind: report.Bars, X: "type", Y: y, Categories: m.o.Types}
	for i := range m.r.Series {
		s := &m.r.Series[i]
		reader := s.Label("reader")
		if s.Name != series || s.Label("engine") != engine || s.Label("type") != m.o.Types[0] || only != "" && reader != only {
			continue
		}
		line := report.Line{Name: reader}
		for _, kind := range m.o.Types {
			values := m.r.Find(series, "engine", engine, "type", kind, "reader", reader).Values
			line.Y = append(line.Y, report.Median(values)/unit)
			line.Low, line.High = append(line.Low, slices.Min(values)/unit), append(line.High, slices.Max(values)/unit)
		}
		c.Lines = append(c.Lines, line)
	}
	return c, len(c.Lines) > 0
}
