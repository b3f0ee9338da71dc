package mssql

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// insertBytes bounds the parameter of one INSERT: a part ends with the row that reaches it.
const insertBytes = 8 << 20

// Insert implements [connectors.Tx]. The rows travel as one parameter, a JSON list of lists of texts, which the server casts to the types
// of the table's columns. What a column cannot hold exactly is refused before anything of its part is sent.
func (t *tx) Insert(ctx context.Context, table string, rec arrow.Record) (int64, error) {
	if err := t.enter(ctx); err != nil {
		return 0, err
	}
	t.free <- struct{}{} // nothing runs between the statements below
	n, err := t.insert(ctx, table, rec)
	if err != nil {
		if ctx.Err() != nil {
			err = connectors.Ended(ctx)
		}
		return n, t.state.Fail(t.shard.explain(err))
	}
	return n, nil
}

func (t *tx) insert(ctx context.Context, table string, rec arrow.Record) (int64, error) {
	into, err := t.target(ctx, table)
	if err != nil {
		return 0, err
	}
	in, err := newInserter(into, rec)
	if err != nil {
		return 0, err
	}
	var written int64
	for next := 0; next < int(rec.NumRows()); {
		if next, err = in.fill(next); err != nil {
			return written, err
		}
		if err := t.checkPages(ctx, in); err != nil {
			return written, err
		}
		_, args := compose(connectors.Statement{Args: []connectors.Arg{{Text: string(in.rows)}}}, "")
		n, err := t.write(ctx, in.sql, args, in.giving)
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// inserter writes the rows of a record as JSON.
type inserter struct {
	rec     arrow.Record
	columns []*outgoing
	sql     string
	giving  string // the table, where the record has its IDENTITY column
	rows    []byte
}

func newInserter(into *target, rec arrow.Record) (*inserter, error) {
	if rec.NumCols() == 0 {
		return nil, connectors.NewError("", connectors.ClassSchema, "", "a record without columns cannot be written", nil)
	}
	in := &inserter{rec: rec}
	var names, values, paths []string
	for i, field := range rec.Schema().Fields() {
		to, err := into.column(field.Name)
		if err != nil {
			return nil, err
		}
		c, err := newOutgoing(field, to, rec.Column(i))
		if err != nil {
			return nil, err
		}
		cells := make([]string, len(c.cells))
		for j, length := range c.cells {
			c.first = len(paths) - j
			cells[j] = fmt.Sprintf("j.[c%d]", len(paths))
			paths = append(paths, fmt.Sprintf("[c%d] nvarchar(%s) '$[%d]'", len(paths), length, len(paths)))
		}
		if to.identity {
			in.giving = into.name
		}
		in.columns = append(in.columns, c)
		names, values = append(names, bracketed(to.name)), append(values, c.sql(cells))
	}
	in.sql = "INSERT INTO " + into.name + " (" + strings.Join(names, ", ") + ")\nSELECT " + strings.Join(values, ", ") +
		"\nFROM OPENJSON(@p1) WITH (" + strings.Join(paths, ", ") + ") AS j"
	return in, nil
}

// fill writes rows from the given one on, as many as one statement takes, and returns the row behind them.
func (in *inserter) fill(row int) (next int, err error) {
	for _, c := range in.columns {
		c.beyond = false
	}
	b := append(in.rows[:0], '[')
	for next = row; next < int(in.rec.NumRows()) && len(b) < insertBytes; next++ {
		b = append(b, '[')
		for _, c := range in.columns {
			if b, err = c.append(b, next); err != nil {
				return next, err
			}
		}
		b[len(b)-1] = ']'
		b = append(b, ',')
	}
	b[len(b)-1] = ']'
	in.rows = b
	return next, nil
}

// checkPages asks the server whether the texts that are more than ASCII survive the code pages of their columns.
func (t *tx) checkPages(ctx context.Context, in *inserter) error {
	for _, c := range in.columns {
		if !c.beyond {
			continue
		}
		sql := fmt.Sprintf("SELECT COUNT_BIG(*) AS n FROM OPENJSON(@p1) WITH ([v] nvarchar(max) '$[%d]') AS j "+
			"WHERE CAST(CAST(CAST(j.[v] COLLATE %s AS varchar(max)) AS nvarchar(max)) AS varbinary(max)) <> CAST(j.[v] AS varbinary(max))", c.first, c.to.collation)
		var lost int64
		err := t.ask(ctx, sql, []arrow.Field{intField("n")}, []connectors.Arg{{Text: string(in.rows)}}, func(r row) { lost = r.int(0) })
		if err != nil {
			return err
		}
		if lost > 0 {
			return columnError(connectors.ClassData, "22P05", connectors.DataMessage("22P05")+": the code page of "+c.to.native()+
				" in collation "+c.to.collation+" lacks a character of a text", c.field.Name)
		}
	}
	return nil
}
