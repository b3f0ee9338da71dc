package tdstest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
)

// alpn is the protocol name of TDS 8.0 within TLS.
const alpn = "tds/8.0"

// transport is a connection whose bytes travel plainly or within TLS; which of them may change between messages.
type transport struct {
	net.Conn
	plain *bufio.Reader // all that is read from Conn passes here
	tls   *tls.Conn     // nil while bytes travel plainly
	in    io.Reader     // what requests are read from
}

func newTransport(conn net.Conn) *transport {
	t := &transport{Conn: conn, plain: bufio.NewReaderSize(conn, 16<<10)}
	t.in = t.plain
	return t
}

// Read implements io.Reader over what travels now.
func (t *transport) Read(p []byte) (int, error) { return t.in.Read(p) }

// Write implements io.Writer over what travels now.
func (t *transport) Write(p []byte) (int, error) {
	if t.tls != nil {
		return t.tls.Write(p)
	}
	return t.Conn.Write(p)
}

// startsWithTLS reports whether the client's first byte is a TLS handshake's, not a TDS packet's.
func (t *transport) startsWithTLS() (bool, error) {
	b, err := t.plain.Peek(1)
	if err != nil {
		return false, err
	}
	return b[0] == 0x16, nil
}

// encrypt runs the server's side of a TLS handshake. It is wrapped in PRELOGIN packets unless the connection begins
// with it (strict), as TDS 8.0 does.
func (t *transport) encrypt(ctx context.Context, cert tls.Certificate, strict bool) error {
	config := &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true,
		DynamicRecordSizingDisabled: true,
	}
	records := &recordConn{Conn: t.Conn, plain: t.plain}
	var carrier net.Conn = records
	var wrap *handshakeConn
	if strict {
		config.NextProtos = []string{alpn}
	} else {
		config.MaxVersion = tls.VersionTLS12 // TLS 1.3 writes after its handshake, for which TDS 7 has no place
		wrap = &handshakeConn{recordConn: records}
		carrier = wrap
	}
	conn := tls.Server(carrier, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("tdstest: TLS handshake: %w", err)
	}
	if strict && conn.ConnectionState().NegotiatedProtocol != alpn {
		return errors.New("tdstest: the client began with TLS without asking for " + alpn)
	}
	if wrap != nil {
		if err := wrap.finish(); err != nil {
			return err
		}
	}
	t.tls, t.in = conn, conn
	return nil
}

// readPlainly lets requests be read outside of TLS again, which is how login-only encryption goes on after the first
// packet of LOGIN7; writePlainly does so for answers.
func (t *transport) readPlainly() { t.in = t.plain }

func (t *transport) writePlainly() { t.tls = nil }

// recordConn hands out no byte beyond one TLS record, so that nothing that follows TLS is swallowed by it.
type recordConn struct {
	net.Conn
	plain *bufio.Reader
	left  int
}

// Read implements net.Conn.
func (c *recordConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		h, err := c.plain.Peek(5)
		if err != nil {
			return 0, err
		}
		c.left = 5 + int(h[3])<<8 + int(h[4])
	}
	n, err := c.plain.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// handshakeConn carries a TLS handshake inside PRELOGIN packets until finish, and plainly from then on.
type handshakeConn struct {
	*recordConn
	in, out  []byte
	finished bool
}

// Read implements net.Conn.
func (c *handshakeConn) Read(p []byte) (int, error) {
	if c.finished {
		return c.recordConn.Read(p)
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	for len(c.in) == 0 {
		kind, _, body, err := readPacket(c.plain, nil)
		if err != nil {
			return 0, err
		}
		if kind != typePrelogin {
			return 0, fmt.Errorf("tdstest: a packet of type %d within the TLS handshake", kind)
		}
		c.in = body
	}
	n := copy(p, c.in)
	c.in = c.in[n:]
	return n, nil
}

// Write implements net.Conn. Until finish it gathers, because the driver reads one message per flight.
func (c *handshakeConn) Write(p []byte) (int, error) {
	if c.finished {
		return c.Conn.Write(p)
	}
	c.out = append(c.out, p...)
	return len(p), nil
}

func (c *handshakeConn) flush() error {
	var b []byte
	for len(c.out) > 0 {
		n := min(len(c.out), minPacketSize-headerSize) // what the client can take is not known yet
		var status byte
		if n == len(c.out) {
			status = statusEnd
		}
		b = append(b, typePrelogin, status, byte((n+headerSize)>>8), byte(n+headerSize), 0, 0, 1, 0)
		b = append(b, c.out[:n]...)
		c.out = c.out[n:]
	}
	if len(b) == 0 {
		return nil
	}
	_, err := c.Conn.Write(b)
	return err
}

func (c *handshakeConn) finish() error {
	err := c.flush()
	c.finished = true
	return err
}
