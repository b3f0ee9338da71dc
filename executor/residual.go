package executor

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// ResidualEngine is the port of the coordinator's own SQL engine, which computes what neither shards nor
// merge operators did.
type ResidualEngine interface {
	// Query runs one statement over the given inputs. The engine reads each input from one goroutine, to its end or
	// until the reader is closed, and never after that; it does not close them. Errors of an input come
	// back unchanged. The reader keeps the contract of connectors.Reader.
	Query(ctx context.Context, q ResidualQuery) (connectors.Reader, error)
}

// ResidualQuery is a statement for the residual engine.
type ResidualQuery struct {
	SQL       string
	Args      []connectors.Arg // values of $1, $2, …
	Inputs    []ResidualInput
	Schema    *arrow.Schema    // what the reader must yield
	BatchRows int              // most rows per batch; 0 means connectors.DefaultBatchRows
	Alloc     memory.Allocator // nil means memory.DefaultAllocator
}

// ResidualInput is a stream that the statement reads as a table, once.
type ResidualInput struct {
	Name   string
	Source Operator
}

// Residual is a statement of the residual engine as an operator. It owns the query's inputs.
type Residual struct {
	operator
	engine ResidualEngine
	query  ResidualQuery
	args   func() []connectors.Arg
	reader connectors.Reader
}

// NewResidual makes a Residual; the statement starts at the first Next, which asks args for its parameters, nil for none.
func NewResidual(engine ResidualEngine, query ResidualQuery, args func() []connectors.Arg) *Residual {
	return &Residual{operator: operator{schema: query.Schema}, engine: engine, query: query, args: args}
}

// Next implements Operator.
func (r *Residual) Next(ctx context.Context) (arrow.Record, error) { return r.next(ctx, r.produce) }

func (r *Residual) produce(ctx context.Context) (arrow.Record, error) {
	if r.reader == nil {
		if r.args != nil {
			r.query.Args = r.args()
		}
		reader, err := r.engine.Query(ctx, r.query)
		if err != nil {
			return nil, err
		}
		r.reader = reader
	}
	rec, err := r.reader.Next(ctx)
	if err != nil {
		return nil, err
	}
	return Restamp(rec, r.schema)
}

// Stats tells what the engine has returned so far.
func (r *Residual) Stats() connectors.Stats {
	if r.reader == nil {
		return connectors.Stats{}
	}
	return r.reader.Stats()
}

// Close implements Operator: the statement first, which stops it reading, then its inputs.
func (r *Residual) Close() error {
	r.shut()
	var first error
	if r.reader != nil {
		first = r.reader.Close()
	}
	for _, in := range r.query.Inputs {
		if err := in.Source.Close(); first == nil {
			first = err
		}
	}
	return first
}
