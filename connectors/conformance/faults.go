package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

func testErrors(t *testing.T, h Harness) {
	c := h.open(t)
	text := schemaOf(field("v", "text"))
	for _, tc := range []struct {
		name, sql string
		schema    *arrow.Schema
		class     connectors.Class
		state     string
		column    string
	}{
		{"division by zero", h.DivisionByZero, bigints, connectors.ClassData, "22012", ""},
		{"overflow", h.Overflow, bigints, connectors.ClassData, "22003", ""},
		{"bad cast", h.BadCast, bigints, connectors.ClassData, "22P02", ""},
		{"missing table", "SELECT n FROM no_such_table_here", bigints, connectors.ClassSchema, "", ""},
		{"missing column", "SELECT no_such_column FROM (" + h.Series(1) + ") AS s(n)", bigints, connectors.ClassSchema, "", ""},
		{"text where bigint is expected", h.TextColumn, bigints, connectors.ClassSchema, "", "n"},
		{"one column too few", h.TextColumn, schemaOf(field("v", "text"), field("w", "text")), connectors.ClassSchema, "", ""},
		{"bigint where uuid is expected", h.Series(1), schemaOf(field("u", "uuid")), connectors.ClassSchema, "", "u"},
		{"syntax error", "SELEKT 1", text, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := run(testContext(t), c, connectors.Statement{SQL: tc.sql, Schema: tc.schema, Alloc: allocator(t)})
			e := mustBeError(t, err)
			if tc.class != "" && e.Class != tc.class || tc.state != "" && e.SQLState != tc.state || e.Column != tc.column {
				t.Errorf("got class %q, SQLSTATE %q, column %q: %v", e.Class, e.SQLState, e.Column, err)
			}
			if e.Shard == "" || strings.Contains(err.Error(), "secret-cell") {
				t.Errorf("the text lacks the shard or shows data: %v", err)
			}
			mustRun(t, c, connectors.Statement{SQL: h.Series(2), Schema: bigints, Alloc: allocator(t)})
		})
	}
}

// mustBeError returns the port's error in err, which no reader of a stream may take for its end.
func mustBeError(t *testing.T, err error) *connectors.Error {
	t.Helper()
	var e *connectors.Error
	if !errors.As(err, &e) {
		t.Fatalf("not a *connectors.Error: %v", err)
	}
	if errors.Is(err, io.EOF) {
		t.Errorf("a failure looks like the end of the rows: %v", err)
	}
	return e
}

// testCut holds that a connection which ends looks like a failure, and never like the end of the rows.
func testCut(t *testing.T, h Harness) {
	if h.Cut == nil {
		t.Skip("the engine has no connections that could end")
	}
	for _, batches := range []int{0, 1, 3} {
		t.Run(fmt.Sprintf("after %d batches", batches), func(t *testing.T) {
			c, ctx := h.open(t), testContext(t)
			r, err := c.Query(ctx, connectors.Statement{SQL: h.Series(20_000_000), Schema: bigints, BatchRows: 100, Alloc: allocator(t)})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; err == nil; i++ {
				if i == batches {
					h.Cut(t)
				}
				_, err = r.Next(ctx)
			}
			mustBeLost(t, err)
			if _, again := r.Next(ctx); errors.Is(again, io.EOF) || again == nil {
				t.Errorf("after the failure Next returns %v", again)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			mustRun(t, c, connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)})
		})
	}
	t.Run("while the engine computes", func(t *testing.T) {
		c, ctx := h.open(t), testContext(t)
		mustRun(t, c, connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)})
		timer := time.AfterFunc(200*time.Millisecond, func() { h.Cut(t) })
		defer timer.Stop()
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // an adapter may try again, on a connection that nobody cuts
		defer cancel()
		_, err := run(ctx, c, connectors.Statement{SQL: h.Endless, Schema: bigints, Alloc: allocator(t)})
		if !errors.Is(err, context.DeadlineExceeded) {
			mustBeLost(t, err)
		}
	})
}

func mustBeLost(t *testing.T, err error) {
	t.Helper()
	if e := mustBeError(t, err); e.Class != connectors.ClassUnavailable {
		t.Errorf("class %s: %v", e.Class, err)
	}
}

func testArgs(t *testing.T, h Harness) {
	c := h.open(t)
	sql := h.Args
	if sql == "" {
		sql = DefaultArgs
	}
	stmt := connectors.Statement{
		SQL:    sql,
		Schema: schemaOf(field("a", "bigint"), field("b", "text"), field("c", "date"), field("d", "bigint")),
		Alloc:  allocator(t),
	}
	for _, tc := range []struct {
		args []connectors.Arg
		want string
	}{
		{[]connectors.Arg{{Text: "41"}, {Text: `O'Neil "\" %`}, {Text: "1969-12-31"}}, `41|"O'Neil \"\\\" %"|-1|42`},
		{[]connectors.Arg{{Null: true}, {Text: ""}, {Null: true}}, `NULL|""|NULL|NULL`},
		{[]connectors.Arg{{Text: "-9223372036854775808"}, {Null: true}, {Text: "2000-02-29"}},
			`-9223372036854775808|NULL|11016|-9223372036854775807`},
	} {
		stmt.Args = tc.args
		out := mustRun(t, c, stmt)
		if got := strings.Join(out.rows[0], "|"); got != tc.want {
			t.Errorf("args %v: %s, want %s", tc.args, got, tc.want)
		}
	}
	stmt.Args = []connectors.Arg{{Text: "forty"}, {Text: ""}, {Null: true}}
	_, err := run(testContext(t), c, stmt)
	if e := mustBeError(t, err); e.Class != connectors.ClassData || strings.Contains(err.Error(), "forty") {
		t.Errorf("a parameter that is no number: %v", err)
	}
}
