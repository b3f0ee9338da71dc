package tdstest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Packet types, [MS-TDS] 2.2.3.1.1.
const (
	typeBatch       = 1
	typeRPC         = 3
	typeReply       = 4
	typeAttention   = 6
	typeBulk        = 7
	typeFedAuth     = 8
	typeTransaction = 14
	typeLogin       = 16
	typeSSPI        = 17
	typePrelogin    = 18
)

// requestTypes are the types of packets that clients send.
var requestTypes = []byte{typeBatch, typeRPC, typeAttention, typeBulk, typeFedAuth, typeTransaction, typeLogin, typeSSPI, typePrelogin}

// Status bits of a packet.
const (
	statusEnd       = 0x01
	statusIgnore    = 0x02
	statusReset     = 0x08
	statusResetKeep = 0x10 // reset all but the transaction
)

const (
	headerSize        = 8
	defaultPacketSize = 4096
	minPacketSize     = 512
	maxPacketSize     = 32767
	maxTLSPacketSize  = 16383
	// maxMessage bounds what one request may hold; the server's users are tests.
	maxMessage = 256 << 20
	// spillSize is how many response bytes are gathered before they are written.
	spillSize = 32 << 10
)

// message is one reassembled request.
type message struct {
	kind   byte
	status byte // of the first packet, which carries the reset bits, or'ed with the last's
	body   []byte
}

// readPacket reads one packet and appends its payload to body.
func readPacket(r io.Reader, body []byte) (kind, status byte, _ []byte, err error) {
	var h [headerSize]byte
	if _, err = io.ReadFull(r, h[:]); err != nil {
		return 0, 0, body, err
	}
	if !slices.Contains(requestTypes, h[0]) {
		return 0, 0, body, fmt.Errorf("tdstest: a packet of type %d; the client does not speak TDS", h[0])
	}
	size := int(binary.BigEndian.Uint16(h[2:]))
	if size < headerSize {
		return 0, 0, body, fmt.Errorf("tdstest: a packet of %d bytes is shorter than its header", size)
	}
	n := len(body)
	body = append(body, make([]byte, size-headerSize)...)
	_, err = io.ReadFull(r, body[n:])
	return h[0], h[1], body, err
}

// readMessage reads packets up to the end of one message. next is called after the first packet, if it is not nil.
func readMessage(r io.Reader, next func()) (message, error) {
	var m message
	for first := true; ; first = false {
		kind, status, body, err := readPacket(r, m.body)
		if err != nil {
			if !first && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return m, err
		}
		if first {
			m.kind = kind
			if next != nil {
				next()
			}
		} else if kind != m.kind {
			return m, fmt.Errorf("tdstest: a packet of type %d within a message of type %d", kind, m.kind)
		}
		m.status |= status
		m.body = body
		if len(body) > maxMessage {
			return m, fmt.Errorf("tdstest: a message of more than %d bytes", maxMessage)
		}
		if status&statusEnd != 0 {
			return m, nil
		}
	}
}

// errDropped is what a writer returns once a fault has cut the connection.
var errDropped = errors.New("tdstest: the connection is dropped as a fault demands")

// packetWriter gathers the tokens of one response and writes them in packets; Write of the connection is what holds a
// fast producer back. One goroutine uses it.
type packetWriter struct {
	w    io.Writer
	size int    // of a packet, with its header
	buf  []byte // tokens not written yet
	out  []byte // packets about to be written
	seq  byte
	cut  int64 // bytes left until a fault cuts the connection, -1 for none
}

func newPacketWriter(w io.Writer) *packetWriter {
	return &packetWriter{w: w, size: defaultPacketSize, cut: -1}
}

// spill writes the full packets that have gathered if they are worth a system call.
func (p *packetWriter) spill() error {
	if len(p.buf) < spillSize {
		return nil
	}
	return p.write(false, false)
}

// flush writes all that has gathered and leaves the message open.
func (p *packetWriter) flush() error { return p.write(true, false) }

// end writes the rest and ends the message.
func (p *packetWriter) end() error { return p.write(true, true) }

func (p *packetWriter) write(all, end bool) error {
	payload := p.size - headerSize
	rest := p.buf
	p.out = p.out[:0]
	for len(rest) > payload {
		p.packet(rest[:payload], 0)
		rest = rest[payload:]
	}
	switch {
	case end:
		p.packet(rest, statusEnd)
		p.seq, rest = 0, nil
	case all && len(rest) > 0:
		p.packet(rest, 0)
		rest = nil
	}
	n := copy(p.buf, rest)
	p.buf = p.buf[:n]
	if len(p.out) == 0 {
		return nil
	}
	return p.send(p.out)
}

func (p *packetWriter) packet(payload []byte, status byte) {
	p.seq++
	n := headerSize + len(payload)
	p.out = append(p.out, typeReply, status, byte(n>>8), byte(n), 0, 0, p.seq, 0)
	p.out = append(p.out, payload...)
}

// send writes b, or as much of it as a fault allows.
func (p *packetWriter) send(b []byte) error {
	if p.cut < 0 || p.cut > int64(len(b)) {
		if p.cut > 0 {
			p.cut -= int64(len(b))
		}
		_, err := p.w.Write(b)
		return err
	}
	_, err := p.w.Write(b[:p.cut])
	p.cut = 0
	return errors.Join(errDropped, err)
}
