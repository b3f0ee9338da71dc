// Package conformance is the suite that every connector passes: the promises of package connectors, checked
// against a live engine.
//
// An adapter's test fills in a [Harness] and calls [Run]. What an engine cannot express (PostgreSQL's
// infinite dates, say) its Literal hook declines, and the case is skipped by name.
package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// Harness is what the suite must know of one engine.
type Harness struct {
	// Exec runs statements in the engine, outside the connector. The suite calls it only while it holds
	// no open connector, so that an embedded engine may lock its file.
	Exec func(tb testing.TB, statements ...string)

	// Write is Exec for the time while connectors are open; nil where an embedded engine locks its file.
	Write func(tb testing.TB, statements ...string)

	// Open returns a fresh connector to the engine; the suite closes it.
	Open func(tb testing.TB) connectors.Connector

	// Literal writes a constant of a PostgreSQL type ("numeric(15,2)", "date", …) from PostgreSQL's text
	// form, as an SQL expression of the engine that the connector reads as that type. False means that the
	// engine has no such type or value. The wide type is called "numeric".
	Literal func(typ, text string) (expr string, ok bool)

	// Series is SQL that yields one bigint column with the values 1 … n in order.
	Series func(n int) string

	// Endless is SQL that yields one bigint column and runs for minutes without giving a row.
	Endless string

	// DivisionByZero, Overflow and BadCast are statements with one bigint column that fail with SQLSTATE
	// 22012, 22003 and 22P02. They may fail at Query or at Next.
	DivisionByZero, Overflow, BadCast string

	// TextColumn is SQL for a one-column, one-row statement whose column is text, 'secret-cell'.
	TextColumn string

	// Describe overrides the type names that Describe reports where the engine's own types are fewer than
	// PostgreSQL's, by column of the suite's table (see describe.go), e.g. {"c_char": "text"}.
	Describe map[string]string

	// FoldsNames is true where the engine finds names whatever their case, and Describe reports columns in lower case.
	FoldsNames bool

	// Cut, if not nil, ends all connections of the suite's connectors at the engine, without waiting. The suite calls it
	// while statements run.
	Cut func(tb testing.TB)

	// Args writes the suite's statement with three parameters where the engine spells parameters or types differently;
	// "" means DefaultArgs.
	Args string
}

// DefaultArgs is the statement with which parameters are tested: the first as bigint a, the second as text b, the third as
// date c, and the first plus one as d.
const DefaultArgs = "SELECT CAST($1 AS bigint) AS a, CAST($2 AS text) AS b, CAST($3 AS date) AS c, CAST($1 AS bigint) + 1 AS d"

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	t.Run("types", func(t *testing.T) { testTypes(t, h) })
	t.Run("nulls", func(t *testing.T) { testNulls(t, h) })
	t.Run("streams", func(t *testing.T) { testStreams(t, h) })
	t.Run("close", func(t *testing.T) { testClose(t, h) })
	t.Run("cancel", func(t *testing.T) { testCancel(t, h) })
	t.Run("errors", func(t *testing.T) { testErrors(t, h) })
	t.Run("cut off", func(t *testing.T) { testCut(t, h) })
	t.Run("args", func(t *testing.T) { testArgs(t, h) })
	t.Run("concurrent", func(t *testing.T) { testConcurrent(t, h) })
	t.Run("snapshots", func(t *testing.T) { RunSnapshots(t, h) })
	t.Run("describe", func(t *testing.T) { testDescribe(t, h) })
	t.Run("read only", func(t *testing.T) { testReadOnly(t, h) })
	t.Run("calibrate", func(t *testing.T) { testCalibrate(t, h) })
}

// limit bounds every test's wait for the engine.
const limit = time.Minute

// open opens a connector for one test and closes it, twice, when the test ends.
func (h Harness) open(tb testing.TB) connectors.Connector {
	tb.Helper()
	c := h.Open(tb)
	tb.Cleanup(func() {
		for range 2 {
			if err := c.Close(); err != nil {
				tb.Errorf("closing the connector: %v", err)
			}
		}
	})
	return c
}

// testContext returns a context for one test that ends before the test binary's own limit.
func testContext(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	tb.Cleanup(cancel)
	return ctx
}

// allocator returns an allocator that fails the test if a buffer is left when the test ends.
func allocator(t *testing.T) memory.Allocator {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return alloc
}

func testCalibrate(t *testing.T, h Harness) {
	c := h.open(t)
	caps, err := c.Calibrate(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if caps.Dialect == "" || caps.Version == "" {
		t.Errorf("calibration names no dialect or version: %+v", caps)
	}
	again, err := c.Calibrate(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if again.Version != caps.Version {
		t.Errorf("two calibrations differ: %q, %q", caps.Version, again.Version)
	}
}
