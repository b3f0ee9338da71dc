package tap

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// writer collects the forms of a value.
type writer struct{ forms []form }

// shortest is how many bytes a form has at least; fewer turn up by accident.
const shortest = 4

// text adds a text in every encoding, and what carries those.
func (w *writer) text(how, s string) {
	for _, e := range encodings(s) {
		w.binary(how+", "+e.how, e.bytes)
	}
}

// binary adds bytes as they are, and as texts that carry bytes.
func (w *writer) binary(how string, b []byte) {
	if len(b) < shortest {
		return
	}
	w.forms = append(w.forms, form{how, b})
	h := hex.EncodeToString(b)
	w.carried(how+", hex", h)
	w.carried(how+", HEX", strings.ToUpper(h))
	for ahead := range 3 {
		w.carried(fmt.Sprintf("%s, base64 after %d", how, ahead), inBase64(base64.StdEncoding, b, ahead))
		w.carried(fmt.Sprintf("%s, base64url after %d", how, ahead), inBase64(base64.URLEncoding, b, ahead))
	}
}

func (w *writer) carried(how, s string) {
	const enough = 5
	if len(s) < enough {
		return
	}
	for _, e := range encodings(s) {
		w.forms = append(w.forms, form{how + ", " + e.how, e.bytes})
	}
}

// inBase64 is what base64 surely makes of bytes that have so many others ahead of them, modulo three.
func inBase64(enc *base64.Encoding, b []byte, ahead int) string {
	s := enc.EncodeToString(append(make([]byte, ahead), b...))
	return s[(ahead*8+5)/6 : (ahead+len(b))*8/6]
}

func encodings(s string) []form {
	return []form{
		{"utf-8", []byte(s)},
		{"utf-16le", utf16Bytes(s, binary.LittleEndian)},
		{"utf-16be", utf16Bytes(s, binary.BigEndian)},
	}
}

func utf16Bytes(s string, order binary.AppendByteOrder) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}
