package faultproxy

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// reserve binds a free port of 127.0.0.1 without listening: connections to it are refused, no other program gets it, and it can be
// listened on any number of times, because the kernel lets a socket of a listener be bound beside one that does not listen.
func reserve() (io.Closer, string, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, "", os.NewSyscallError("socket", err)
	}
	keep := os.NewFile(uintptr(fd), "port")
	err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var name syscall.Sockaddr
	if err == nil {
		name, err = syscall.Getsockname(fd)
	}
	bound, ok := name.(*syscall.SockaddrInet4)
	if err != nil || !ok {
		_ = keep.Close()
		return nil, "", fmt.Errorf("reserving a port of 127.0.0.1: %w", err)
	}
	return keep, fmt.Sprintf("127.0.0.1:%d", bound.Port), nil
}
