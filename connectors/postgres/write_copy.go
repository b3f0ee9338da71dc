package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/atoll-sql/atoll/connectors"
)

// target is a column to be written: its own type, or the one that its domain is made of.
type target struct {
	oid       uint32
	modifier  int32
	native    string // for messages
	text      bool   // a type made by users that is received as text
	generated bool
}

// targetsSQL lists the columns of a table.
const targetsSQL = `WITH RECURSIVE base AS (
  SELECT a.attname::text AS name, a.atttypid AS typid, a.atttypmod AS typmod, a.attgenerated <> '' AS generated,
         format_type(a.atttypid, a.atttypmod) AS native
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1::text
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relname = $2::text
  UNION ALL
  SELECT b.name, t.typbasetype, t.typtypmod, b.generated, b.native
  FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typid AND t.typtype = 'd'
)
SELECT b.name, b.typid::int8, b.typmod::int8, b.generated, b.native,
       p.proname IN ('enum_recv', 'textrecv', 'varcharrecv', 'bpcharrecv', 'citextrecv')
FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typid AND t.typtype <> 'd' JOIN pg_catalog.pg_proc p ON p.oid = t.typreceive`

// columnsOf returns the columns of a table, which nobody can change before the transaction ends.
func (t *tx) columnsOf(ctx context.Context, table string) (map[string]target, error) {
	if known, ok := t.targets[table]; ok {
		return known, nil
	}
	if _, err := t.Exec(ctx, "LOCK TABLE "+t.qualified(table)+" IN ROW EXCLUSIVE MODE", nil); err != nil {
		return nil, err
	}
	fields := []arrow.Field{textField("name"), intField("type"), intField("modifier"), boolField("generated"), textField("native"), boolField("text")}
	found := map[string]target{}
	err := t.shard.askOn(ctx, t, targetsSQL, fields, []connectors.Arg{{Text: t.shard.schema}, {Text: table}}, func(r row) {
		found[strings.Clone(r.text(0))] = target{oid: uint32(r.int(1)), modifier: int32(r.int(2)), generated: r.bool(3),
			native: strings.Clone(r.text(4)), text: r.bool(5)}
	})
	if err != nil {
		return nil, t.state.Fail(err)
	}
	t.targets[table] = found
	return found, nil
}

func (t *tx) qualified(table string) string {
	return quoteIdent(t.shard.schema) + "." + quoteIdent(table)
}

// Insert implements [connectors.Tx], by a binary COPY. A value that the column would round, cut or pad is refused.
func (t *tx) Insert(ctx context.Context, table string, rec arrow.Record) (int64, error) {
	if rec.NumRows() == 0 {
		return 0, t.state.Usable()
	}
	columns, err := t.columnsOf(ctx, table)
	if err != nil {
		return 0, err
	}
	plan, err := planCopy(rec, columns)
	if err != nil {
		return 0, t.state.Fail(t.shard.explainWrite(err))
	}
	if len(plan.arrays) > 0 {
		return t.insertStaged(ctx, t.qualified(table), plan)
	}
	return t.copyInto(ctx, t.qualified(table), plan)
}

// copyInto writes the rows of a plan into a table.
func (t *tx) copyInto(ctx context.Context, table string, plan copyPlan) (int64, error) {
	var fault error // a value that does not fit
	tag, err := t.exchange(ctx, true, func() (err error) {
		fault, err = t.stream("COPY "+table+" ("+strings.Join(plan.names, ", ")+") FROM STDIN (FORMAT binary)", plan.encoders, plan.rows)
		return err
	})
	switch {
	case fault != nil:
		return 0, t.shard.explainWrite(fault)
	case err != nil:
		return 0, t.shard.explainWrite(err)
	}
	return affected(tag), nil
}

// copyPlan is how a record becomes the rows of a COPY.
type copyPlan struct {
	rows     int
	names    []string // quoted
	encoders []encoder
	arrays   map[int]target // columns that come as texts of arrays
	fields   []arrow.Field
}

// planCopy chooses the encoder of each field of a record.
func planCopy(rec arrow.Record, columns map[string]target) (copyPlan, error) {
	n := int(rec.NumCols())
	p := copyPlan{rows: int(rec.NumRows()), names: make([]string, n), encoders: make([]encoder, n), arrays: map[int]target{}, fields: rec.Schema().Fields()}
	for i, f := range p.fields {
		to, ok := columns[f.Name]
		switch {
		case !ok:
			return p, columnError(connectors.ClassSchema, "42703", "the table to be written has no such column", f.Name)
		case to.generated:
			return p, columnError(connectors.ClassSchema, "428C9", "the server computes this column: it cannot be written", f.Name)
		}
		if arrayElements[to.oid] != 0 && strings.HasSuffix(mark(f), "[]") {
			p.arrays[i], to = to, target{oid: pgtype.TextOID}
			f.Metadata = arrow.Metadata{}
		}
		if p.encoders[i] = encoderFor(rec.Column(i), f, to); p.encoders[i] == nil {
			return p, columnError(connectors.ClassSchema, "42804",
				fmt.Sprintf("values of Arrow type %s cannot be written into a column of type %s without loss", markedType(f), to.native), f.Name)
		}
		p.names[i] = quoteIdent(f.Name)
	}
	return p, nil
}

func markedType(f arrow.Field) string {
	if m := mark(f); m != "" {
		return f.Type.String() + " (" + m + ")"
	}
	return f.Type.String()
}

// mark is the PostgreSQL type that a field names beside its Arrow type.
func mark(f arrow.Field) string {
	m, _ := f.Metadata.GetValue(connectors.TypeKey)
	return m
}

// copyChunk is how many bytes of rows leave at once.
const copyChunk = 64 << 10

// copyHeader begins the rows of a binary COPY: signature, flags, length of what follows in the header.
const copyHeader = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"

// stream sends a COPY and its rows without waiting for the server, which, if it refuses the COPY, ignores them. A value that cannot be sent
// ends the COPY, and is told as fault; err is the connection's.
func (t *tx) stream(sql string, encoders []encoder, rows int) (fault, err error) {
	buf, at := message(appendQuery(make([]byte, 0, copyChunk+copyChunk/4), sql), 'd')
	buf = append(buf, copyHeader...)
	for row := range rows {
		buf = binary.BigEndian.AppendUint16(buf, uint16(len(encoders)))
		for _, encode := range encoders {
			if buf, fault = encode(buf, row); fault != nil {
				buf, at = message(finish(buf, at), 'f')
				_, err = t.conn.net.Write(finish(cstring(buf, "a value does not fit"), at))
				return fault, err
			}
		}
		if len(buf) >= copyChunk {
			if _, err := t.conn.net.Write(finish(buf, at)); err != nil {
				return nil, err
			}
			buf, at = message(buf[:0], 'd')
		}
	}
	buf = finish(binary.BigEndian.AppendUint16(buf, 0xffff), at)
	buf, at = message(buf, 'c')
	_, err = t.conn.net.Write(finish(buf, at))
	return nil, err
}

// keysSQL lists the columns of primary keys.
const keysSQL = `SELECT c.relname::text, a.attname::text
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid AND c.relname = ANY ($2::text[])
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1::text
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE i.indisprimary AND k.ord <= i.indnkeyatts
ORDER BY c.relname, k.ord`

// Keys implements [connectors.Writer].
func (s *shard) Keys(ctx context.Context, tables []string) (map[string][]string, error) {
	keys := map[string][]string{}
	if len(tables) == 0 {
		return keys, nil
	}
	err := s.ask(ctx, keysSQL, []arrow.Field{textField("table"), textField("column")}, []connectors.Arg{{Text: s.schema}, textArray(tables)},
		func(r row) {
			table := strings.Clone(r.text(0))
			keys[table] = append(keys[table], strings.Clone(r.text(1)))
		})
	if err != nil {
		return nil, err
	}
	return keys, nil
}
