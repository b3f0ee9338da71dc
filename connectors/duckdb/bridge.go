package duckdb

// #include "bridge.h"
import "C"

import (
	"runtime/cgo"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"
)

// Pointers to the exported callbacks, in the form the bindings want them.
var (
	deleteCellPtr   = unsafe.Pointer(C.atoll_callback1(C.atollDeleteCell))
	inputBindPtr    = unsafe.Pointer(C.atoll_callback1(C.atollInputBind))
	inputInitPtr    = unsafe.Pointer(C.atoll_callback1(C.atollInputInit))
	inputScanPtr    = unsafe.Pointer(C.atoll_callback2(C.atollInputScan))
	tableNamePtr    = unsafe.Pointer(C.atoll_callback3(C.atollTableName))
	functionCallPtr = unsafe.Pointer(C.atoll_callback3(C.atollFunctionCall))
)

// newCell puts a Go value where DuckDB can hold it: memory of C that keeps a handle. DuckDB frees it through
// deleteCellPtr, once, when it drops what the cell was attached to.
func newCell(v any) unsafe.Pointer {
	cell := C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0))))
	*(*cgo.Handle)(cell) = cgo.NewHandle(v)
	return cell
}

// cellValue returns what newCell was given.
func cellValue(cell unsafe.Pointer) any { return (*(*cgo.Handle)(cell)).Value() }

//export atollDeleteCell
func atollDeleteCell(cell unsafe.Pointer) {
	(*(*cgo.Handle)(cell)).Delete()
	C.free(cell)
}

// assignStrings sets the first len(offsets)-1 rows of a VARCHAR or BLOB vector. valid is an Arrow validity
// bitmap whose bit for the first row is at validOffset; nil means that every row is valid.
func assignStrings(v duck.Vector, offsets []int32, data, valid []byte, validOffset int) {
	C.atoll_assign_strings(v.Ptr, (*C.int32_t)(unsafe.SliceData(offsets)),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(data))), (*C.uint8_t)(unsafe.SliceData(valid)),
		C.uint64_t(validOffset), C.uint64_t(len(offsets)-1))
}

// assignBlocks is assignStrings for values that are all width bytes wide.
func assignBlocks(v duck.Vector, data []byte, width int, valid []byte, validOffset int) {
	C.atoll_assign_blocks(v.Ptr, (*C.char)(unsafe.Pointer(unsafe.SliceData(data))), C.uint64_t(width),
		(*C.uint8_t)(unsafe.SliceData(valid)), C.uint64_t(validOffset), C.uint64_t(len(data)/width))
}

// goString copies a NUL-terminated string of C.
func goString(p unsafe.Pointer) string { return C.GoString((*C.char)(p)) }
