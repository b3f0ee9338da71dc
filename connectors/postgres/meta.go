package postgres

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// Columns of the connector's own questions to the server.
func textField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
}

func intField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64, Nullable: true}
}

func boolField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.FixedWidthTypes.Boolean, Nullable: true}
}

// row is one row of an answer to the connector's own questions.
type row struct {
	rec arrow.Record
	i   int
}

func (r row) null(col int) bool   { return r.rec.Column(col).IsNull(r.i) }
func (r row) text(col int) string { return r.rec.Column(col).(*array.String).Value(r.i) }
func (r row) int(col int) int64   { return r.rec.Column(col).(*array.Int64).Value(r.i) }
func (r row) bool(col int) bool   { return r.rec.Column(col).(*array.Boolean).Value(r.i) }

// ask runs one of the connector's own statements and calls each for every row.
func (s *shard) ask(ctx context.Context, sql string, fields []arrow.Field, args []connectors.Arg, each func(row)) error {
	return s.askOn(ctx, single{s.pool}, sql, fields, args, each)
}

// askOn is ask on a connection of a lender.
func (s *shard) askOn(ctx context.Context, from lender, sql string, fields []arrow.Field, args []connectors.Arg, each func(row)) (err error) {
	r, err := s.query(ctx, from, connectors.Statement{SQL: sql, Schema: arrow.NewSchema(fields, nil), Args: args})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range int(rec.NumRows()) {
			each(row{rec, i})
		}
	}
}

// textArray writes an array in PostgreSQL's text form.
func textArray(items []string) connectors.Arg {
	var b strings.Builder
	b.WriteByte('{')
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + arrayEscaper.Replace(item) + `"`)
	}
	b.WriteByte('}')
	return connectors.Arg{Text: b.String()}
}

var arrayEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// learnTypes looks up which user-defined types are sent as text: enums, citext and their like.
// It takes the place of the statement that met them.
func (s *shard) learnTypes(ctx context.Context, from lender, oids []uint32) error {
	const sql = `SELECT t.oid::int8, p.proname IN ('enum_send', 'textsend', 'varcharsend', 'bpcharsend', 'citextsend')
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc p ON p.oid = t.typsend WHERE t.oid = ANY ($1::oid[])`
	items := make([]string, len(oids))
	found := make(map[uint32]bool, len(oids))
	for i, oid := range oids {
		items[i] = strconv.FormatUint(uint64(oid), 10)
		found[oid] = false
	}
	err := s.askOn(ctx, from, sql, []arrow.Field{intField("oid"), boolField("text")}, []connectors.Arg{textArray(items)},
		func(r row) { found[uint32(r.int(0))] = r.bool(1) })
	if err != nil {
		return err
	}
	s.typesMu.Lock()
	defer s.typesMu.Unlock()
	for oid, isText := range found {
		s.texts[oid] = isText
	}
	return nil
}
