package duckdb

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/atoll-sql/atoll/scalar"
)

// memoryPath opens a database that lives in memory.
const memoryPath = ":memory:"

// setting is one option of DuckDB's, as its configuration spells it.
type setting struct{ name, value string }

// database is one open DuckDB instance. It closes itself when its last connection and the last snapshot let go of it.
type database struct {
	db       duck.Database
	writable bool
	onClose  func()        // nil, or called when the database has been closed
	gone     chan struct{} // closed when the database has been
	released chan struct{} // is sent to when a reference is dropped, if nobody has been told of the last time

	mu    sync.Mutex
	refs  int
	setup []string         // run on each new connection
	conns map[uint64]*conn // by DuckDB's connection id: how the input function finds a statement's inputs
}

// instance says how to open a database.
type instance struct {
	path      string
	settings  []setting
	names     bool // table names that do not exist are taken for inputs
	functions []scalar.Function
	schema    string // where unqualified names are looked up; "" means the default
	swap      int64  // bytes on disk of what does not fit in memory; 0 means DuckDB's default
}

// openDatabase opens an instance. The caller holds the first reference.
func openDatabase(inst instance) (*database, error) {
	if n := duck.VectorSize(); n != vectorRows {
		return nil, fmt.Errorf("this build of DuckDB has vectors of %d rows, not %d", n, vectorRows)
	}
	var config duck.Config
	if duck.CreateConfig(&config) == duck.StateError {
		return nil, errors.New("DuckDB made no configuration")
	}
	defer duck.DestroyConfig(&config)
	for _, s := range inst.settings {
		if duck.SetConfig(config, s.name, s.value) == duck.StateError {
			return nil, fmt.Errorf("DuckDB does not know the setting %s", s.name)
		}
	}
	d := &database{refs: 1, conns: map[uint64]*conn{}, released: make(chan struct{}, 1), gone: make(chan struct{})}
	if inst.schema != "" {
		d.setup = append(d.setup, "USE "+quote(inst.schema))
	}
	var msg string
	if duck.OpenExt(inst.path, &d.db, config, &msg) == duck.StateError {
		return nil, engineError(msg)
	}
	if err := d.prepare(inst); err != nil {
		duck.Close(&d.db)
		return nil, err
	}
	return d, nil
}

// prepare sets what holds for all connections and registers our functions in the instance's catalog.
func (d *database) prepare(inst instance) error {
	var c duck.Connection
	if duck.Connect(d.db, &c) == duck.StateError {
		return errors.New("DuckDB refused a connection")
	}
	defer duck.Disconnect(&c)
	sqls := []string{"SET GLOBAL TimeZone = 'UTC'"}
	if inst.swap > 0 { // among the settings that an instance opens with, it has no effect
		sqls = append(sqls, fmt.Sprintf("SET GLOBAL max_temp_directory_size = '%dB'", inst.swap))
	}
	// Last, since nothing can be set after it.
	for _, sql := range append(sqls, "SET GLOBAL lock_configuration = true") {
		if err := execute(c, sql); err != nil {
			return err
		}
	}
	if err := d.registerInputs(c, inst.names); err != nil {
		return err
	}
	return registerFunctions(c, inst.functions)
}

// execute runs one statement for its effect.
func execute(c duck.Connection, sql string) error {
	var res duck.Result
	defer duck.DestroyResult(&res)
	if duck.Query(c, sql, &res) == duck.StateError {
		return engineError(duck.ResultError(&res))
	}
	return nil
}

func (d *database) retain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refs++
}

// release drops a reference; the last one closes the database.
func (d *database) release() {
	d.mu.Lock()
	d.refs--
	last := d.refs == 0
	d.mu.Unlock()
	if last {
		duck.Close(&d.db)
		if d.onClose != nil {
			d.onClose()
		}
		close(d.gone)
	}
	select {
	case d.released <- struct{}{}:
	default:
	}
}

// retainOpen is retain for who has no reference; false if the last one was dropped.
func (d *database) retainOpen() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refs == 0 {
		return false
	}
	d.refs++
	return true
}

// input finds an input of the statement that a connection is running, or nil.
func (d *database) input(connection uint64, name string) *input {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.conns[connection]
	if c == nil {
		return nil
	}
	return c.inputs[name]
}

// conn is one connection, which runs one statement at a time. It holds a reference to its database.
type conn struct {
	db     *database
	c      duck.Connection
	id     uint64
	inputs map[string]*input // of the running statement; guarded by db.mu
	broken bool              // not to be used again
	fatal  bool              // nor is its database
}

func (d *database) connect() (*conn, error) {
	c := &conn{db: d}
	if duck.Connect(d.db, &c.c) == duck.StateError {
		return nil, errors.New("DuckDB refused a connection")
	}
	var cc duck.ClientContext
	duck.ConnectionGetClientContext(c.c, &cc)
	c.id = uint64(duck.ClientContextGetConnectionId(cc))
	duck.DestroyClientContext(&cc)
	for _, sql := range d.setup {
		if err := execute(c.c, sql); err != nil {
			duck.Disconnect(&c.c)
			return nil, err
		}
	}
	d.retain()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns[c.id] = c
	return c, nil
}

func (c *conn) setInputs(inputs map[string]*input) {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	c.inputs = inputs
}

// close stops what runs and disconnects.
func (c *conn) close() {
	c.db.mu.Lock()
	delete(c.db.conns, c.id)
	c.db.mu.Unlock()
	duck.Disconnect(&c.c)
	c.db.release()
}

// quote writes a name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes a text as an SQL literal.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
