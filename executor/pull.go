package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// pull is a source that is read batch by batch, in whichever goroutine asks for the next one. One asks at a time, and ends it in any case. While nobody asks for a
// while, some is read ahead: a statement whose rows have all arrived ends, and its time with it, however long its reader thinks about them.
type pull struct {
	Source
	schema *arrow.Schema
	m      *meter
	ctx    context.Context // of the statement, until its time is over
	whole  context.Context // of the statement and of what runs after it

	patience *patience
	reader   connectors.Reader // nil until the statement is begun
	ended    bool
	pumped   bool // whoever asks does so at once

	idle  *time.Timer        // until it is read ahead; nil unless a batch was given just now
	own   context.Context    // of what is read ahead; nil until that may happen
	quit  context.CancelFunc // of own
	done  chan struct{}      // closed when what idle began has ended, which writes what follows
	ahead []arrow.Record     // read ahead, at most behind
	over  error              // how the pull ended meanwhile
}

// patientFor is how long who asks may take before some is read ahead.
const patientFor = 5 * time.Millisecond

// pull makes a pull, whose statement is governed by ctx; nothing is opened before the first next.
func (s Source) pull(ctx context.Context, schema *arrow.Schema, m *meter) *pull {
	p := &pull{Source: s, schema: schema, m: m, whole: ctx}
	p.ctx, p.patience = s.Optional.patient(ctx, s.Shard)
	return p
}

// next returns the next batch, restamped with schema, which the caller releases. Whatever else it returns ends the pull: io.EOF says that all rows have
// arrived, and that what runs after them has run. ctx governs the call, beside the statement's own. A panic is an error, too.
func (p *pull) next(ctx context.Context) (arrow.Record, error) {
	if err := p.caughtUp(ctx); err != nil {
		return nil, p.end(err)
	}
	var rec arrow.Record
	var err error
	switch {
	case len(p.ahead) > 0:
		rec, p.ahead = p.ahead[0], p.ahead[1:]
	case p.over != nil:
		err = p.over
	default:
		rec, err = p.step(ctx)
	}
	if err == nil && len(p.ahead) == 0 && p.over == nil && !p.pumped {
		p.rest()
	}
	return rec, err
}

// step is next where nothing was read ahead.
func (p *pull) step(ctx context.Context) (arrow.Record, error) {
	rec, err := p.guarded(ctx)
	if err == nil {
		return rec, nil
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = p.finish(err); err == nil && p.After != nil {
		err = p.after()
	}
	if err == nil {
		err = io.EOF
	}
	return nil, err
}

// after is After whose panic is an error.
func (p *pull) after() (err error) {
	defer p.caught(&err)
	return p.After(p.whole)
}

// rest has some read ahead unless next is called soon.
func (p *pull) rest() {
	if p.own == nil {
		p.own, p.quit = context.WithCancel(p.ctx)
	}
	p.done = make(chan struct{})
	p.idle = time.AfterFunc(patientFor, p.readAhead)
}

// readAhead reads as much as may wait for who asks.
func (p *pull) readAhead() {
	defer close(p.done)
	for range behind {
		rec, err := p.step(p.own)
		if err != nil {
			p.over = err
			return
		}
		p.ahead = append(p.ahead, rec)
	}
}

// caughtUp returns once nothing is being read ahead any more. It fails only if ctx ends, which ends that.
func (p *pull) caughtUp(ctx context.Context) error {
	if p.idle == nil {
		return nil
	}
	begun := !p.idle.Stop()
	p.idle = nil
	if !begun {
		return nil
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.quit()
		<-p.done
		return ctx.Err()
	}
}

// pump gives send all batches until one of both ends. A batch is valid until send returns.
func (p *pull) pump(send func(arrow.Record) error) error {
	p.pumped = true
	for {
		rec, err := p.next(p.ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.deliver(rec, send); err != nil {
			return p.end(err)
		}
	}
}

func (p *pull) deliver(rec arrow.Record, send func(arrow.Record) error) (err error) {
	defer p.caught(&err)
	defer rec.Release()
	return send(rec)
}

// guarded is fetch whose panic is an error.
func (p *pull) guarded(ctx context.Context) (rec arrow.Record, err error) {
	defer p.caught(&err)
	return p.fetch(ctx)
}

// caught, deferred, turns a panic into an error.
func (p *pull) caught(err *error) {
	if v := recover(); v != nil {
		*err = &PanicError{Where: "reading shard " + p.Shard, Value: v, Stack: debug.Stack()}
	}
}

// fetch reads a batch, and shows it to who counts what arrives.
func (p *pull) fetch(ctx context.Context) (arrow.Record, error) {
	if p.reader == nil {
		if err := p.open(); err != nil {
			return nil, err
		}
	}
	var rec arrow.Record
	err := p.patience.wait(p.ctx, func() (err error) {
		rec, err = p.reader.Next(ctx)
		return err
	})
	if err == nil || errors.Is(err, io.EOF) {
		p.m.hear(p.Heard)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case err != nil:
		return nil, shardError(p.Shard, err)
	}
	p.m.observe(p.reader.Stats())
	p.m.batches.Add(1)
	stamped, err := Restamp(rec, p.schema)
	if err != nil {
		return nil, shardError(p.Shard, fmt.Errorf("unexpected columns: %w", err))
	}
	if p.Arrived == nil {
		return stamped, nil
	}
	defer stamped.Release() // whatever Arrived does
	if err := p.Arrived(p.m.server(), stamped); err != nil {
		return nil, err
	}
	stamped.Retain()
	return stamped, nil
}

// open begins the statement.
func (p *pull) open() error {
	p.m.begin()
	var r connectors.Reader
	err := p.patience.wait(p.ctx, func() (err error) {
		r, err = p.Open(p.ctx)
		return err
	})
	if err != nil {
		p.m.refused(err)
		return shardError(p.Shard, err)
	}
	p.reader = r
	return nil
}

// end ends the pull, whatever is read ahead, and returns what the stream ended with, as finish does.
func (p *pull) end(err error) error {
	if p.quit != nil {
		p.quit()
		_ = p.caughtUp(context.Background()) // which does not end
	}
	for _, rec := range p.ahead {
		rec.Release()
	}
	p.ahead = nil
	return p.finish(err)
}

// finish closes the statement, once, and returns what the stream ended with: err, or if that is nil, what closing tells of rows that were read.
func (p *pull) finish(err error) (out error) {
	if p.ended {
		return err
	}
	p.ended = true
	defer func() {
		p.patience.end()
		if p.quit != nil {
			p.quit()
		}
		p.m.state.Store(int32(Done))
		if out != nil {
			p.m.state.Store(int32(Failed))
		}
	}()
	defer p.caught(&out)
	if p.reader == nil {
		return err
	}
	p.m.observe(p.reader.Stats())
	if closeErr := p.reader.Close(); closeErr != nil && err == nil {
		return shardError(p.Shard, closeErr)
	}
	return err
}
