package scalar

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Function is one scalar function with PostgreSQL's meaning, over Arrow arrays. An overload is another
// Function of the same Name.
type Function struct {
	// Name is the function's name in SQL, "pg_" included.
	Name string
	// Args and Result are its types. decimal256(76,38) stands for numeric; decimal128 is not used.
	Args   []arrow.DataType
	Result arrow.DataType
	// Strict says that a NULL argument gives NULL. The caller clears those rows of the result itself, so Eval
	// may skip them; the value that lies under a NULL is unspecified and must not raise an error.
	Strict bool
	// Volatile says that equal arguments may give different results, so that a call is never folded or shared.
	Volatile bool
	// Eval computes rows results. The arguments stay the caller's; the result, of type Result and of length
	// rows, becomes the caller's. An error whose text contains "sqlstate:" and five characters carries that
	// SQLSTATE. Eval is called from several threads at once and must not keep what it was given.
	Eval func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error)
}
