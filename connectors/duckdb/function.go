package duckdb

import "C" // for the exports

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/atoll-sql/atoll/scalar"
)

// function is a scalar function as DuckDB calls it. It is immutable, since several threads use it at once.
type function struct {
	scalar.Function
	alloc    memory.Allocator
	decoders []decoder // of the arguments
	encoder  encoder   // of the result
}

// registerFunctions registers scalar functions with an instance, overloads of one name together.
func registerFunctions(c duck.Connection, functions []scalar.Function) error {
	var names []string
	overloads := map[string][]scalar.Function{}
	for _, f := range functions {
		if overloads[f.Name] == nil {
			names = append(names, f.Name)
		}
		overloads[f.Name] = append(overloads[f.Name], f)
	}
	for _, name := range names {
		if err := registerOverloads(c, name, overloads[name]); err != nil {
			return fmt.Errorf("function %s: %w", name, err)
		}
	}
	return nil
}

func registerOverloads(c duck.Connection, name string, overloads []scalar.Function) error {
	set := duck.CreateScalarFunctionSet(name)
	defer duck.DestroyScalarFunctionSet(&set)
	seen := map[string]bool{}
	for _, f := range overloads {
		args := fmt.Sprint(f.Args)
		if seen[args] {
			return fmt.Errorf("two overloads have the arguments %s", args)
		}
		seen[args] = true
		if err := addOverload(set, f); err != nil {
			return err
		}
	}
	if duck.RegisterScalarFunctionSet(c, set) == duck.StateError {
		return errors.New("DuckDB refused to register it")
	}
	return nil
}

func addOverload(set duck.ScalarFunctionSet, sf scalar.Function) error {
	f := &function{Function: sf, alloc: memory.DefaultAllocator}
	df := duck.CreateScalarFunction()
	defer duck.DestroyScalarFunction(&df)
	duck.ScalarFunctionSetName(df, sf.Name)
	for _, arg := range sf.Args {
		t, err := logicalType(arg)
		if err != nil {
			return err
		}
		duck.ScalarFunctionAddParameter(df, t)
		dec, err := decoderFor(describeType(t), arg)
		if err != nil {
			return err
		}
		f.decoders = append(f.decoders, dec)
	}
	result, err := logicalType(sf.Result)
	if err != nil {
		return err
	}
	defer duck.DestroyLogicalType(&result)
	if f.encoder, err = encoderFor(sf.Result); err != nil {
		return err
	}
	duck.ScalarFunctionSetReturnType(df, result)
	if !sf.Strict {
		duck.ScalarFunctionSetSpecialHandling(df)
	}
	if sf.Volatile {
		duck.ScalarFunctionSetVolatile(df)
	}
	duck.ScalarFunctionSetExtraInfo(df, newCell(f), deleteCellPtr)
	duck.ScalarFunctionSetFunction(df, functionCallPtr)
	if duck.AddScalarFunctionToSet(set, df) == duck.StateError {
		return fmt.Errorf("DuckDB refused the overload with the arguments %s", sf.Args)
	}
	return nil
}

//export atollFunctionCall
func atollFunctionCall(p, chunk, result unsafe.Pointer) {
	info := duck.FunctionInfo{Ptr: p}
	f := cellValue(duck.ScalarFunctionGetExtraInfo(info)).(*function)
	err := recovered(f.Name, func() error { return f.call(duck.DataChunk{Ptr: chunk}, duck.Vector{Ptr: result}) })
	if err == nil {
		return
	}
	text := err.Error()
	if v, ok := errors.AsType[*valueError](err); ok {
		text = "sqlstate:" + v.state + " " + text
	}
	duck.ScalarFunctionSetError(info, text)
}

// call evaluates one chunk: DuckDB's vectors become Arrow arrays, the result becomes a vector.
func (f *function) call(chunk duck.DataChunk, result duck.Vector) error {
	rows := int(duck.DataChunkGetSize(chunk))
	args := make([]arrow.Array, 0, len(f.Args))
	defer func() {
		for _, a := range args {
			a.Release()
		}
	}()
	for i, dec := range f.decoders {
		arr, err := dec(f.alloc, f.Args[i], []vector{vectorOf(chunk, i, 0, rows)}, rows)
		if err != nil {
			return err
		}
		args = append(args, arr)
	}
	out, err := f.Eval(f.alloc, args, rows)
	if err != nil {
		return err
	}
	defer out.Release()
	if out.Len() != rows || !arrow.TypeEqual(out.DataType(), f.Result) {
		return fmt.Errorf("%s returned %d values of %s instead of %d of %s", f.Name, out.Len(), out.DataType(), rows, f.Result)
	}
	if err := f.encoder(result, out, 0, rows); err != nil {
		return err
	}
	if f.Strict {
		clearNulls(result, args, rows)
	}
	return nil
}

// clearNulls makes the result NULL in every row in which an argument is.
func clearNulls(result duck.Vector, args []arrow.Array, rows int) {
	for _, a := range args {
		if a.NullN() == 0 {
			continue
		}
		duck.VectorEnsureValidityWritable(result)
		mask := unsafe.Slice((*byte)(duck.VectorGetValidity(result)), (rows+7)/8)
		for i, b := range a.NullBitmapBytes()[:len(mask)] {
			mask[i] &= b
		}
	}
}
