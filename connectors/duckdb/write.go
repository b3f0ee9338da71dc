package duckdb

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/atoll-sql/atoll/connectors"
)

// Begin implements connectors.Writer. The first one opens the file for writing, which no other process may have open then, nor until the
// connector is closed; it waits for a moment in which nobody reads through this connector. Other statements of the connector see what is committed when
// they begin, and are never held up by a transaction.
func (c *connector) Begin(ctx context.Context) (connectors.Tx, error) {
	conn, err := c.pool.acquireWriter(ctx)
	if err != nil {
		return nil, siteError(c.cfg.Shard, err)
	}
	if err := execute(conn.c, "BEGIN TRANSACTION"); err != nil {
		c.endTransaction(conn, "", false)
		return nil, siteError(c.cfg.Shard, err)
	}
	return &tx{c: c, conn: conn, state: connectors.NewTxState(c.cfg.Shard), targets: map[string]map[string]tableColumn{}}, nil
}

// endTransaction gives a connection back after ending its transaction, if there is one.
func (c *connector) endTransaction(conn *conn, sql string, open bool) {
	if open && execute(conn.c, sql) != nil {
		conn.broken = true // disconnecting takes back what was not committed
	}
	c.pool.release(conn)
}

// Keys implements connectors.Writer.
func (c *connector) Keys(ctx context.Context, tables []string) (map[string][]string, error) {
	keys := map[string][]string{}
	if len(tables) == 0 {
		return keys, nil
	}
	stmt := connectors.Statement{Args: []connectors.Arg{{Text: c.cfg.Schema}}, Schema: keysSchema, SQL: `
SELECT table_name, unnest(constraint_column_names) AS column_name FROM duckdb_constraints()
WHERE constraint_type = 'PRIMARY KEY' AND database_name = current_database() AND lower(schema_name) = lower($1)`}
	found := map[string][]string{}
	err := c.each(ctx, stmt, func(rec arrow.Record, i int) {
		table := strings.ToLower(rec.Column(0).(*array.String).Value(i))
		found[table] = append(found[table], strings.Clone(rec.Column(1).(*array.String).Value(i)))
	})
	if err != nil {
		return nil, err
	}
	for _, name := range tables {
		if columns := found[strings.ToLower(name)]; columns != nil {
			keys[name] = columns
		}
	}
	return keys, nil
}

var keysSchema = arrow.NewSchema([]arrow.Field{
	{Name: "table_name", Type: arrow.BinaryTypes.String},
	{Name: "column_name", Type: arrow.BinaryTypes.String},
}, nil)

// tx is a transaction on one connection.
type tx struct {
	c       *connector
	conn    *conn
	targets map[string]map[string]tableColumn
	state   connectors.TxState
}

// fail notes an error after which only Rollback is of use, and makes it safe to show.
func (t *tx) fail(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*duckError](err); ok && e.kind == "FATAL" {
		t.conn.fatal = true
	}
	if e, ok := errors.AsType[*connectors.Error](err); ok && e.Shard == "" {
		e.Shard = t.c.cfg.Shard
	}
	if err = siteError(t.c.cfg.Shard, err); ctx.Err() != nil {
		err = ctx.Err()
	}
	return t.state.Fail(err)
}

// do runs something on the connection, which the end of ctx interrupts.
func (t *tx) do(ctx context.Context, run func() error) error {
	if err := t.state.Usable(); err != nil {
		return err
	}
	t.state.TakeBack()
	if err := ctx.Err(); err != nil {
		return t.fail(ctx, err)
	}
	quiet := t.conn.interruptOn(ctx)
	err := run()
	quiet()
	if err != nil {
		return t.fail(ctx, err)
	}
	return nil
}

// writes are the kinds of statements that Exec runs: what changes or reads the tables, and nothing that ends the transaction or leaves the file.
var writes = []duck.StatementType{duck.StatementTypeInsert, duck.StatementTypeUpdate, duck.StatementTypeDelete, duck.StatementTypeSelect,
	duck.StatementTypeCreate, duck.StatementTypeDrop, duck.StatementTypeAlter}

// Exec implements connectors.Tx.
func (t *tx) Exec(ctx context.Context, sql string, args []connectors.Arg) (n int64, err error) {
	err = t.do(ctx, func() error {
		n, err = t.conn.exec(sql, args)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// exec runs a statement and returns the rows it changed.
func (c *conn) exec(sql string, args []connectors.Arg) (int64, error) {
	r := &reader{conn: c}
	defer func() { duck.DestroyPrepare(&r.stmt) }()
	if err := r.prepare(sql, args); err != nil {
		return 0, err
	}
	if kind := duck.PreparedStatementType(r.stmt); !slices.Contains(writes, kind) {
		return 0, connectors.NewError("", connectors.ClassPermission, "0A000", "a statement of this kind may not run in a transaction", nil)
	}
	var res duck.Result
	defer duck.DestroyResult(&res)
	if duck.ExecutePrepared(r.stmt, &res) == duck.StateError {
		return 0, engineError(duck.ResultError(&res))
	}
	return int64(duck.RowsChanged(&res)), nil
}

// Query implements connectors.Tx.
func (t *tx) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	var r *reader
	err := t.do(ctx, func() (err error) {
		r, err = t.conn.query(ctx, t.c.cfg.Shard, statementOf(stmt), time.Now(), func(*conn) {})
		return err
	})
	if err != nil {
		return nil, err
	}
	return t.state.Lend(&txReader{reader: r, tx: t}), nil
}

// Commit implements connectors.Tx.
func (t *tx) Commit(ctx context.Context) error {
	if err := t.state.Usable(); err != nil {
		return err
	}
	t.state.TakeBack()
	if err := ctx.Err(); err != nil {
		return t.fail(ctx, err)
	}
	t.state.End()
	err := execute(t.conn.c, "COMMIT")
	e, isEngine := errors.AsType[*duckError](err)
	t.conn.broken = err != nil
	t.conn.fatal = isEngine && e.kind == "FATAL"
	t.c.pool.release(t.conn)
	switch {
	case err == nil:
		return nil
	case isEngine && (e.kind == "FATAL" || e.kind == "IO"):
		return connectors.NewError(t.c.cfg.Shard, connectors.ClassUnknown, "08007",
			t.c.file()+" could not be written while a transaction was committed: whether its writes last is not known", err)
	}
	return siteError(t.c.cfg.Shard, err)
}

// Rollback implements connectors.Tx.
func (t *tx) Rollback() {
	if !t.state.End() {
		return
	}
	t.state.TakeBack()
	t.c.endTransaction(t.conn, "ROLLBACK", true)
}

// txReader tells its transaction if stopping the statement has ended it.
type txReader struct {
	*reader
	tx     *tx
	closed bool
}

// Close implements connectors.Reader.
func (r *txReader) Close() error {
	err := r.reader.Close()
	if !r.closed && r.tx.conn.broken {
		_ = r.tx.state.Fail(connectors.NewError(r.tx.c.cfg.Shard, connectors.ClassInternal, "25P02", "stopping a statement ended its transaction", nil))
	}
	r.closed = true
	return err
}

// statementOf is a statement of the port.
func statementOf(stmt connectors.Statement) statement {
	return statement{sql: stmt.SQL, args: stmt.Args, schema: stmt.Schema, batchRows: stmt.BatchRows, alloc: stmt.Alloc}
}
