package dialerror

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// Network is the text for a network, or a server, that could not be reached; "" if err is of another kind.
func Network(err error) string {
	var dns *net.DNSError
	var netErr net.Error
	switch {
	case errors.As(err, &dns):
		return "the host name in its DSN cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused: nothing listens at the address in its DSN"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return "connecting took too long"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "connection failed: the network or host in its DSN cannot be reached"
	}
	return ""
}

// Socket is the text for a socket file that could not be opened; "" if err is of another kind. Other files that a DSN names give the same errors: it is for
// drivers that read those before they connect.
func Socket(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "connection failed: the socket file in its DSN does not exist"
	case errors.Is(err, os.ErrPermission):
		return "connection failed: the socket file in its DSN may not be opened"
	}
	return ""
}
