package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/scalar"
)

// FileTable is a table to fill: the rows of Source go into the columns that bear its field names.
type FileTable struct {
	Name   string
	Source BatchSource
}

// CreateFile makes a DuckDB file: it runs the statements of ddl, then fills the tables, in order. A file that exists
// already is an error, and one that could not be completed is removed.
func CreateFile(ctx context.Context, path string, ddl []string, tables []FileTable) (err error) {
	name := filepath.Base(path)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return connectors.NewError(name, connectors.ClassConfig, "58P02", "the database file exists already", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeFile(path))
		}
	}()
	p := newLastingPool(1, func() (*database, error) {
		settings := engineSettings(runtime.GOMAXPROCS(0), shardMemory, spillPath(os.TempDir()))
		return openDatabase(instance{path: path, settings: settings, functions: scalar.Functions()})
	})
	defer p.close()
	c, err := p.acquire(ctx)
	if err != nil {
		return siteError(name, err)
	}
	defer p.release(c)
	defer c.interruptOn(ctx)()
	for _, sql := range ddl {
		if err := execute(c.c, sql); err != nil {
			return fileError(ctx, name, err)
		}
	}
	for _, t := range tables {
		if err := c.insert(ctx, t); err != nil {
			return fmt.Errorf("filling table %q: %w", t.Name, fileError(ctx, name, err))
		}
	}
	return fileError(ctx, name, execute(c.c, "CHECKPOINT"))
}

func fileError(ctx context.Context, name string, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*duckError](err); ok {
		return siteError(name, err)
	}
	return inputError(name, err)
}

// insert streams a source into a table.
func (c *conn) insert(ctx context.Context, t FileTable) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const name = "rows"
	in := &input{Input: Input{Name: name, Source: t.Source}, ctx: ctx}
	c.setInputs(map[string]*input{name: in})
	defer c.setInputs(nil)
	var columns []string
	for _, f := range t.Source.Schema().Fields() {
		columns = append(columns, quote(f.Name))
	}
	list := strings.Join(columns, ", ")
	err := execute(c.c, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s(%s)",
		quote(t.Name), list, list, InputFunction, literal(name)))
	in.settle()
	if cause := in.failure(); cause != nil {
		return cause
	}
	return err
}

// removeFile removes a DuckDB file and its write-ahead log.
func removeFile(path string) error {
	var errs []error
	for _, p := range []string{path, path + ".wal"} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Exec runs statements in a DuckDB file, which it creates if there is none: for tests and for setting up demonstrations. The
// file must not be open elsewhere.
func Exec(ctx context.Context, path string, statements ...string) error {
	name := filepath.Base(path)
	db, err := openDatabase(instance{path: path, functions: scalar.Functions()})
	if err != nil {
		return siteError(name, err)
	}
	defer db.release()
	c, err := db.connect()
	if err != nil {
		return siteError(name, err)
	}
	defer c.close()
	defer c.interruptOn(ctx)()
	for _, sql := range statements {
		if err := execute(c.c, sql); err != nil {
			return fileError(ctx, name, err)
		}
	}
	return nil
}
