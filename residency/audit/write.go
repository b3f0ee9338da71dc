package audit

import (
	"fmt"
	"os"
	"time"
)

// collectEvery is how often, at most, the writer looks for reads that wait to be recorded.
const collectEvery = time.Minute

// laterSync is how long entries for which nobody waits may be written and not synced.
const laterSync = 100 * time.Millisecond

// run writes batches until the region's log is closed and nothing waits.
func (r *regionLog) run() {
	defer close(r.done)
	for {
		batches, wanted, more := r.take()
		for _, b := range batches {
			wanted = r.write(b) || wanted
		}
		if wanted || !more {
			r.sync()
		}
		if !more {
			break
		}
	}
	if r.out != nil {
		if err := r.out.Close(); err != nil {
			_ = r.log.fail(err) // everything was synced, or reported as failed
		}
	}
}

// take returns what is to be written, and whether what is written by then is to be synced. There is no more when the log is closed.
func (r *regionLog) take() (batches []*batch, wanted, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) == 0 && !r.wanted && !r.closed {
		r.wake.Wait()
	}
	batches, wanted = r.queue, r.wanted
	r.queue, r.wanted = nil, false
	return batches, wanted, len(batches) > 0 || !r.closed
}

// want makes the writer sync what is written, and what waits to be.
func (r *regionLog) want() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = true
	r.wake.Signal()
}

// sync makes what is written outlast a power cut, if it is not yet, and tells everybody who waits for it.
func (r *regionLog) sync() {
	if len(r.unsynced) == 0 {
		return
	}
	if r.later != nil {
		r.later.Stop()
		r.later = nil
	}
	batches := r.unsynced
	r.unsynced = nil
	err := r.log.failure()
	if err == nil {
		if err = r.out.Sync(); err != nil {
			err = r.log.fail(fmt.Errorf("%s: %w", r.outName, err))
		}
	}
	for _, b := range batches {
		r.finishBatch(b, err)
	}
}

// finishBatch tells everybody who waits for a batch. What follows a checkpoint is done after that, since no entry depends on it.
func (r *regionLog) finishBatch(b *batch, err error) {
	if err != nil {
		b.err = fmt.Errorf("audit log of region %s: %w", r.name, err)
		close(b.done)
		return
	}
	r.mu.Lock()
	r.durable = b.tip
	r.mu.Unlock()
	close(b.done)
	if b.checkpoint != nil {
		if err := r.keepHead(b.checkpoint); err != nil {
			_ = r.log.fail(err) // the next append reports it
		}
	}
	r.forget(b.spooled)
	if time.Since(r.collected) >= collectEvery {
		r.collected = time.Now()
		r.collect()
	}
}

// write writes a batch, and tells whether it is to be synced at once. After a failure nothing is tried again: a second sync may report success for bytes
// that the first one lost.
func (r *regionLog) write(b *batch) (sync bool) {
	if err := r.put(b); err != nil {
		r.sync()
		r.finishBatch(b, err)
		return false
	}
	if r.log.opts.Sync == SyncNone && b.checkpoint == nil {
		r.finishBatch(b, nil)
		return false
	}
	r.unsynced = append(r.unsynced, b)
	switch {
	case r.log.opts.Sync != SyncGroup:
		r.sync()
	case r.later == nil:
		r.later = time.AfterFunc(laterSync, r.want)
	}
	return b.checkpoint != nil // what is told of it elsewhere must be there
}

// put writes a batch's lines.
func (r *regionLog) put(b *batch) error {
	if err := r.log.failure(); err != nil {
		return err
	}
	if b.file != r.outName {
		r.sync() // of the file before
		if err := r.log.failure(); err != nil {
			return err
		}
		if err := r.turnTo(b.file); err != nil {
			return r.log.fail(err)
		}
	}
	n, err := r.out.Write(b.lines)
	if err == nil && n < len(b.lines) {
		err = fmt.Errorf("only %d of %d bytes were written", n, len(b.lines))
	}
	if err != nil {
		return r.log.fail(fmt.Errorf("%s: %w", b.file, err))
	}
	return nil
}

// turnTo goes on in another file, or opens the first.
func (r *regionLog) turnTo(name string) error {
	if r.out != nil {
		err := r.out.Close()
		r.out, r.outName = nil, ""
		if err != nil {
			return err
		}
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	f, err := r.log.opts.create(r.path(name))
	if err != nil {
		return err
	}
	r.out, r.outName = f, name
	if err := syncFolder(r.dir); err != nil {
		return err
	}
	return syncFolder(r.log.opts.Dir)
}

// keepHead keeps the latest checkpoint in a file of its own, where it shows that the log was cut before it.
func (r *regionLog) keepHead(c *Checkpoint) error {
	if err := writeJSON(r.path(headFile), c); err != nil {
		return err
	}
	if r.listed {
		return nil
	}
	if err := r.log.begun(r.name); err != nil {
		return err
	}
	r.listed = true
	return nil
}
