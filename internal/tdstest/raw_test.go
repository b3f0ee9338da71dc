package tdstest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// rawClient speaks TDS by hand, for what the driver never sends, and to measure the server without the driver.
type rawClient struct {
	tb testing.TB
	net.Conn
	r *bufio.Reader
}

func dialRaw(tb testing.TB, s *Server) *rawClient {
	tb.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	c := &rawClient{tb: tb, Conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}
	c.send(typePrelogin, 0, preloginReply(encryptNone, false))
	c.answer()
	c.send(typeLogin, 0, loginBody(DefaultUser, DefaultPassword))
	if answer := c.answer(); !bytes.Contains(answer, []byte{tokenLoginAck}) {
		tb.Fatalf("login: % x", answer)
	}
	return c
}

// loginBody is a LOGIN7 with a user and a password.
func loginBody(user, password string) []byte {
	b := make([]byte, loginFixed)
	binary.LittleEndian.PutUint32(b[4:], 0x74000004)
	put := func(at int, text []byte) {
		binary.LittleEndian.PutUint16(b[at:], uint16(len(b)))
		binary.LittleEndian.PutUint16(b[at+2:], uint16(len(text)/2))
		b = append(b, text...)
	}
	put(loginUser, appendUTF16(nil, user))
	secret := appendUTF16(nil, password)
	for i, c := range secret {
		secret[i] = (c<<4 | c>>4) ^ 0xa5
	}
	put(loginPassword, secret)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

func (c *rawClient) send(kind, status byte, body []byte) {
	c.tb.Helper()
	b := packets(kind, body, 4088)
	b[1] |= status
	if _, err := c.Write(b); err != nil {
		c.tb.Fatal(err)
	}
}

// next reads one packet.
func (c *rawClient) next() (payload []byte, end bool) {
	c.tb.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		c.tb.Fatal(err)
	}
	var h [headerSize]byte
	if _, err := io.ReadFull(c.r, h[:]); err != nil {
		c.tb.Fatal(err)
	}
	payload = make([]byte, int(binary.BigEndian.Uint16(h[2:]))-headerSize)
	if _, err := io.ReadFull(c.r, payload); err != nil {
		c.tb.Fatal(err)
	}
	return payload, h[1]&statusEnd != 0
}

// answer reads one message.
func (c *rawClient) answer() (body []byte) {
	c.tb.Helper()
	for {
		payload, end := c.next()
		if body = append(body, payload...); end {
			return body
		}
	}
}

// lastDone is the status of the DONE that ends an answer.
func lastDone(answer []byte) uint16 {
	if len(answer) < 13 || answer[len(answer)-13] < tokenDone {
		return 0xffff
	}
	return binary.LittleEndian.Uint16(answer[len(answer)-12:])
}

func batchBody(sql string) []byte { return appendUTF16(bytes.Clone(headers), sql) }

func TestAttentionWithoutARequest(t *testing.T) {
	c := dialRaw(t, startFake(t, &fake{}))
	for range 3 {
		c.send(typeAttention, 0, nil)
		if a := c.answer(); len(a) != 13 || lastDone(a) != doneAttention {
			t.Fatalf("% x", a)
		}
	}
	c.send(typeBatch, 0, batchBody("wait;"))
	c.send(typeAttention, 0, nil)
	if a := c.answer(); lastDone(a) != doneAttention {
		t.Fatalf("% x", a)
	}
	c.send(typeBatch, 0, batchBody("rows 3"))
	if a := c.answer(); lastDone(a) != doneCount {
		t.Fatalf("% x", a)
	}
}

func TestIgnoredRequest(t *testing.T) {
	s := startFake(t, &fake{})
	c := dialRaw(t, s)
	c.send(typeBatch, statusIgnore, batchBody("wait;"))
	if a := c.answer(); lastDone(a) != 0 || len(s.Statements()) != 0 {
		t.Fatalf("% x", a)
	}
}

func TestResetKeepsATransaction(t *testing.T) {
	f := &fake{}
	c := dialRaw(t, startFake(t, f))
	reset := []byte{tokenEnvChange, 3, 0, envReset, 0, 0}
	for _, step := range []struct {
		kind, status byte
		body         []byte
		resets       int
		tx           uint64
		has          []byte
	}{
		{typeBatch, statusResetKeep, batchBody("rows 1"), 1, 0, reset},
		{typeTransaction, 0, append(bytes.Clone(headers), tmBegin, 0, 0, 0), 1, 1, []byte{tokenEnvChange, 11, 0, envBegin, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{typeBatch, statusResetKeep, batchBody("rows 1"), 1, 1, reset},
		{typeTransaction, 0, append(bytes.Clone(headers), tmCommit, 0, 0, flagBegin, 5, 0), 1, 1, nil},
		{typeBatch, statusReset, batchBody("rows 1"), 2, 0, []byte{tokenEnvChange, 11, 0, envRollback, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0}},
	} {
		c.send(step.kind, step.status, step.body)
		a := c.answer()
		if f.mu.Lock(); f.resets != step.resets || f.tx != step.tx || !bytes.Contains(a, step.has) {
			t.Errorf("%+v: %d resets, transaction %d, % x", step, f.resets, f.tx, a)
		}
		f.mu.Unlock()
	}
	if last := f.levels[len(f.levels)-1]; last != "SNAPSHOT" {
		t.Errorf("the commit began a transaction under %q", last)
	}
}

func TestRequestsThatEndTheConnection(t *testing.T) {
	s := startFake(t, &fake{})
	for name, c := range map[string]struct {
		kind byte
		body []byte
	}{
		"headers":     {typeBatch, []byte{200, 0, 0, 0}},
		"transaction": {typeTransaction, append(bytes.Clone(headers), tmBegin, 0, 77, 0)},
		"unknown":     {typeTransaction, append(bytes.Clone(headers), 0, 0)},
		"login again": {typeLogin, loginBody("a", "b")},
	} {
		raw := dialRaw(t, s)
		raw.send(c.kind, 0, c.body)
		if err := raw.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, raw.r); n != 0 || err != nil {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
	raw := dialRaw(t, s)
	raw.send(typeBulk, 0, nil)
	if a := raw.answer(); lastDone(a) != doneError {
		t.Errorf("bulk load: % x", a)
	}
}

// BenchmarkServe is the server and the socket: b.N rows to a client that reads and forgets.
func BenchmarkServe(b *testing.B) {
	s := startFake(b, &fake{do: map[string]func(context.Context, []engine.Param, func(engine.Result) error) error{
		"go now": func(_ context.Context, _ []engine.Param, each func(engine.Result) error) error {
			return each(engine.Result{Rows: newWide(b.N)})
		},
	}})
	c := dialRaw(b, s)
	b.ReportAllocs()
	b.ResetTimer()
	c.send(typeBatch, 0, batchBody("go now"))
	buf := make([]byte, maxPacketSize)
	for {
		h, err := c.r.Peek(headerSize)
		if err != nil {
			b.Fatal(err)
		}
		end, n := h[1]&statusEnd != 0, int(binary.BigEndian.Uint16(h[2:]))
		if _, err := io.ReadFull(c.r, buf[:n]); err != nil {
			b.Fatal(err)
		}
		if end {
			break
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
