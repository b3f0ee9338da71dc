package peers

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// Atoll is the name of what the others are measured beside.
const Atoll = "atoll"

// Engine is Atoll itself, to be asked as the others are. It owns the engine.
func Engine(e *atoll.Engine) Peer { return enginePeer{e} }

type enginePeer struct{ engine *atoll.Engine }

func (p enginePeer) Name() string { return Atoll }

func (p enginePeer) Close() error { return p.engine.Close() }

func (p enginePeer) Ask(ctx context.Context, sql string, limit time.Duration) (Reply, error) {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := p.read(within, sql)
	if err != nil && ctx.Err() == nil && within.Err() != nil {
		err = ErrTimeout
	}
	return r, err
}

// read times the query from its text to the last row.
func (p enginePeer) read(ctx context.Context, sql string) (Reply, error) {
	begin := time.Now()
	r, err := p.engine.Query(ctx, sql)
	if err != nil {
		return Reply{}, err
	}
	defer r.Release()
	var records []arrow.Record
	defer func() {
		for _, rec := range records {
			rec.Release()
		}
	}()
	for r.Next() {
		r.Record().Retain()
		records = append(records, r.Record())
	}
	if err := r.Err(); err != nil {
		return Reply{}, err
	}
	took := time.Since(begin)
	answer, err := logictest.FromArrow(r.Schema(), records)
	return Reply{Answer: answer, Took: took, Stats: r.Stats()}, err
}
