package output

import (
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// arrowWriter writes the IPC stream format.
type arrowWriter struct {
	raw     io.Writer
	w       *ipc.Writer
	schema  *arrow.Schema
	started bool
}

func newArrowWriter(w io.Writer, schema *arrow.Schema) *arrowWriter {
	return &arrowWriter{raw: w, w: ipc.NewWriter(w, ipc.WithSchema(schema)), schema: schema}
}

func (a *arrowWriter) Write(rec arrow.Record) error {
	a.started = true
	return a.w.Write(rec)
}

func (a *arrowWriter) Close() error { return a.w.Close() }

// Abort writes the prefix of an eight-byte message and one byte of it. Without that the stream would look complete: the
// end of the input also ends an Arrow stream.
func (a *arrowWriter) Abort() error {
	if !a.started {
		return nil
	}
	_, err := a.raw.Write([]byte{0xff, 0xff, 0xff, 0xff, 0x08, 0, 0, 0, 0})
	return err
}
