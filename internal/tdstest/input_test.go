package tdstest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// packets cuts a body into packets of one message.
func packets(kind byte, body []byte, size int) []byte {
	var out []byte
	for first := true; first || len(body) > 0; first = false {
		n := min(len(body), size)
		var status byte
		if n == len(body) {
			status = statusEnd
		}
		out = append(out, kind, status, byte((n+headerSize)>>8), byte(n+headerSize), 0, 0, 1, 0)
		out, body = append(out, body[:n]...), body[n:]
	}
	return out
}

func TestMessagesAreReassembled(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 1000)
	for _, size := range []int{1, 504, 4088, 10000} {
		m, err := readMessage(bytes.NewReader(packets(typeBatch, body, size)), nil)
		if err != nil || m.kind != typeBatch || !bytes.Equal(m.body, body) {
			t.Errorf("packets of %d: %d bytes, %v", size, len(m.body), err)
		}
	}
	for name, in := range map[string][]byte{
		"cut":        packets(typeBatch, body, 4088)[:5000],
		"short":      {typeBatch, statusEnd, 0, 7, 0, 0, 1, 0},
		"mixed":      append([]byte{typeBatch, 0, 0, 8, 0, 0, 1, 0}, typeRPC, statusEnd, 0, 8, 0, 0, 1, 0),
		"header cut": {typeBatch, statusEnd, 0},
	} {
		if _, err := readMessage(bytes.NewReader(in), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := readMessage(bytes.NewReader(nil), nil); !errors.Is(err, io.EOF) {
		t.Errorf("end: %v", err)
	}
}

func TestWriterCutsPackets(t *testing.T) {
	for _, size := range []int{minPacketSize, 4096, maxPacketSize} {
		for _, length := range []int{0, 1, size - headerSize, size - headerSize + 1, 3 * size, 70000} {
			var out bytes.Buffer
			w := newPacketWriter(&out)
			w.size = size
			want := bytes.Repeat([]byte{7}, length)
			for rest := want; len(rest) > 0; {
				n := min(len(rest), 999)
				w.buf, rest = append(w.buf, rest[:n]...), rest[n:]
				if err := w.spill(); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.end(); err != nil {
				t.Fatal(err)
			}
			got, ends := unpack(t, out.Bytes(), size)
			if !bytes.Equal(got, want) || ends != 1 {
				t.Errorf("size %d: %d of %d bytes, %d ends", size, len(got), length, ends)
			}
		}
	}
}

// unpack takes a response apart and counts the packets that end a message.
func unpack(t *testing.T, b []byte, size int) (body []byte, ends int) {
	for seq := byte(1); len(b) > 0; seq++ {
		n := int(binary.BigEndian.Uint16(b[2:]))
		if b[0] != typeReply || n > size || b[6] != seq || ends > 0 {
			t.Fatalf("packet header % x", b[:headerSize])
		}
		ends += int(b[1])
		body, b = append(body, b[headerSize:n]...), b[n:]
	}
	return body, ends
}

// headers is an empty ALL_HEADERS.
var headers = []byte{4, 0, 0, 0}

func rpcBody(parts ...[]byte) []byte {
	return append(append([]byte{}, headers...), bytes.Join(parts, nil)...)
}

func nvarcharParam(name, value string) []byte {
	b := appendBVarchar(nil, name)
	v := appendUTF16(nil, value)
	b = append(b, 0, tdsNVarchar)
	b = binary.LittleEndian.AppendUint16(b, maxShort)
	b = append(b, 9, 4, 0xd0, 0, 52)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(v)))
	return append(b, v...)
}

func TestProcedureByName(t *testing.T) {
	for name, ok := range map[string]bool{"sp_executesql": true, "SP_EXECUTESQL": true, "[sys].[sp_executesql]": true, "sp_prepare": false, "": false} {
		u := appendUTF16(nil, name)
		body := rpcBody(binary.LittleEndian.AppendUint16(nil, uint16(len(u)/2)), u, []byte{0, 0}, nvarcharParam("", "SELECT @a"), nvarcharParam("", "@a int"),
			append(appendBVarchar(nil, "@a"), 0, tdsInt4, 5, 0, 0, 0))
		c, err := parseCall(body, engine.DefaultCollation)
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
		if ok && (c.text != "SELECT @a" || c.declarations != "@a int" || len(c.params) != 1 || c.params[0].Value != int64(5)) {
			t.Errorf("%q: %+v", name, c)
		}
	}
}

func TestProcedureByNumber(t *testing.T) {
	for id, want := range map[byte]int32{10: 201, 11: 2812, 99: 2812} {
		_, err := parseCall(rpcBody([]byte{0xff, 0xff, id, 0, 0, 0}), engine.DefaultCollation)
		var e *engine.Error
		if !errors.As(err, &e) || e.Number != want {
			t.Errorf("%d: %v", id, err)
		}
	}
}

func FuzzRequests(f *testing.F) {
	f.Add(byte(0), rpcBody([]byte{0xff, 0xff, 10, 0, 0, 0}, nvarcharParam("", "SELECT 1"), nvarcharParam("@x", "")))
	f.Add(byte(1), preloginReply(encryptOn, true))
	f.Add(byte(2), make([]byte, loginFixed))
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		switch which % 3 { // what is malformed is an error, not a panic
		case 0:
			_, _ = parseCall(body, engine.DefaultCollation)
		case 1:
			_, _ = parsePrelogin(body)
		case 2:
			_, _ = parseLogin(body)
		}
	})
}

func TestStrangersAreShownOut(t *testing.T) {
	s := startFake(t, &fake{})
	plain := packets(typePrelogin, preloginReply(encryptNone, false), 4088)
	for name, in := range map[string][]byte{
		"HTTP":           []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"no prelogin":    packets(typeBatch, nil, 100),
		"bad prelogin":   packets(typePrelogin, []byte{1, 0, 90, 0, 90, 0xff}, 100),
		"empty prelogin": packets(typePrelogin, nil, 100),
		"bad login":      append(bytes.Clone(plain), packets(typeLogin, []byte{1, 2, 3}, 100)...),
		"no login":       append(bytes.Clone(plain), packets(typeBatch, headers, 100)...),
		"bad TLS":        {0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5},
	} {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(in); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		var timeout net.Error
		if _, err := io.Copy(io.Discard, conn); errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: the connection stays open", name)
		}
		conn.Close()
	}
}
