package tdstest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

func TestStatementFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault  Fault
		number int32 // of the error that is expected, 0 if the connection breaks
		lost   bool  // the connection is
		rows   int   // read before
	}{
		"deadlock":           {Fault{Error: ErrDeadlock()}, 1205, false, 0},
		"unavailable":        {Fault{Error: ErrUnavailable()}, 40613, false, 0},
		"throttled":          {Fault{Error: ErrThrottled()}, 10928, true, 0},
		"error midway":       {Fault{Error: ErrDeadlock(), AfterRows: 1000}, 1205, false, 1000},
		"fatal midway":       {Fault{Error: ErrThrottled(), AfterRows: 1000}, 10928, true, 1000},
		"drop":               {Fault{Drop: true}, 0, true, 0},
		"drop midway":        {Fault{Drop: true, AfterRows: 1000}, 0, true, 1000},
		"drop in a packet":   {Fault{Drop: true, AfterBytes: 5003}, 0, true, 800},
		"garbage":            {Fault{Garbage: true}, 0, true, 0},
		"garbage midway":     {Fault{Garbage: true, AfterRows: 1000}, 0, true, 1000},
		"only for others":    {Fault{Match: "nothing", Drop: true}, -1, false, 2000},
		"later than the end": {Fault{Drop: true, AfterRows: 5000}, -1, false, 2000},
		"slow":               {Fault{Delay: 20 * time.Millisecond}, -1, false, 2000},
		"slow midway":        {Fault{Delay: 20 * time.Millisecond, AfterRows: 10}, -1, false, 2000},
	} {
		for _, args := range [][]any{nil, {1}} {
			s := startFake(t, &fake{})
			db := open(t, s.DSNWith("disableRetry", "true"))
			db.SetMaxOpenConns(1)
			if err := db.PingContext(seconds(t, 20)); err != nil {
				t.Fatal(err)
			}
			s.FailStatements(c.fault)
			n, err := count(seconds(t, 20), db, "rows 2000", args...)
			switch {
			case c.number == -1 && err != nil, c.number != -1 && err == nil, c.number > 0 && number(err) != c.number:
				t.Errorf("%s: %v", name, err)
			case n < c.rows || n > c.rows+100:
				t.Errorf("%s: %d rows", name, n)
			}
			s.ClearFaults()
			if n, err := count(seconds(t, 20), db, "rows 3"); n != 3 || err != nil {
				t.Errorf("%s: afterwards %d rows, %v", name, n, err)
			}
			if got := len(s.Logins()) == 2; got != c.lost {
				t.Errorf("%s: the connection was lost: %v", name, got)
			}
		}
	}
}

func TestLoginFaults(t *testing.T) {
	s := startFake(t, &fake{})
	for want, fault := range map[int32]Fault{
		40613: {Error: ErrUnavailable(), Times: 2}, 10928: {Error: ErrThrottled(), Times: 2}, 18456: {Error: ErrLoginFailed("x"), Times: 2},
	} {
		s.FailLogins(fault)
		db := open(t, s.DSN())
		for range 2 {
			if err := db.PingContext(seconds(t, 20)); number(err) != want {
				t.Errorf("%d: %v", want, err)
			}
		}
		if err := db.PingContext(seconds(t, 20)); err != nil {
			t.Errorf("after %d: %v", want, err)
		}
	}
	for _, fault := range []Fault{{Drop: true}, {Garbage: true}} {
		s.FailLogins(fault)
		if err := open(t, s.DSN()).PingContext(seconds(t, 20)); err == nil {
			t.Errorf("%+v: no error", fault)
		}
	}
	s.FailLogins(Fault{Delay: 30 * time.Millisecond, Match: "nobody", Times: -1})
	s.FailLogins(Fault{Delay: 30 * time.Millisecond})
	start := time.Now()
	if err := open(t, s.DSN()).PingContext(seconds(t, 20)); err != nil || time.Since(start) < 30*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestWrongTypes(t *testing.T) {
	s := startFake(t, returns([]engine.Column{{Name: "a", Type: engine.Type{Kind: engine.Int}}, {Name: "b", Type: engine.Type{Kind: engine.NVarchar, Length: 5}}},
		[]engine.Value{int64(1), text("x")}))
	s.FailStatements(Fault{WrongTypes: true})
	db := open(t, s.DSN())
	var a, b any
	if err := db.QueryRowContext(seconds(t, 20), "go now").Scan(&a, &b); err != nil || a != "?" || b != int64(7) {
		t.Errorf("%v %v %v", a, b, err)
	}
	if err := db.QueryRowContext(seconds(t, 20), "go now").Scan(&a, &b); err != nil || a != int64(1) || b != "x" {
		t.Errorf("%v %v %v", a, b, err)
	}
}

func TestDelayEndsWithAttention(t *testing.T) {
	s := startFake(t, &fake{})
	s.FailStatements(Fault{Delay: time.Minute, Match: "rows"})
	db := open(t, s.DSN())
	ctx := seconds(t, 1)
	if _, err := count(ctx, db, "rows 3"); err == nil {
		t.Error("no error")
	}
	if st := s.Statements(); !st[0].Attention {
		t.Errorf("%+v", st)
	}
}

func TestPanicOfTheEngine(t *testing.T) {
	s := Start(t, WithSessions(func(Login) Executor { return panicking{&fake{}} }))
	var e mssql.Error
	if _, err := count(seconds(t, 20), open(t, s.DSN()), "anything at all"); !errors.As(err, &e) || !strings.Contains(e.Message, "boom") {
		t.Error(err)
	}
}

func TestFaultsWhileServing(t *testing.T) {
	s := startFake(t, &fake{})
	db := open(t, s.DSN())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 30 {
				n, err := count(seconds(t, 30), db, "rows 50")
				if err == nil && n != 50 {
					t.Errorf("%d rows without an error", n)
				}
			}
		})
	}
	for range 30 {
		s.FailStatements(Fault{Error: ErrDeadlock(), AfterRows: 7})
		s.FailStatements(Fault{Drop: true, AfterBytes: 100})
		s.Statements()
		s.ClearFaults()
	}
	wg.Wait()
}
