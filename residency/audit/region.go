package audit

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// regionLog is the end of a region's chain, and the queue of what is to be written there. Places in the chain are given under mu, in the order of calls; one
// goroutine writes. Entries are written as they come, and synced when somebody waits for them, or after [laterSync].
type regionLog struct {
	log  *Log
	name string
	dir  string

	mu        sync.Mutex
	wake      sync.Cond // the queue grew, somebody waits, or closed
	queue     []*batch
	wanted    bool // somebody waits for a batch, or a sync is due
	closed    bool
	tip       tip        // of what is written or waiting
	durable   tip        // of what is written
	current   string     // the file of tip
	size      int64      // of that file
	since     int        // entries since the last checkpoint
	begun     bool       // this run has an entry
	recovered *Recovered // to be told in the run's first entries
	done      chan struct{}

	readsMu sync.Mutex      // taken before mu; a collection of reads is one step
	spooled map[string]bool // files of reads that are waiting to be written

	// Of the writing goroutine alone.
	out       file
	outName   string
	unsynced  []*batch // written to out
	later     *time.Timer
	listed    bool
	collected time.Time
}

// batch is what is written together.
type batch struct {
	region     *regionLog
	file       string // in the region's folder
	lines      []byte
	tip        tip
	checkpoint *Checkpoint // the last one in lines
	spooled    []string    // files of reads that lines record
	done       chan struct{}
	err        error // before done is closed: the writer's alone
}

// enqueue gives entries their places in the chain and returns the batch that holds the last of them. All of them get one, or none. spooled are
// files that are removed when the entries are written.
func (r *regionLog) enqueue(events []Event, spooled ...string) (*batch, error) {
	if len(events) == 0 {
		return nil, errors.New("no entries to append")
	}
	bodies := make([][]byte, len(events))
	stamped := make([]Event, len(events))
	for i := range events {
		e := events[i]
		if err := r.accept(&e); err != nil {
			return nil, err
		}
		stamped[i], bodies[i] = e, appendBody(nil, &e)
		if len(bodies[i]) > MaxLine-1024 {
			return nil, fmt.Errorf("an entry has %d bytes, %d are the most", len(bodies[i]), MaxLine-1024)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if err := r.log.failure(); err != nil {
		return nil, err
	}
	var b *batch
	for i := range stamped {
		b = r.place(&stamped[i], bodies[i], i == 0)
		r.log.counters.count(&stamped[i])
	}
	b.spooled = append(b.spooled, spooled...)
	if r.since >= r.log.opts.CheckpointEvery {
		r.mark(b, CheckpointCount)
	}
	r.wake.Signal()
	return b, nil
}

// accept checks an entry and fills what does not depend on its place.
func (r *regionLog) accept(e *Event) error {
	switch e.Type {
	case TypeIntent, TypeDecision, TypeShipment, TypeComplete, TypeAbort:
		if e.Query == "" {
			return fmt.Errorf("an entry of type %s names no query", e.Type)
		}
	case TypePolicyChange, TypeLogRead, TypeMove:
	default:
		return fmt.Errorf("entries of type %q are not appended by callers", e.Type)
	}
	if e.Type == TypeDecision && e.Decision != DecisionAllow && e.Decision != DecisionDeny {
		return fmt.Errorf("a DECISION is %q or %q, not %q", DecisionAllow, DecisionDeny, e.Decision)
	}
	if len(e.Literals) > 0 && r.name != r.log.opts.Home {
		return errors.New("literals may stand in the home region's log only: redact the entry")
	}
	if e.Node == "" {
		e.Node = r.log.opts.Node
	}
	e.Version, e.Region, e.ID = FormatVersion, r.name, ""
	e.Checkpoint, e.Recovered = nil, nil
	return nil
}

// place gives an entry the next place. Before the run's first one, and at the beginning of each file, it puts a checkpoint. first tells the
// first entry of a call.
func (r *regionLog) place(e *Event, body []byte, first bool) *batch {
	b := r.batch(first)
	if !r.begun {
		r.begun = true
		r.mark(b, CheckpointOpen)
		if r.recovered != nil {
			r.add(b, &Event{Type: TypeRecovered, Recovered: r.recovered}, nil)
			r.recovered = nil
		}
	} else if r.size == 0 {
		r.mark(b, CheckpointRotate)
	}
	r.add(b, e, body)
	return b
}

// batch returns the batch for the next entry: the waiting one, unless the policy or a full file ends it.
func (r *regionLog) batch(first bool) *batch {
	full := r.size >= r.log.opts.MaxFileBytes || r.current == ""
	if full {
		r.current, r.size = entryFile(r.tip.sequence+1), 0
	}
	if n := len(r.queue); n > 0 && !full && !(first && r.log.opts.Sync == SyncEach) {
		return r.queue[n-1]
	}
	b := &batch{region: r, file: r.current, done: make(chan struct{})}
	r.queue = append(r.queue, b)
	return b
}

// mark adds a checkpoint of everything before it.
func (r *regionLog) mark(b *batch, reason string) {
	c := r.log.checkpoint(r.name, r.tip, reason)
	b.checkpoint = &c
	r.since = 0
	r.add(b, &Event{Type: TypeCheckpoint, Checkpoint: &c}, nil)
}

// add appends an entry's line to a batch; without a body it is one of the log's own.
func (r *regionLog) add(b *batch, e *Event, body []byte) {
	if body == nil {
		e.Version, e.Region, e.Node = FormatVersion, r.name, r.log.opts.Node
		body = appendBody(nil, e)
	}
	e.Sequence, e.Time = r.tip.sequence+1, r.log.opts.Now().UTC()
	e.ID = r.log.name[:min(8, len(r.log.name))] + "/" + r.name + "/" + strconv.FormatUint(e.Sequence, 10)
	id := writer{}
	id.text("id", e.ID)
	before := len(b.lines)
	b.lines, r.tip = appendLine(b.lines, e, append(id.b, body...), r.tip.hash)
	b.tip = r.tip
	r.size += int64(len(b.lines) - before)
	r.since++
}

// finish ends the run with a checkpoint, if it has entries, and waits until all is written.
func (r *regionLog) finish() error {
	r.collect()
	r.mu.Lock()
	var last *batch
	if r.begun && r.log.failure() == nil {
		last = r.batch(true)
		r.mark(last, CheckpointClose)
	}
	r.closed = true
	r.wake.Signal()
	r.mu.Unlock()
	<-r.done
	if last != nil && last.err != nil {
		return last.err
	}
	if r.begun {
		return r.log.failure()
	}
	return nil
}

func (r *regionLog) path(name string) string { return filepath.Join(r.dir, name) }
