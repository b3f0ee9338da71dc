package main

import (
	"context"

	"github.com/atoll-sql/atoll/cmd/atoll/internal/demo"
	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// storeShard is a demo.Store that makes a DuckDB file.
func storeShard(ctx context.Context, path string, tables []demo.Table) error {
	ddl := make([]string, len(tables))
	fill := make([]duckdb.FileTable, len(tables))
	for i := range tables {
		ddl[i] = tables[i].DDL()
		fill[i] = duckdb.FileTable{Name: tables[i].Name, Source: tables[i].Rows()}
	}
	return duckdb.CreateFile(ctx, path, ddl, fill)
}
