package tdstest

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// Fault is a misbehaviour that the server is told of, for the next statements or logins. A Fault without a point to
// happen at happens before the statement runs, or in place of the login's answer.
type Fault struct {
	// Times is how many statements or logins it strikes, 0 meaning one and a negative number all until ClearFaults.
	Times int
	// Match restricts it to statements whose text contains it, or to logins of that user; "" matches all.
	Match string
	// AfterRows, if positive, puts it off until so many rows of the answer are on their way. An answer with fewer rows
	// goes unharmed.
	AfterRows int64
	// AfterBytes, if positive, lets Drop happen once exactly so many bytes of the answer are written.
	AfterBytes int64

	// Delay is slept first; ATTENTION and Close end it.
	Delay time.Duration
	// Error ends the statement or refuses the login. A severity of 20 or more ends the connection too.
	Error *engine.Error
	// Drop closes the connection without a word.
	Drop bool
	// Garbage writes bytes that are no TDS token and closes the connection.
	Garbage bool
	// WrongTypes sends every column as another type than it has: texts as int 7, all else as nvarchar '?'.
	WrongTypes bool
}

// midway reports whether the fault waits for a point within the answer.
func (f *Fault) midway() bool { return f.AfterRows > 0 || f.AfterBytes > 0 }

// ErrDeadlock is error 1205. It rolls the transaction back.
func ErrDeadlock() *engine.Error {
	return &engine.Error{Number: 1205, Severity: 13, State: 51, Text: "Transaction (Process ID 57) was deadlocked on lock resources with another process " +
		"and has been chosen as the deadlock victim. Rerun the transaction."}
}

// ErrUnavailable is Azure's error 40613: the database is paused, or moves.
func ErrUnavailable() *engine.Error {
	return &engine.Error{Number: 40613, Severity: 17, State: 1, Text: "Database 'atoll' on server 'tdstest' is not currently available. Please retry the connection later."}
}

// ErrThrottled is Azure's error 10928: too many sessions or requests. Its severity ends the connection.
func ErrThrottled() *engine.Error {
	return &engine.Error{Number: 10928, Severity: 20, State: 1, Text: "Resource ID: 1. The request limit for the database is 90 and has been reached."}
}

// ErrLoginFailed is error 18456.
func ErrLoginFailed(user string) *engine.Error {
	return &engine.Error{Number: 18456, Severity: 14, State: 1, Text: "Login failed for user '" + user + "'."}
}

// faults are the faults in force. Its methods are safe for concurrent use.
type faults struct {
	mu   sync.Mutex
	list []*Fault
}

func (f *faults) add(fault Fault) {
	if fault.Times == 0 {
		fault.Times = 1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &fault)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take returns the first fault that strikes text, and counts it.
func (f *faults) take(text string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.list {
		if !strings.Contains(text, fault.Match) {
			continue
		}
		struck := *fault
		if fault.Times > 0 {
			if fault.Times--; fault.Times == 0 {
				f.list = append(f.list[:i:i], f.list[i+1:]...)
			}
		}
		return &struck
	}
	return nil
}

// sleep waits, or returns why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// misplaced returns columns of other types than they have, and the row that stands in for every row.
func misplaced(columns []engine.Column) ([]engine.Column, []engine.Value) {
	out, row := make([]engine.Column, len(columns)), make([]engine.Value, len(columns))
	for i, c := range columns {
		out[i] = engine.Column{Name: c.Name, Nullable: c.Nullable, Type: engine.Type{Kind: engine.NVarchar, Length: 40}}
		row[i] = engine.Value(engine.String16{'?'})
		switch c.Type.Kind {
		case engine.Char, engine.Varchar, engine.NChar, engine.NVarchar:
			out[i].Type, row[i] = engine.Type{Kind: engine.Int}, int64(7)
		}
	}
	return out, row
}
