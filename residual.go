package atoll

import (
	"context"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/executor"
)

// residualEngine is DuckDB behind the executor's port.
type residualEngine struct{ *duckdb.Residual }

// Query implements executor.ResidualEngine.
func (r residualEngine) Query(ctx context.Context, q executor.ResidualQuery) (connectors.Reader, error) {
	inputs := make([]duckdb.Input, len(q.Inputs))
	for i, in := range q.Inputs {
		inputs[i] = duckdb.Input{Name: in.Name, Source: in.Source}
	}
	return r.Residual.Query(ctx, duckdb.ResidualQuery{
		SQL: q.SQL, Args: q.Args, Inputs: inputs, Schema: q.Schema, BatchRows: q.BatchRows, Alloc: q.Alloc,
	})
}
