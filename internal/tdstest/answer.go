package tdstest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// answer is the response to one request. A DONE is written once it is known whether more follows.
type answer struct {
	c      *conn
	ctx    context.Context
	done   byte       // tokenDone, or tokenDoneInProc within a procedure
	before uint64     // the transaction open before the request
	entry  *Statement // of the record
	fault  *Fault     // for later in the answer, nil if none

	pending bool // a DONE that is not written yet
	command uint16
	count   int64
	counted bool
	rows    int64 // of the whole answer

	rolledBack bool // the transaction that was open has been rolled back
}

// errLost marks errors after which the connection is of no use.
type errLost struct{ error }

func (e errLost) Unwrap() error { return e.error }

// execute runs a batch and writes its outcome.
func (a *answer) execute(call call, reset bool) error {
	a.entry = a.c.s.record.begin(Statement{Session: a.c.id, Text: call.text, Params: call.params, Reset: reset})
	a.rolledBack = a.rolledBack || strings.Contains(strings.ToUpper(call.text), "ROLLBACK")
	err := a.strike(call.text)
	if err == nil {
		err = a.run(call)
	}
	return a.end(err)
}

// refuse answers a request that does not get as far as running.
func (a *answer) refuse(call call, reset bool, err error) error {
	a.entry = a.c.s.record.begin(Statement{Session: a.c.id, Text: call.text, Params: call.params, Reset: reset})
	return a.end(err)
}

// strike lets a fault for text happen, or remembers it for later.
func (a *answer) strike(text string) error {
	f := a.c.s.statementFaults.take(text)
	if f == nil {
		return nil
	}
	if f.WrongTypes || f.midway() {
		a.fault = f
	}
	if f.Drop && f.AfterBytes > 0 {
		a.c.w.cut = f.AfterBytes
	}
	if f.midway() {
		return nil
	}
	return a.happen(f)
}

// happen is what a fault does once its point is reached.
func (a *answer) happen(f *Fault) error {
	if f.Delay > 0 {
		if err := a.c.w.flush(); err != nil {
			return errLost{err}
		}
		if err := sleep(a.ctx, f.Delay); err != nil {
			return err
		}
	}
	if f.Error != nil {
		return f.Error
	}
	if f.Drop || f.Garbage {
		return errLost{a.c.misbehave(f)}
	}
	return nil
}

// run executes a batch. A panic of the engine becomes an error that ends the connection and carries the stack.
func (a *answer) run(call call) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &engine.Error{Number: 50000, Severity: 20, State: 1, Text: fmt.Sprintf("tdstest: panic: %v\n%s", p, debug.Stack())}
		}
	}()
	return a.c.exec.Execute(a.ctx, call.text, call.params, a.result)
}

// result writes one statement's result.
func (a *answer) result(r engine.Result) error {
	a.settle(doneMore)
	a.infos(r.Infos)
	if r.Rows == nil {
		a.pending, a.command, a.count, a.counted = true, writes[r.Verb], r.Affected, r.Affected > 0 || r.Verb != ""
		return nil
	}
	n, err := a.stream(r.Rows)
	if err != nil {
		return err
	}
	if w, ok := r.Rows.(warned); ok {
		a.infos(w.Warnings())
	}
	a.pending, a.command, a.count, a.counted = true, commandSelect, n, true
	return nil
}

// writes are the commands of DONE by the verb of a statement that writes.
var writes = map[string]uint16{"INSERT": commandInsert, "UPDATE": commandUpdate, "DELETE": commandDelete}

func (a *answer) infos(infos []*engine.Error) {
	for _, e := range infos {
		a.c.w.report(tokenInfo, serverName, e)
	}
}

// stream writes a result's metadata and rows as they come.
func (a *answer) stream(rows engine.Rows) (int64, error) {
	columns := rows.Columns()
	var stand []engine.Value
	if a.fault != nil && a.fault.WrongTypes {
		columns, stand = misplaced(columns)
	}
	mark := len(a.c.w.buf)
	plan, err := a.c.w.metadata(columns)
	if err != nil {
		a.c.w.buf = a.c.w.buf[:mark]
		return 0, err
	}
	for n := int64(0); ; n++ {
		values, err := rows.Next(a.ctx)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if a.c.attention.Load() {
			return n, errAttention
		}
		if stand != nil {
			values = stand
		}
		if err := a.row(plan, values); err != nil {
			return n, err
		}
	}
}

// row writes one row, and lets the fault happen that waited for it.
func (a *answer) row(plan []column, values []engine.Value) error {
	mark := len(a.c.w.buf)
	ok, err := a.c.w.row(plan, values)
	if !ok {
		a.c.w.buf = a.c.w.buf[:mark] // half a row would be read as what it is not
		return err
	}
	if err != nil {
		return errLost{err}
	}
	a.rows++
	if a.fault == nil || a.fault.AfterRows != a.rows {
		return nil
	}
	if err := a.c.w.flush(); err != nil {
		return errLost{err}
	}
	return a.happen(a.fault)
}

// settle writes the DONE that was put off.
func (a *answer) settle(more uint16) {
	if !a.pending {
		return
	}
	a.pending = false
	status := more
	if a.counted {
		status |= doneCount
	}
	a.c.w.done(a.done, status, a.command, a.count)
}

// end writes the end of the answer after err, if it is not nil. The error it returns closes the connection.
func (a *answer) end(err error) error {
	attention := a.c.finish()
	a.close(attention, err) // before the client knows of the end
	if lost := (errLost{}); errors.As(err, &lost) {
		return err
	}
	if !attention && err != nil && a.c.ctx.Err() != nil {
		return err // nobody listens
	}
	w := a.c.w
	failed := asError(err)
	if err != nil && !attention && endsTransaction(failed) && a.c.exec.Transaction() != 0 {
		if rollback := a.c.exec.Rollback(); rollback != nil {
			return rollback
		}
		a.rolledBack = true
	}
	a.rolledBack = a.rolledBack || err != nil // what ended with an error did not commit
	a.environment()
	switch {
	case attention:
		a.settle(doneMore)
		w.done(tokenDone, doneAttention, commandNone, 0)
	case err != nil:
		a.fail(failed)
	case a.done == tokenDoneInProc:
		a.settle(doneMore)
		w.returnStatus(0)
		w.done(tokenDoneProc, 0, commandNone, 0)
	case a.pending:
		a.settle(0)
	default:
		w.done(tokenDone, 0, commandNone, 0)
	}
	if err := w.end(); err != nil {
		return err
	}
	w.cut = -1
	if err != nil && !attention && failed.Severity >= 20 {
		return err
	}
	return nil
}

// fail writes an error and the DONE that follows it.
func (a *answer) fail(e *engine.Error) {
	w := a.c.w
	a.settle(doneMore)
	if e.Severity <= 10 { // which would be no error
		known := *e
		e, known.Severity = &known, 16
	}
	w.report(tokenError, serverName, e)
	status := uint16(doneError)
	if e.Severity >= 20 {
		status |= doneServerError
	}
	if a.done == tokenDone {
		w.done(tokenDone, status, commandNone, 0)
		return
	}
	w.done(tokenDoneInProc, doneError|doneMore, commandNone, 0)
	w.returnStatus(e.Number)
	w.done(tokenDoneProc, status, commandNone, 0)
}

// close completes the record's entry.
func (a *answer) close(attention bool, err error) {
	if a.entry == nil {
		return
	}
	a.c.s.record.update(a.entry, func(s *Statement) {
		s.Done, s.Attention, s.Rows, s.Error = true, attention, a.rows, err
	})
}

// environment announces the transaction that began or ended meanwhile.
func (a *answer) environment() {
	now := a.c.exec.Transaction()
	if now == a.before {
		return
	}
	if a.before != 0 {
		kind := byte(envCommit)
		if a.rolledBack {
			kind = envRollback
		}
		a.c.w.envBytes(kind, nil, descriptor(a.before))
	}
	if now != 0 {
		a.c.w.envBytes(envBegin, descriptor(now), nil)
	}
}

func descriptor(id uint64) []byte { return binary.LittleEndian.AppendUint64(nil, id) }

// endsTransaction reports whether an error rolls the transaction back: a deadlock, a snapshot's update conflict, or
// the end of the connection.
func endsTransaction(e *engine.Error) bool {
	return e.Number == 1205 || e.Number == 3960 || e.Severity >= 20
}

// asError is err as the client is told of it.
func asError(err error) *engine.Error {
	var e *engine.Error
	if errors.As(err, &e) {
		return e
	}
	var syntax *tsql.Error
	if errors.As(err, &syntax) {
		return &engine.Error{Number: syntax.Number, Severity: 15, State: 1, Text: syntax.Text, Line: int32(syntax.Line)}
	}
	if err == nil {
		return nil
	}
	return &engine.Error{Number: 50000, Severity: 16, State: 1, Text: err.Error()}
}
