package executor

import (
	"errors"
	"fmt"
	"io"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
)

// LimitError says that a query wanted more than it was allowed: SQLSTATE 53200.
type LimitError = aggregate.LimitError

var errClosed = errors.New("the operator is closed")

// PanicError is a panic that was caught in a goroutine of a query. Its text shows nothing of the panic's
// value, which may hold row data; Value and Stack are for the operator's log only.
type PanicError struct {
	Where string // "reading shard eu-1"
	Value any
	Stack []byte
}

// Error implements error.
func (e *PanicError) Error() string {
	return fmt.Sprintf("internal error while %s: the query was stopped; the log has the details", e.Where)
}

// shardError adds the shard's name to an error that does not bring one. It is never io.EOF, which would be taken for the
// orderly end of a stream.
func shardError(shard string, err error) error {
	var named *connectors.Error
	if errors.Is(err, io.EOF) {
		return connectors.NewError(shard, connectors.ClassUnavailable, "08006", "the connection ended before the rows did", err)
	}
	if errors.As(err, &named) {
		return err
	}
	return fmt.Errorf("shard %s: %w", shard, err)
}
