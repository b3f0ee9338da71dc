//go:build !linux

package faultproxy

import (
	"io"
	"net"
)

// reserve finds a port of 127.0.0.1 that is free. Where the kernel does not let it be kept, another program may take it while connections
// are refused; Set says so then.
func reserve() (io.Closer, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	return io.NopCloser(nil), l.Addr().String(), l.Close()
}
