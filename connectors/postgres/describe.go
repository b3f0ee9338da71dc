package postgres

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/atoll-sql/atoll/connectors"
)

// describeSQL lists relations and columns; a relation without columns gives one row with NULLs. Domains are
// followed to the type they are made of.
const describeSQL = `WITH RECURSIVE rel AS (
  SELECT w.ord, c.oid, c.relname::text AS name, c.relkind,
         CASE WHEN c.relkind IN ('r', 'm', 'p', 'f') AND c.reltuples >= 0 THEN c.reltuples::int8 ELSE -1 END AS rows,
         CASE WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid)
              WHEN c.relkind = 'p' THEN (SELECT sum(pg_total_relation_size(t.relid))::int8 FROM pg_partition_tree(c.oid) t WHERE t.isleaf)
         END AS bytes
  FROM unnest($1::text[]) WITH ORDINALITY AS w(name, ord)
  JOIN pg_catalog.pg_class c ON c.relname = w.name AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $2::text
), col AS (
  SELECT rel.ord, a.attnum, a.attname::text AS name, a.attnotnull, a.atttypid, a.atttypmod,
         format_type(a.atttypid, a.atttypmod) AS native
  FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
), base AS (
  SELECT col.ord, col.attnum, col.atttypid AS typid, col.atttypmod AS typmod FROM col
  UNION ALL
  SELECT b.ord, b.attnum, t.typbasetype, t.typtypmod
  FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typid AND t.typtype = 'd'
)
SELECT rel.ord::int8, rel.name, rel.rows, coalesce(rel.bytes, -1), col.name, col.native, col.attnotnull, base.typid::int8, base.typmod::int8,
       coalesce((SELECT CASE WHEN s.n_distinct < 0 THEN ceil(-s.n_distinct::float8 * greatest(rel.rows, 0)) ELSE s.n_distinct END
                 FROM pg_catalog.pg_stats s WHERE s.schemaname = $2::text AND s.tablename = rel.name AND s.attname = col.name
                 ORDER BY s.inherited DESC LIMIT 1), 0)::int8
FROM rel LEFT JOIN (col
  JOIN base ON base.ord = col.ord AND base.attnum = col.attnum
  JOIN pg_catalog.pg_type t ON t.oid = base.typid AND t.typtype <> 'd') ON col.ord = rel.ord
ORDER BY rel.ord, col.attnum`

// Describe implements [connectors.Connector].
func (s *shard) Describe(ctx context.Context, names []string) ([]connectors.Table, error) {
	if len(names) == 0 {
		return nil, nil
	}
	fields := []arrow.Field{
		intField("ord"), textField("name"), intField("rows"), intField("bytes"),
		textField("column"), textField("native"), boolField("not_null"), intField("type"), intField("modifier"), intField("distinct"),
	}
	var tables []connectors.Table
	last := int64(-1)
	err := s.ask(ctx, describeSQL, fields, []connectors.Arg{textArray(names), {Text: s.schema}}, func(r row) {
		if r.int(0) != last {
			last = r.int(0)
			tables = append(tables, connectors.Table{Name: r.text(1), Rows: r.int(2), Bytes: r.int(3)})
		}
		if r.null(4) {
			return
		}
		t := &tables[len(tables)-1]
		t.Columns = append(t.Columns, connectors.Column{
			Name: r.text(4), Native: r.text(5), NotNull: r.bool(6), Type: canonicalType(uint32(r.int(7)), int32(r.int(8))),
			Distinct: r.int(9)})
	})
	if err != nil {
		return nil, err
	}
	return tables, nil
}

// canonical holds the types whose canonical name does not depend on the modifier.
var canonical = map[uint32]string{
	pgtype.Int2OID: "smallint", pgtype.Int4OID: "integer", pgtype.Int8OID: "bigint",
	pgtype.Float4OID: "real", pgtype.Float8OID: "double precision", pgtype.BoolOID: "boolean",
	pgtype.TextOID: "text", pgtype.VarcharOID: "text", oidName: "text", pgtype.ByteaOID: "bytea",
	pgtype.DateOID: "date", pgtype.TimeOID: "time without time zone",
	pgtype.TimestampOID: "timestamp without time zone", pgtype.TimestamptzOID: "timestamp with time zone",
	pgtype.IntervalOID: "interval", pgtype.UUIDOID: "uuid", pgtype.JSONOID: "json", pgtype.JSONBOID: "jsonb",
}

// modifierOffset is what PostgreSQL adds to a length or precision in a type modifier.
const modifierOffset = 4

// canonicalType names a type as Atoll understands it, or returns "" if it does not.
func canonicalType(oid uint32, modifier int32) string {
	switch oid {
	case pgtype.NumericOID:
		if modifier < modifierOffset {
			return "numeric"
		}
		packed := modifier - modifierOffset
		precision, scale := packed>>16&0xffff, (packed&0x7ff^1024)-1024 // an 11-bit scale, signed
		if precision > 38 || scale < 0 || scale > precision {
			return "numeric"
		}
		return fmt.Sprintf("numeric(%d,%d)", precision, scale)
	case pgtype.BPCharOID:
		if modifier < modifierOffset {
			return ""
		}
		return fmt.Sprintf("character(%d)", modifier-modifierOffset)
	}
	if elem, ok := arrayElements[oid]; ok {
		return canonicalType(elem, modifier) + "[]"
	}
	return canonical[oid]
}

// arrayElements are the types of the elements of the arrays that have a canonical name. An array's modifier is its elements'.
var arrayElements = map[uint32]uint32{
	pgtype.Int2ArrayOID: pgtype.Int2OID, pgtype.Int4ArrayOID: pgtype.Int4OID, pgtype.Int8ArrayOID: pgtype.Int8OID,
	pgtype.Float4ArrayOID: pgtype.Float4OID, pgtype.Float8ArrayOID: pgtype.Float8OID, pgtype.BoolArrayOID: pgtype.BoolOID,
	pgtype.NumericArrayOID: pgtype.NumericOID, pgtype.TextArrayOID: pgtype.TextOID, pgtype.VarcharArrayOID: pgtype.VarcharOID,
	pgtype.NameArrayOID: oidName, pgtype.ByteaArrayOID: pgtype.ByteaOID, pgtype.DateArrayOID: pgtype.DateOID, pgtype.TimeArrayOID: pgtype.TimeOID,
	pgtype.TimestampArrayOID: pgtype.TimestampOID, pgtype.TimestamptzArrayOID: pgtype.TimestamptzOID,
	pgtype.IntervalArrayOID: pgtype.IntervalOID, pgtype.UUIDArrayOID: pgtype.UUIDOID, pgtype.JSONArrayOID: pgtype.JSONOID,
	pgtype.JSONBArrayOID: pgtype.JSONBOID,
}
