package tap

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says what a planted value is, and so how engines and their protocols write it.
type Kind uint8

// The kinds.
const (
	Text    Kind = iota // at least 8 characters, like no other text
	Integer             // at least 5 digits, positive
	Decimal             // "918273.64", positive
	Date                // "1911-03-17"
	UUID                // in its usual spelling
)

// Value is a planted value: unmistakable, so that its bytes appear only where it does.
type Value struct {
	Kind Kind
	Text string
}

// form is one way to write a value.
type form struct {
	how   string
	bytes []byte
}

// piece is how many characters of a text count as the text: whoever learns these has learnt something.
const piece = 8

// forms lists every way to write the value.
func (v Value) forms() ([]form, error) {
	var w writer
	var err error
	switch v.Kind {
	case Text:
		err = w.words(v.Text)
	case Integer, Decimal:
		err = w.number(v.Text)
	case Date:
		err = w.date(v.Text)
	case UUID:
		err = w.uuid(v.Text)
	default:
		err = fmt.Errorf("no kind %d", v.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("planted value %q: %w", v.Text, err)
	}
	return w.forms, nil
}

// words are the text, its pieces, its usual transformations and digests.
func (w *writer) words(text string) error {
	runes := []rune(text)
	if len(runes) < piece {
		return fmt.Errorf("a text has at least %d characters", piece)
	}
	w.text("text", text)
	for i := range len(runes) - piece + 1 {
		part := string(runes[i : i+piece])
		w.text(fmt.Sprintf("characters from %d", i+1), part)
		w.text(fmt.Sprintf("upper-case characters from %d", i+1), strings.ToUpper(part))
		w.text(fmt.Sprintf("lower-case characters from %d", i+1), strings.ToLower(part))
		slices.Reverse(runes[i : i+piece])
		w.text(fmt.Sprintf("reversed characters from %d", i+1), string(runes[i:i+piece]))
		slices.Reverse(runes[i : i+piece])
	}
	w.digests(text)
	return nil
}

// digests are what a hash makes of a text: anybody can find the text of it by trying.
func (w *writer) digests(text string) {
	for name, b := range map[string][]byte{"utf-8": []byte(text), "utf-16": utf16Bytes(text, binary.LittleEndian)} {
		m, s := md5.Sum(b), sha256.Sum256(b)
		w.binary("md5 of "+name, m[:])
		w.binary("sha256 of "+name, s[:])
	}
}

// number is a positive number as text and in the binary forms of the protocols.
func (w *writer) number(text string) error {
	x, ok := new(big.Rat).SetString(text)
	if !ok || x.Sign() <= 0 || len(strings.ReplaceAll(text, ".", "")) < 5 {
		return fmt.Errorf("a number is positive and has at least five digits")
	}
	w.text("text", text)
	w.text("reversed text", reversed(text))
	w.digests(text)
	f, _ := x.Float64()
	w.text("float8 as text", strconv.FormatFloat(f, 'e', -1, 64))
	w.both("float8", 8, math.Float64bits(f))
	w.both("float4", 4, uint64(math.Float32bits(float32(f))))
	w.binary("base 10000", base10000(text))
	for scale := int64(0); scale <= 38; scale++ {
		scaled := new(big.Rat).Mul(x, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(scale), nil)))
		if scaled.IsInt() {
			w.unscaled(scale, scaled.Num())
		}
	}
	return nil
}

// unscaled is an integer, or a decimal without its point, as the protocols write them.
func (w *writer) unscaled(scale int64, n *big.Int) {
	how := fmt.Sprintf("integer at scale %d", scale)
	if digits := n.String(); scale > 0 && scale <= 6 {
		w.text(how+", text", digits)
	}
	be := n.FillBytes(make([]byte, max(4, (n.BitLen()+7)/8)))
	le := slices.Clone(be)
	slices.Reverse(le)
	w.binary(how+", big-endian", be)
	w.binary(how+", little-endian", le)
	if n.IsUint64() && n.BitLen() > 16 {
		w.text(how+", hexadecimal", fmt.Sprintf("%x", n))
	}
	if n.IsUint64() && scale == 4 { // money: the upper half first
		u := n.Uint64()
		b := binary.LittleEndian.AppendUint32(nil, uint32(u>>32))
		w.binary("money", binary.LittleEndian.AppendUint32(b, uint32(u)))
	}
}

func (w *writer) both(how string, size int, bits uint64) {
	be := binary.BigEndian.AppendUint64(nil, bits)[8-size:]
	le := slices.Clone(be)
	slices.Reverse(le)
	w.binary(how+", big-endian", be)
	w.binary(how+", little-endian", le)
}

// base10000 is how PostgreSQL sends a numeric: 16-bit digits to the base 10000, aligned at the point.
func base10000(text string) []byte {
	whole, part, _ := strings.Cut(text, ".")
	whole = strings.Repeat("0", (4-len(whole)%4)%4) + whole
	part += strings.Repeat("0", (4-len(part)%4)%4)
	all := whole + part
	var out []byte
	for i := 0; i < len(all); i += 4 {
		d := 0
		for _, c := range all[i : i+4] {
			d = d*10 + int(c-'0')
		}
		out = binary.BigEndian.AppendUint16(out, uint16(d))
	}
	for len(out) > 2 && bytes.HasSuffix(out, []byte{0, 0}) {
		out = out[:len(out)-2]
	}
	return out
}

func (w *writer) date(text string) error {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return err
	}
	for _, layout := range []string{"2006-01-02", "20060102", "02.01.2006", "01/02/2006", "02/01/2006", "2006/01/02", "Jan _2 2006", "2 January 2006"} {
		w.text("text "+layout, day.Format(layout))
	}
	w.digests(text)
	days := func(year int) int64 {
		return day.Unix()/86400 - time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix()/86400
	}
	for _, year := range []int{1900, 1970, 2000} { // SQL Server's datetime, Arrow, PostgreSQL
		w.both(fmt.Sprint("days since ", year), 4, uint64(uint32(days(year))))
		w.both(fmt.Sprint("microseconds since ", year), 8, uint64(days(year)*86400e6))
	}
	tds := binary.LittleEndian.AppendUint32(nil, uint32(days(1)))[:3]
	w.binary("date of TDS", append([]byte{3}, tds...))
	w.binary("midnight of TDS", append([]byte{0, 0, 0}, tds...))
	w.text("seconds since 1970, text", fmt.Sprint(day.Unix()))
	w.both("seconds since 1970", 8, uint64(day.Unix()))
	w.both("seconds since 1970, float8", 8, math.Float64bits(float64(day.Unix())))
	return nil
}

func (w *writer) uuid(text string) error {
	plain := strings.ToLower(strings.ReplaceAll(text, "-", ""))
	b, err := hex.DecodeString(plain)
	if err != nil || len(b) != 16 {
		return fmt.Errorf("no UUID")
	}
	w.text("text", strings.ToLower(text))
	w.text("upper-case text", strings.ToUpper(text))
	w.binary("bytes", b)
	mixed := slices.Clone(b) // as SQL Server orders them
	slices.Reverse(mixed[:4])
	slices.Reverse(mixed[4:6])
	slices.Reverse(mixed[6:8])
	w.binary("mixed-endian bytes", mixed)
	w.digests(strings.ToLower(text))
	return nil
}

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}
