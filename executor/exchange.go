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
type Exchange struct {
	operator
	meters
	spec   ExchangeSpec
	cancel context.CancelFunc
	ready  chan arrow.Record // each retained for the receiver; closed once all goroutines have ended
	failed error             // written before ready is closed
}

// NewExchange makes an exchange; nothing is opened before the first Next.
func NewExchange(spec ExchangeSpec) *Exchange {
	return &Exchange{operator: operator{schema: spec.Schema}, meters: newMeters(spec.Sources), spec: spec}
}

// Next implements Operator.
func (x *Exchange) Next(ctx context.Context) (arrow.Record, error) {
	return x.next(ctx, x.receive)
}

func (x *Exchange) receive(ctx context.Context) (arrow.Record, error) {
	if x.ready == nil {
		x.start(ctx)
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
	ctx, x.cancel = context.WithCancel(ctx)
	buffer := x.spec.Buffer
	if buffer <= 0 {
		buffer = len(x.spec.Sources)
	}
	x.ready = make(chan arrow.Record, buffer)
	go x.run(ctx)
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
			return s.read(ctx, x.schema, x.meters[i], func(rec arrow.Record) error {
				rec.Retain()
				select {
				case x.ready <- rec:
					return nil
				case <-ctx.Done():
					rec.Release()
					return ctx.Err()
				}
			})
		})
	}
	x.failed = g.Wait()
}

// Close implements Operator.
func (x *Exchange) Close() error {
	if !x.shut() || x.ready == nil {
		return nil
	}
	x.cancel()
	for rec := range x.ready {
		rec.Release()
	}
	return nil // an error came through Next, or is of no interest to who stopped reading
}
