package executor

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"
)

// ExchangeSpec says what an [Exchange] reads.
type ExchangeSpec struct {
	Schema  *arrow.Schema // of every source; batches of equal types are restamped with it
	Sources []Source
	// MaxConcurrent bounds the sources that are open at once; 0 means all of them.
	MaxConcurrent int
	// Buffer is how many batches may wait for the consumer, all sources together; 0 means one per source.
	Buffer int
}

// Exchange fans a fragment out to its shards and yields their batches as they come, in no order. A slow
// consumer holds the shards back; a slow shard holds nobody back. The first error, which names its shard, cancels
// all other shards and ends the stream.
//
// The first batches of a source that is the only one are read in the consumer's goroutine: most such statements bring few rows, and to have a goroutine
// woken for them costs more than to decode them. Some are read ahead only of more rows, or while the consumer takes its time.
type Exchange struct {
	operator
	meters
	spec   ExchangeSpec
	cancel context.CancelFunc // nil until the first Next
	ready  chan arrow.Record  // each retained for the receiver; closed once all goroutines have ended; nil while there are none
	failed error              // written before ready is closed

	only  *pull           // of the only source; nil where there are several, or its time has a bound
	first context.Context // of the first Next, if there is only
	taken int             // batches of only that the consumer's goroutine has asked for
}

// behind is how many batches of an only source are read when they are asked for.
const behind = 2

// NewExchange makes an exchange; nothing is opened before the first Next.
func NewExchange(spec ExchangeSpec) *Exchange {
	return &Exchange{operator: operator{schema: spec.Schema}, meters: newMeters(spec.Sources), spec: spec}
}

// Next implements Operator.
func (x *Exchange) Next(ctx context.Context) (arrow.Record, error) {
	return x.next(ctx, x.receive)
}

func (x *Exchange) receive(ctx context.Context) (arrow.Record, error) {
	if x.cancel == nil {
		x.start(ctx)
	}
	if x.only != nil && x.ready == nil {
		if x.taken < behind {
			x.taken++
			return x.take(ctx)
		}
		x.ready = x.room()
		go x.readOn()
	}
	select {
	case rec, ok := <-x.ready:
		switch {
		case ok:
			return rec, nil
		case ctx.Err() != nil:
			return nil, ctx.Err() // the cause of whatever the shards say of being cancelled
		case x.failed != nil:
			return nil, x.failed
		}
		return nil, io.EOF
	case <-ctx.Done():
		x.cancel()
		return nil, ctx.Err()
	}
}

func (x *Exchange) start(ctx context.Context) {
	under, cancel := context.WithCancel(ctx)
	x.cancel = cancel
	if all := x.spec.Sources; len(all) == 1 && all[0].Optional == nil {
		x.first, x.only = ctx, all[0].pull(under, x.schema, x.meters[0])
		return
	}
	x.ready = x.room()
	go x.run(under)
}

func (x *Exchange) room() chan arrow.Record {
	buffer := x.spec.Buffer
	if buffer <= 0 {
		buffer = len(x.spec.Sources)
	}
	return make(chan arrow.Record, buffer)
}

// take reads a batch of the only source.
func (x *Exchange) take(ctx context.Context) (arrow.Record, error) {
	under := ctx
	if ctx == x.first {
		under = x.only.ctx // which the statement is watching anyway
	}
	rec, err := x.only.next(under)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // as above
	}
	return rec, err
}

// readOn reads the rest of the only source ahead.
func (x *Exchange) readOn() {
	defer close(x.ready)
	x.failed = x.only.pump(x.give(x.only.ctx))
}

// give has the consumer receive batches, until ctx ends.
func (x *Exchange) give(ctx context.Context) func(arrow.Record) error {
	return func(rec arrow.Record) error {
		rec.Retain()
		select {
		case x.ready <- rec:
			return nil
		case <-ctx.Done():
			rec.Release()
			return ctx.Err()
		}
	}
}

// run reads all sources and closes ready when the last goroutine has ended.
func (x *Exchange) run(ctx context.Context) {
	defer close(x.ready)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(-1)
	if x.spec.MaxConcurrent > 0 {
		g.SetLimit(x.spec.MaxConcurrent)
	}
	for i, s := range x.spec.Sources {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err // not even opened: another one failed or the consumer went
			}
			grow(i)
			return s.read(ctx, x.schema, x.meters[i], x.give(ctx))
		})
	}
	x.failed = g.Wait()
}

// grow makes room on the stack of a new goroutine, while nothing is on it that has to be moved. To read a source calls go so deep that it would otherwise grow
// three times, each time with more on it: of the time that 64 small answers take, that was a sixth.
//
//go:noinline
func grow(n int) byte {
	var room [8 << 10]byte
	return room[n&(len(room)-1)]
}

// Close implements Operator.
func (x *Exchange) Close() error {
	if !x.shut() || x.cancel == nil {
		return nil
	}
	x.cancel()
	if x.ready == nil {
		_ = x.only.end(context.Canceled) // see below
		return nil
	}
	for rec := range x.ready {
		rec.Release()
	}
	return nil // an error came through Next, or is of no interest to who stopped reading
}
