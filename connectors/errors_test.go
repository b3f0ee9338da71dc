package connectors

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
)

// TestErrorsAreNotTheEnd holds that whatever caused an Error, it is not taken for the end of a stream, and can be asked
// for all else.
func TestErrorsAreNotTheEnd(t *testing.T) {
	lost := &net.OpError{Op: "read", Err: io.EOF}
	for _, cause := range []error{io.EOF, lost, fmt.Errorf("while reading: %w", lost), errors.Join(net.ErrClosed, io.EOF)} {
		err := fmt.Errorf("outer: %w", NewError("eu-1", ClassUnavailable, "08006", "the connection broke", cause))
		if errors.Is(err, io.EOF) {
			t.Errorf("%v looks like the end", cause)
		}
		if ClassOf(err) != ClassUnavailable {
			t.Errorf("%v: class %s", cause, ClassOf(err))
		}
	}
	var op *net.OpError
	if err := NewError("eu-1", ClassUnavailable, "", "", lost); !errors.As(err, &op) || op != lost {
		t.Error("the cause cannot be asked for")
	}
	if err := NewError("eu-1", ClassUnavailable, "", "", errors.Join(net.ErrClosed, io.EOF)); !errors.Is(err, net.ErrClosed) {
		t.Error("what else the cause is cannot be asked for")
	}
	if err := NewError("eu-1", ClassUnavailable, "", "", io.ErrUnexpectedEOF); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("an unexpected end is one")
	}
}
