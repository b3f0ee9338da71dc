package duckdb

import (
	"context"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// calibrationSQL asks how this instance behaves. The columns are the fields of calibrationSchema.
const calibrationSQL = `
SELECT version(),
       current_setting('TimeZone'),
       current_setting('default_collation'),
       (SELECT count(*) FROM duckdb_tables() WHERE upper(sql) LIKE '% COLLATE %'),
       'a' > 'B' AND 'a' < 'é' AND 'a' < 'a ',
       (7 / 2)::VARCHAR,
       current_setting('default_null_order'),
       current_setting('access_mode')`

var calibrationSchema = arrow.NewSchema([]arrow.Field{
	{Name: "version", Type: arrow.BinaryTypes.String},
	{Name: "time zone", Type: arrow.BinaryTypes.String},
	{Name: "collation", Type: arrow.BinaryTypes.String},
	{Name: "collated tables", Type: arrow.PrimitiveTypes.Int64},
	{Name: "bytewise", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "integer division", Type: arrow.BinaryTypes.String},
	{Name: "null order", Type: arrow.BinaryTypes.String},
	{Name: "access", Type: arrow.BinaryTypes.String},
}, nil)

// Calibrate implements connectors.Connector.
func (c *connector) Calibrate(ctx context.Context) (connectors.Capabilities, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.caps != nil {
		return *c.caps, nil
	}
	var caps connectors.Capabilities
	err := c.each(ctx, connectors.Statement{SQL: calibrationSQL, Schema: calibrationSchema},
		func(rec arrow.Record, i int) { caps = capabilities(rec, i) })
	if err != nil {
		return connectors.Capabilities{}, err
	}
	c.caps = &caps
	return caps, nil
}

func capabilities(rec arrow.Record, i int) connectors.Capabilities {
	text := func(col int) string { return strings.Clone(rec.Column(col).(*array.String).Value(i)) }
	collation := text(2)
	if collation == "" {
		collation = "binary"
	}
	collated := rec.Column(3).(*array.Int64).Value(i)
	if collated > 0 {
		collation += ", but some columns have their own"
	}
	return connectors.Capabilities{
		Dialect:         "duckdb",
		Version:         "DuckDB " + text(0),
		BinaryCollation: collated == 0 && rec.Column(4).(*array.Boolean).Value(i),
		Findings: []connectors.Finding{
			{Name: "collation", Value: collation},
			{Name: "time zone", Value: text(1)},
			{Name: "integer division", Value: "7 / 2 = " + text(5)},
			{Name: "null order", Value: text(6)},
			{Name: "access", Value: text(7)},
			{Name: "hashes for sketches", Value: "Atoll's own functions"},
		},
	}
}
