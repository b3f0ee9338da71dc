package audit

import (
	"fmt"
	"os"
	"time"
)

// collectEvery is how often, at most, the writer looks for reads that wait to be recorded.
const collectEvery = time.Minute

// run writes batches until the region's log is closed and nothing waits.
func (r *regionLog) run() {
	defer close(r.done)
	for {
		batches := r.take()
		if len(batches) == 0 {
			break
		}
		for _, b := range batches {
			r.finishBatch(b, r.write(b))
		}
	}
	if r.out != nil {
		if err := r.out.Close(); err != nil {
			_ = r.log.fail(err) // everything was synced, or reported as failed
		}
	}
}

// take returns what waits; nothing only when no more will come.
func (r *regionLog) take() []*batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) == 0 && !r.closed {
		r.wake.Wait()
	}
	batches := r.queue
	r.queue = nil
	return batches
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

// write writes and syncs a batch. After a failure nothing is tried again: a second sync may report success for bytes that the first one lost.
func (r *regionLog) write(b *batch) error {
	if err := r.log.failure(); err != nil {
		return err
	}
	if b.file != r.outName {
		if err := r.turnTo(b.file); err != nil {
			return r.log.fail(err)
		}
	}
	n, err := r.out.Write(b.lines)
	if err == nil && n < len(b.lines) {
		err = fmt.Errorf("only %d of %d bytes were written", n, len(b.lines))
	}
	if err == nil && (r.log.opts.Sync != SyncNone || b.checkpoint != nil) {
		err = r.out.Sync()
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
