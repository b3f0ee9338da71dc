package duckdb

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/atoll-sql/atoll/connectors"
)

// statement is what one query asks of a connection.
type statement struct {
	sql       string
	args      []connectors.Arg
	inputs    []Input
	schema    *arrow.Schema
	batchRows int
	alloc     memory.Allocator
}

// query starts a statement on a connection of the pool. site names it in errors.
func (p *pool) query(ctx context.Context, site string, stmt statement) (*reader, error) {
	began := time.Now()
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, siteError(site, err)
	}
	return c.query(ctx, site, stmt, began, p.release)
}

// query starts a statement on the connection, which back takes when the statement has ended.
func (c *conn) query(ctx context.Context, site string, stmt statement, began time.Time, back func(*conn)) (*reader, error) {
	r := newReader(ctx, back, c, site, stmt, began)
	if err := r.start(stmt); err != nil {
		return nil, r.fail(ctx, err)
	}
	return r, nil
}

// start prepares and begins the statement. DuckDB's threads may work on it from here on.
func (r *reader) start(stmt statement) error {
	r.inputs = make(map[string]*input, len(stmt.inputs))
	for _, in := range stmt.inputs {
		r.inputs[in.Name] = &input{Input: in, ctx: r.ctx}
	}
	r.conn.setInputs(r.inputs)
	if err := r.prepare(stmt.sql, stmt.args); err != nil {
		return err
	}
	if t := duck.PreparedStatementType(r.stmt); t != duck.StatementTypeSelect && t != duck.StatementTypeExplain {
		return connectors.NewError(r.site, connectors.ClassPermission, "25006", "only a statement that reads may run here", nil)
	}
	if duck.PendingPreparedStreaming(r.stmt, &r.pending) == duck.StateError {
		return engineError(duck.PendingError(r.pending))
	}
	return nil
}

// interruptEvery is how often a statement to be stopped is told so: DuckDB forgets an interrupt that comes
// before it begins to execute.
const interruptEvery = 2 * time.Millisecond

// interruptOn interrupts the connection's statement from when ctx ends until release is called. After release
// returns, the connection is not touched.
func (c *conn) interruptOn(ctx context.Context) (release func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(stopped)
		tick := time.NewTicker(interruptEvery)
		defer tick.Stop()
		for {
			duck.Interrupt(c.c)
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		if unhook() {
			return
		}
		close(stop)
		<-stopped
	}
}
