package tdstest

import (
	"errors"
	"fmt"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// Transaction manager requests, [MS-TDS] 2.2.6.9.
const (
	tmBegin    = 5
	tmCommit   = 7
	tmRollback = 8
)

// flagBegin asks that a transaction begins when the other has ended.
const flagBegin = 0x01

// levels are the isolation levels by their number in a request; 0 keeps the session's.
var levels = []string{"", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"}

// handle serves one request. Its error means that the connection is to be closed.
func (c *conn) handle(r request) error {
	if r.kind == typeAttention { // came too late; the next request may begin as soon as this answer is out
		c.w.done(tokenDone, doneAttention, commandNone, 0)
		return c.w.end()
	}
	defer c.finish()
	a := &answer{c: c, ctx: r.ctx, done: tokenDone, before: c.exec.Transaction()}
	if r.status&statusIgnore != 0 {
		return a.end(nil)
	}
	reset := c.reset(r.status)
	a.rolledBack = reset
	switch r.kind {
	case typeBatch:
		in := &reader{b: r.body}
		in.allHeaders()
		if in.err != nil {
			return in.err
		}
		return a.execute(call{text: utf16Text(in.b)}, reset)
	case typeRPC:
		a.done = tokenDoneInProc
		call, err := parseCall(r.body, c.s.options.Engine.Collation)
		if err == nil {
			call.params, err = declare(call, c.s.options.Engine.Collation)
		}
		if err != nil {
			call.params = nil
			return a.refuse(call, reset, err)
		}
		return a.execute(call, reset)
	case typeTransaction:
		return a.transaction(r.body, reset)
	case typeBulk:
		return a.end(&engine.Error{Number: 4022, Severity: 16, State: 1, Text: "Bulk load is not supported by this test server."})
	}
	return fmt.Errorf("tdstest: a message of type %d", r.kind)
}

// reset does what the status bits of a request ask for before it runs.
func (c *conn) reset(status byte) bool {
	switch {
	case status&statusReset != 0:
		c.exec.Reset()
	case status&statusResetKeep != 0:
		if c.exec.Transaction() == 0 { // within a transaction, nothing that may be reset matters to it
			c.exec.Reset()
		}
	default:
		return false
	}
	c.w.envBytes(envReset, nil, nil)
	return true
}

// transaction serves a transaction manager request.
func (a *answer) transaction(body []byte, reset bool) error {
	in := &reader{b: body}
	in.allHeaders()
	kind := in.u16()
	var text, next string
	var level byte
	switch kind {
	case tmBegin:
		level = in.u8()
		text = "BEGIN TRANSACTION"
	case tmCommit, tmRollback:
		in.bVarchar()
		a.rolledBack = kind == tmRollback
		text = map[uint16]string{tmCommit: "COMMIT TRANSACTION", tmRollback: "ROLLBACK TRANSACTION"}[kind]
		if in.u8()&flagBegin != 0 {
			level, next = in.u8(), "BEGIN TRANSACTION"
		}
	default:
		return fmt.Errorf("tdstest: a transaction manager request of type %d", kind)
	}
	if in.err != nil || int(level) >= len(levels) {
		return errors.New("tdstest: a malformed transaction manager request")
	}
	if levels[level] != "" {
		text = "SET TRANSACTION ISOLATION LEVEL " + levels[level] + "; " + text
	}
	if next != "" {
		text += "; " + next
	}
	a.entry = a.c.s.record.begin(Statement{Session: a.c.id, Text: text, Reset: reset})
	err := a.strike(text)
	if err == nil {
		err = a.c.transact(kind, levels[level], next != "")
	}
	return a.end(err)
}

func (c *conn) transact(kind uint16, level string, next bool) error {
	var err error
	switch kind {
	case tmCommit:
		err = c.exec.Commit()
	case tmRollback:
		err = c.exec.Rollback()
	}
	if err == nil && (kind == tmBegin || next) {
		c.exec.Begin(level)
	}
	return err
}
