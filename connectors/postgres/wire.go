package postgres

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/atoll-sql/atoll/connectors"
)

// Backend messages that matter here.
const (
	msgParseComplete   = '1'
	msgBindComplete    = '2'
	msgCommandComplete = 'C'
	msgDataRow         = 'D'
	msgError           = 'E'
	msgNoData          = 'n'
	msgRowDescription  = 'T'
	msgReadyForQuery   = 'Z'
)

var errMalformed = errors.New("malformed message from the server")

const (
	headerLen  = 5
	bufferSize = 256 << 10
	maxMessage = 1<<30 + headerLen // PostgreSQL's own limit for a row
)

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

// wire cuts the byte stream from the server into messages without copying them.
type wire struct {
	r          io.Reader
	buf        []byte
	start, end int // unread bytes
	grown      bool
}

func newWire(r io.Reader) *wire { return &wire{r: r, buf: *buffers.Get().(*[]byte)} }

// free gives the buffer back. The wire must not be used again.
func (w *wire) free() {
	if old := w.buf; len(old) == bufferSize {
		buffers.Put(&old)
	}
	w.buf, w.start, w.end = nil, 0, 0
}

// next returns the next message's type and body, which is valid until the next call. A failed call
// consumes nothing: after a deadline has been lifted, reading goes on where it stopped.
func (w *wire) next() (byte, []byte, error) {
	if typ, body, ok := w.buffered(); ok {
		return typ, body, nil
	}
	if err := w.fill(headerLen); err != nil {
		return 0, nil, err
	}
	length := int(int32(binary.BigEndian.Uint32(w.buf[w.start+1:])))
	if length < 4 || length > maxMessage {
		return 0, nil, errMalformed
	}
	if err := w.fill(1 + length); err != nil {
		return 0, nil, err
	}
	typ, body, _ := w.buffered()
	return typ, body, nil
}

// buffered is next for a message that has arrived completely; false if none has.
func (w *wire) buffered() (byte, []byte, bool) {
	have := w.end - w.start
	if have < headerLen {
		return 0, nil, false
	}
	head := w.buf[w.start:]
	size := 1 + int(binary.BigEndian.Uint32(head[1:]))
	if size < headerLen || size > have {
		return 0, nil, false
	}
	w.start += size
	return head[0], head[headerLen:size:size], true
}

// fill reads until n unread bytes are there. The buffer grows with what arrives, not with what a length
// field announces.
func (w *wire) fill(n int) error {
	for w.end-w.start < n {
		w.makeRoom(n)
		got, err := w.r.Read(w.buf[w.end:])
		w.end += got
		if err != nil && w.end-w.start < n {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// makeRoom makes sure there is space behind the unread bytes of a message of n bytes.
func (w *wire) makeRoom(n int) {
	unread := w.end - w.start
	switch {
	case w.grown && n <= bufferSize && unread <= bufferSize/2: // a giant has been consumed
		small := *buffers.Get().(*[]byte)
		copy(small, w.buf[w.start:w.end])
		w.buf, w.grown = small, false
	case unread == 0:
	case unread == len(w.buf):
		bigger := make([]byte, min(2*len(w.buf), n))
		copy(bigger, w.buf[w.start:w.end])
		if !w.grown {
			old := w.buf
			buffers.Put(&old)
		}
		w.buf, w.grown = bigger, true
	case w.start > 0 && w.start+n > len(w.buf):
		copy(w.buf, w.buf[w.start:w.end])
	default:
		return
	}
	w.start, w.end = 0, unread
}

// snapshotID reads a row of one column: the name of an exported snapshot, which goes into a statement as it is.
func snapshotID(body []byte) (string, error) {
	if len(body) < 7 || binary.BigEndian.Uint16(body) != 1 || int(binary.BigEndian.Uint32(body[2:])) != len(body)-6 {
		return "", errMalformed
	}
	if id := string(body[6:]); strings.Trim(id, "0123456789ABCDEFabcdef-") == "" {
		return id, nil
	}
	return "", errMalformed
}

// message starts a message and returns where its length goes.
func message(b []byte, typ byte) ([]byte, int) { return append(b, typ, 0, 0, 0, 0), len(b) + 1 }

// finish writes the message's length.
func finish(b []byte, at int) []byte {
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}

func cstring(b []byte, s string) []byte { return append(append(b, s...), 0) }

func appendParse(b []byte, name, sql string) []byte {
	b, at := message(b, 'P')
	b = cstring(cstring(b, name), sql)
	return finish(append(b, 0, 0), at) // the server infers every parameter's type
}

// appendBind binds args in text form and asks for every result column in binary.
func appendBind(b []byte, name string, args []connectors.Arg) []byte {
	b, at := message(b, 'B')
	b = cstring(cstring(b, ""), name)
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(args)))
	for _, arg := range args {
		if arg.Null {
			b = append(b, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(arg.Text)))
		b = append(b, arg.Text...)
	}
	return finish(append(b, 0, 1, 0, 1), at)
}

func appendDescribe(b []byte, name string) []byte {
	b, at := message(b, 'D')
	return finish(cstring(append(b, 'S'), name), at)
}

func appendClose(b []byte, name string) []byte {
	b, at := message(b, 'C')
	return finish(cstring(append(b, 'S'), name), at)
}

func appendExecute(b []byte) []byte {
	b, at := message(b, 'E')
	return finish(append(b, 0, 0, 0, 0, 0), at)
}

// appendFlush has the server send what it has to say so far.
func appendFlush(b []byte) []byte { return append(b, 'H', 0, 0, 0, 4) }

func appendSync(b []byte) []byte { return append(b, 'S', 0, 0, 0, 4) }

func appendQuery(b []byte, sql string) []byte {
	b, at := message(b, 'Q')
	return finish(cstring(b, sql), at)
}
