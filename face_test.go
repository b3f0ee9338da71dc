package atoll

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// TestResult holds the promises of Result beyond its rows.
func TestResult(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	t.Run("released unread", func(t *testing.T) {
		for _, sql := range []string{"SELECT id FROM people", "SELECT id FROM endless", "SELECT id FROM endless ORDER BY id"} {
			r, err := e.Query(t.Context(), sql)
			if err != nil {
				t.Fatal(err)
			}
			r.Release()
			if r.Err() != nil || r.Next() || r.Record() != nil {
				t.Errorf("%s after Release: %v", sql, r.Err())
			}
		}
	})
	t.Run("released after a batch", func(t *testing.T) {
		r, err := e.Query(t.Context(), "SELECT id FROM endless")
		if err != nil {
			t.Fatal(err)
		}
		if !r.Next() || r.Record().NumRows() == 0 {
			t.Error("no rows")
		}
		r.Retain()
		r.Release()
		if !r.Next() {
			t.Error("a retained result ended")
		}
		if p := r.Progress(); p.Shards != 3 || p.Answered != 0 || p.Rows == 0 || p.Bytes == 0 {
			t.Errorf("progress %+v", p)
		}
		r.Release()
		s.idle(t, time.Second)
	})
	t.Run("read to its end", func(t *testing.T) {
		r, err := e.Query(t.Context(), "SELECT id, fee FROM people WHERE coop IN (1, 4) ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Release()
		rows := int64(0)
		for r.Next() {
			rows += r.Record().NumRows()
		}
		if rows != 2 || r.Err() != nil || r.Next() || r.Next() || r.Record() != nil {
			t.Errorf("%d rows, %v", rows, r.Err())
		}
		if f := r.Schema().Field(1); f.Name != "fee" || !arrow.TypeEqual(f.Type, &arrow.Decimal128Type{Precision: 10, Scale: 2}) {
			t.Errorf("field %v", f)
		}
		if p := r.Progress(); p.Shards != 2 || p.Answered != 2 || p.Rows != 2 {
			t.Errorf("progress %+v", p)
		}
		checkStats(t, r.Stats())
	})
}

func checkStats(t *testing.T, st *QueryStats) {
	t.Helper()
	if st.Rows != 2 || st.Planning <= 0 || st.Total < st.Planning || len(st.Shards) != 3 {
		t.Errorf("stats %+v", st)
	}
	for _, sh := range st.Shards {
		asked := sh.Rows == 1 && sh.Bytes > 0 && sh.FirstBatch > 0 && sh.Total >= sh.FirstBatch && !sh.Pruned
		if pruned := sh.Shard == "br-1"; pruned != sh.Pruned || pruned == asked || sh.Region == "" || sh.Driver == "" {
			t.Errorf("shard stats %+v", sh)
		}
	}
}

// TestExplainFace holds that an explanation tells what would run, and with Analyze what ran, or why not.
func TestExplainFace(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	const sql = "SELECT atoll_region, sum(fee) FROM people WHERE coop = $1 OR coop = 4 GROUP BY 1"
	x, err := e.Explain(t.Context(), sql, ExplainOptions{}, 1)
	if err != nil || x.Analyzed != nil || len(x.Fragments) != 1 || len(x.Fragments[0].Shards) != 2 || x.Fragments[0].Pruned[0] != "br-1" {
		t.Fatalf("%+v, %v", x, err)
	}
	x, err = e.Explain(t.Context(), sql, ExplainOptions{Analyze: true}, 1)
	if err != nil || x.Analyzed == nil || x.Analyzed.Rows != 2 || x.Analyzed.Slowest == "" || x.Fragments[0].Shards[0].Actual.Rows != 1 {
		t.Fatalf("%+v, %v", x, err)
	}
	for _, text := range []string{x.Text()} {
		if !strings.Contains(text, "slowest shard") || strings.Contains(text, "postgres://") || strings.Contains(text, ".duckdb") {
			t.Error(text)
		}
	}
	_, err = e.Explain(t.Context(), "SELECT 1 / (coop - coop) FROM people WHERE coop = 4", ExplainOptions{Analyze: true})
	if stateOf(err) != "22012" {
		t.Errorf("%v", err)
	}
	_, err = e.Explain(t.Context(), "SELECT x FROM people", ExplainOptions{})
	if stateOf(err) != "42703" {
		t.Errorf("%v", err)
	}
}

// TestClosed holds that an engine may be closed twice and says so to whoever goes on using it.
func TestClosed(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	answers(t, e, "SELECT count(*) FROM people", "5")
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, sql := range []string{"SELECT count(*) FROM people", "SELECT id FROM people WHERE coop = 4", "SELECT 1 + 1"} {
		_, err := ask(t.Context(), e, sql)
		var ae *Error
		if !errors.As(err, &ae) || !strings.Contains(ae.Text, "closed") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

type named string

func (n named) String() string { return "name " + string(n) }

// TestArgs holds that every accepted Go type arrives as its value, and that others are refused by number.
func TestArgs(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	at := time.Date(2026, 2, 28, 23, 30, 0, 123456789, time.FixedZone("", -3*3600))
	for _, c := range []struct {
		sql  string
		arg  any
		want string
	}{
		{"SELECT $1::text", nil, "(null)"},
		{"SELECT count(*) FROM people WHERE name = $1", nil, "0"},
		{"SELECT id FROM people WHERE name = $1", "Ada", "11"},
		{"SELECT id FROM people WHERE name = $1", "' OR '1' = '1", ""},
		{"SELECT $1::boolean", true, "true"},
		{"SELECT id FROM people WHERE coop = $1", int(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", int8(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", int16(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", int32(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", int64(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", uint(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", uint8(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", uint16(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", uint32(4), "41"},
		{"SELECT id FROM people WHERE coop = $1", uint64(4), "41"},
		{"SELECT $1::numeric(20, 0)", uint64(math.MaxUint64), "18446744073709551615"},
		{"SELECT $1::bigint", int64(math.MinInt64), "-9223372036854775808"},
		{"SELECT $1::real", float32(0.1), "0.1"},
		{"SELECT $1::double precision", 0.1, "0.1"},
		{"SELECT $1::double precision", math.Inf(-1), "-Inf"},
		{"SELECT $1::double precision", math.NaN(), "NaN"},
		{"SELECT $1::bytea", []byte{0, 255}, "AP8="},
		{"SELECT $1::bytea", []byte{}, ""},
		{"SELECT $1::timestamptz", at, "2026-03-01 02:30:00.123456Z"},
		{"SELECT $1::date", at, "2026-03-01"},
		{"SELECT $1::text", netip.MustParseAddr("::1"), "::1"},
		{"SELECT $1::text", named("x"), "name x"},
		{"SELECT id FROM people WHERE coop = ANY ($1)", []int{4, 40}, "41"},
		{"SELECT $1::text[]", []any{"a b", nil, 1}, `{"a b",NULL,1}`},
	} {
		answers(t, e, c.sql, c.want, c.arg)
	}
	for _, bad := range []any{"a\x00b", "\xff", named("\xff"), struct{}{}, []struct{}{{}}, []string{"\xff"}, map[string]int{}, complex(1, 1), make(chan int), func() {}, new(int)} {
		_, err := ask(t.Context(), e, "SELECT $1::text, $2::text", "x", bad)
		var ae *Error
		if !errors.As(err, &ae) || ae.Kind != KindUsage || !strings.Contains(ae.Text, "parameter $2") {
			t.Errorf("%T: %v", bad, err)
		}
	}
	fails(t, e, refused{sql: "SELECT id FROM people WHERE coop = »$1", state: "22P02", saying: "parameter $1|integer"}, "four")
	fails(t, e, refused{sql: "SELECT »$2::integer, $1::text", state: "22003", saying: "integer"}, "x", 99999999999)
	fails(t, e, refused{sql: "SELECT id FROM people", state: "08P01", saying: "given 1 parameters"}, 1)
}

// TestOpenEnds holds that a context which has ended opens no engine and asks no shard.
func TestOpenEnds(t *testing.T) {
	s := calmSea(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := Open(ctx, s.config(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", e, err)
	}
	e := s.open(t)
	if _, err := ask(ctx, e, "SELECT id FROM people"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	_, err := Open(t.Context(), s.config(t), WithDriver("duckdb", nil))
	if err == nil {
		t.Error("a driver that is nil was taken")
	}
}
