package duckdb

import "C" // for the exports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"sync"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	duck "github.com/duckdb/duckdb-go-bindings"
)

// InputFunction is the table function by which SQL reads an input: atoll_input('name').
const InputFunction = "atoll_input"

// BatchSource is a stream of record batches. Next returns io.EOF at the end; its batch is valid until the next
// call of Next. Calls never overlap, but come from different threads.
type BatchSource interface {
	Schema() *arrow.Schema
	Next(ctx context.Context) (arrow.Record, error)
}

// Input is a source that a statement reads under a name. The statement may read each input once.
type Input struct {
	Name   string
	Source BatchSource
	Rows   int64 // estimate, for DuckDB's join order; 0 means unknown
}

// input is an Input of one running statement. ctx is that statement's: it must be kept here, because DuckDB
// calls back without one.
type input struct {
	Input
	ctx context.Context

	// reading is held while the source is called. DuckDB does not call twice at once, but moves between its threads, and only
	// a lock of Go's orders what those do for the Go memory model.
	reading sync.Mutex

	mu      sync.Mutex
	started bool
	err     error // the first failure, with its identity, which DuckDB's own error would lose
}

func (in *input) fail(err error) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.err = err
	}
	return err
}

func (in *input) failure() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.err
}

// settle waits until the source is not being called; its caller has made sure that no call follows.
func (in *input) settle() {
	in.reading.Lock()
	defer in.reading.Unlock()
}

// start claims the input's one scan.
func (in *input) start() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.started {
		return fmt.Errorf("input %q is read twice by one statement; materialize it in a WITH query", in.Name)
	}
	in.started = true
	return nil
}

// scan is the state of reading an input.
type scan struct {
	in       *input
	columns  []int // for each column DuckDB asked for: its index in the schema, or -1 for none
	encoders []encoder
	rec      arrow.Record // the source's current batch, nil before the first; the source owns it
	pos      int          // rows of rec already handed on
	done     bool
}

// registerInputs gives a database the input function. Its binding finds the input through the connection that runs the
// statement. With names true, a table name that the catalog does not know is taken for an input's.
func (d *database) registerInputs(c duck.Connection, names bool) error {
	f := duck.CreateTableFunction()
	defer duck.DestroyTableFunction(&f)
	text := duck.CreateLogicalType(duck.TypeVarchar)
	defer duck.DestroyLogicalType(&text)
	duck.TableFunctionSetName(f, InputFunction)
	duck.TableFunctionAddParameter(f, text)
	duck.TableFunctionSetExtraInfo(f, newCell(d), deleteCellPtr)
	duck.TableFunctionSetBind(f, inputBindPtr)
	duck.TableFunctionSetInit(f, inputInitPtr)
	duck.TableFunctionSetFunction(f, inputScanPtr)
	duck.TableFunctionSupportsProjectionPushdown(f, true)
	if duck.RegisterTableFunction(c, f) == duck.StateError {
		return errors.New("DuckDB refused to register " + InputFunction)
	}
	if names {
		duck.AddReplacementScan(d.db, tableNamePtr, newCell(d), deleteCellPtr)
	}
	return nil
}

//export atollTableName
func atollTableName(info, name, _ unsafe.Pointer) {
	scan := duck.ReplacementScanInfo{Ptr: info}
	duck.ReplacementScanSetFunctionName(scan, InputFunction)
	v := duck.CreateVarchar(goString(name))
	defer duck.DestroyValue(&v)
	duck.ReplacementScanAddParameter(scan, v)
}

//export atollInputBind
func atollInputBind(p unsafe.Pointer) {
	info := duck.BindInfo{Ptr: p}
	if err := recovered(InputFunction, func() error { return bindInput(info) }); err != nil {
		duck.BindSetError(info, err.Error())
	}
}

func bindInput(info duck.BindInfo) error {
	arg := duck.BindGetParameter(info, 0)
	defer duck.DestroyValue(&arg)
	name := duck.GetVarchar(arg)
	var cc duck.ClientContext
	duck.TableFunctionGetClientContext(info, &cc)
	defer duck.DestroyClientContext(&cc)
	d := cellValue(duck.BindGetExtraInfo(info)).(*database)
	in := d.input(uint64(duck.ClientContextGetConnectionId(cc)), name)
	if in == nil {
		return fmt.Errorf("the statement has no input %q", name)
	}
	for _, f := range in.Source.Schema().Fields() {
		t, err := logicalType(f.Type)
		if err != nil {
			return in.fail(fmt.Errorf("input %q, column %q: %w", name, f.Name, err))
		}
		duck.BindAddResultColumn(info, f.Name, t)
		duck.DestroyLogicalType(&t)
	}
	if in.Rows > 0 {
		duck.BindSetCardinality(info, duck.IdxT(in.Rows), false)
	}
	duck.BindSetBindData(info, newCell(in), deleteCellPtr)
	return nil
}

//export atollInputInit
func atollInputInit(p unsafe.Pointer) {
	info := duck.InitInfo{Ptr: p}
	if err := recovered(InputFunction, func() error { return initInput(info) }); err != nil {
		duck.InitSetError(info, err.Error())
	}
}

func initInput(info duck.InitInfo) error {
	in := cellValue(duck.InitGetBindData(info)).(*input)
	if err := in.start(); err != nil {
		return in.fail(err)
	}
	schema := in.Source.Schema()
	s := &scan{in: in}
	for i := range int(duck.InitGetColumnCount(info)) {
		col := uint64(duck.InitGetColumnIndex(info, duck.IdxT(i)))
		if col >= uint64(schema.NumFields()) { // a statement that needs no column, such as count(*), asks for a row id
			s.columns, s.encoders = append(s.columns, -1), append(s.encoders, nil)
			continue
		}
		enc, err := encoderFor(schema.Field(int(col)).Type)
		if err != nil {
			return in.fail(err)
		}
		s.columns, s.encoders = append(s.columns, int(col)), append(s.encoders, enc)
	}
	duck.InitSetMaxThreads(info, 1)
	duck.InitSetInitData(info, newCell(s), deleteCellPtr)
	return nil
}

//export atollInputScan
func atollInputScan(p, chunk unsafe.Pointer) {
	info := duck.FunctionInfo{Ptr: p}
	s := cellValue(duck.FunctionGetInitData(info)).(*scan)
	err := recovered("input "+s.in.Name, func() error { return s.fill(duck.DataChunk{Ptr: chunk}) })
	if err != nil {
		duck.FunctionSetError(info, s.in.fail(err).Error())
	}
}

// fill hands on the next rows of the input; an empty chunk ends it.
func (s *scan) fill(chunk duck.DataChunk) error {
	s.in.reading.Lock()
	defer s.in.reading.Unlock()
	if err := s.advance(); err != nil || s.done {
		duck.DataChunkSetSize(chunk, 0)
		return err
	}
	n := min(int(s.rec.NumRows())-s.pos, vectorRows)
	for i, col := range s.columns {
		if col < 0 {
			continue
		}
		v := duck.DataChunkGetVector(chunk, duck.IdxT(i))
		if err := s.encoders[i](v, s.rec.Column(col), s.pos, n); err != nil {
			return fmt.Errorf("input %q, column %q: %w", s.in.Name, s.rec.ColumnName(col), err)
		}
	}
	duck.DataChunkSetSize(chunk, duck.IdxT(n))
	s.pos += n
	return nil
}

// advance makes sure that rec has rows left, or sets done.
func (s *scan) advance() error {
	for !s.done && (s.rec == nil || s.pos == int(s.rec.NumRows())) {
		s.rec, s.pos = nil, 0
		if err := s.in.ctx.Err(); err != nil {
			return err
		}
		rec, err := s.in.Source.Next(s.in.ctx)
		switch {
		case errors.Is(err, io.EOF):
			s.done = true
		case err != nil:
			return err
		default:
			if err := s.check(rec); err != nil {
				return err
			}
			s.rec = rec
		}
	}
	return nil
}

// check refuses a batch that is not of the source's schema: copying it would read foreign memory.
func (s *scan) check(rec arrow.Record) error {
	schema := s.in.Source.Schema()
	if int(rec.NumCols()) != schema.NumFields() || rec.NumRows() > math.MaxInt32 {
		return fmt.Errorf("input %q: a batch does not have the %d columns of its schema", s.in.Name, schema.NumFields())
	}
	for _, col := range s.columns {
		if col >= 0 && !arrow.TypeEqual(rec.Column(col).DataType(), schema.Field(col).Type) {
			return fmt.Errorf("input %q, column %q: a batch holds %s instead of %s",
				s.in.Name, schema.Field(col).Name, rec.Column(col).DataType(), schema.Field(col).Type)
		}
	}
	return nil
}

// panicError is a panic of Go code that DuckDB called.
type panicError struct {
	where string
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic in %s: %v", e.where, e.value) }

// recovered runs a callback of DuckDB's; a panic must not unwind into C.
func recovered(where string, run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{where, p, debug.Stack()}
		}
	}()
	return run()
}
