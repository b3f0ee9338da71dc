package postgres

import (
	"encoding/binary"
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// wireNumeric encodes a numeric as the server does.
func wireNumeric(weight int, sign uint16, digits ...uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(digits)))
	b = binary.BigEndian.AppendUint16(b, uint16(int16(weight)))
	b = binary.BigEndian.AppendUint16(b, sign)
	b = binary.BigEndian.AppendUint16(b, 0)
	for _, d := range digits {
		b = binary.BigEndian.AppendUint16(b, d)
	}
	return b
}

// referenceNumeric is the definition of the format in big numbers: the value times 10^scale, nil if that
// is not whole or has too many digits.
func referenceNumeric(weight int, sign uint16, digits []uint16, scale, precision int) *big.Int {
	sum := new(big.Rat)
	for i, d := range digits {
		sum.Add(sum, new(big.Rat).Mul(new(big.Rat).SetInt64(int64(d)), power(10000, weight-i)))
	}
	sum.Mul(sum, power(10, scale))
	if !sum.IsInt() || sum.Cmp(power(10, precision)) >= 0 {
		return nil
	}
	if sign == signNegative {
		sum.Neg(sum)
	}
	return new(big.Int).Set(sum.Num())
}

func power(base int64, exponent int) *big.Rat {
	abs := max(exponent, -exponent)
	p := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(abs)), nil))
	if exponent < 0 {
		p.Inv(p)
	}
	return p
}

func TestNumericAgainstDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pool := []uint16{0, 1, 10, 100, 1000, 5000, 9999, 1234, 4500}
	for range 40_000 {
		digits := make([]uint16, rng.IntN(12))
		for i := range digits {
			digits[i] = pool[rng.IntN(len(pool))]
		}
		weight, sign := rng.IntN(14)-6, uint16(rng.IntN(2)*signNegative)
		precision := 1 + rng.IntN(76)
		scale := rng.IntN(precision + 1)
		want := referenceNumeric(weight, sign, digits, scale, precision)
		raw := wireNumeric(weight, sign, digits...)
		v, negative, fault := parseNumeric(raw, scale, precision)
		if (fault == numericOK) != (want != nil) {
			t.Fatalf("%v weight %d scale %d precision %d: fault %d, want %v", digits, weight, scale, precision, fault, want)
		}
		if want != nil && v.signed(negative).BigInt().Cmp(want) != 0 {
			t.Fatalf("%v weight %d scale %d: %v, want %v", digits, weight, scale, v.signed(negative).BigInt(), want)
		}
		if short, ok := shortNumeric(raw, scale); ok {
			if want = referenceNumeric(weight, sign, digits, scale, 18); want == nil || want.Int64() != short {
				t.Fatalf("short form of %v weight %d scale %d: %d, want %v", digits, weight, scale, short, want)
			}
		}
	}
}

func TestNumericFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		raw  []byte
		want numericFault
	}{
		"NaN":             {wireNumeric(0, signNaN), numericNaN},
		"infinity":        {wireNumeric(0, signInfinity), numericInfinite},
		"minus infinity":  {wireNumeric(0, signNegInfinity), numericInfinite},
		"unknown sign":    {wireNumeric(0, 0x1234, 1), numericMalformed},
		"digit too large": {wireNumeric(0, 0, 10000), numericMalformed},
		"cut short":       {wireNumeric(0, 0, 1, 2)[:11], numericMalformed},
		"no header":       {[]byte{0, 1}, numericMalformed},
		"huge weight":     {wireNumeric(32767, 0, 1), numericTooLarge},
		"tiny weight":     {wireNumeric(-32768, 0, 1), numericInexact},
		"huge zero":       {wireNumeric(32767, 0, 0), numericOK},
	} {
		if _, _, got := parseNumeric(tc.raw, 2, 38); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

// fuzzTypes pairs every kind with its Arrow type.
var fuzzTypes = []struct {
	kind kind
	typ  arrow.DataType
}{
	{kindInt16, arrow.PrimitiveTypes.Int16}, {kindInt32, arrow.PrimitiveTypes.Int32}, {kindInt64, arrow.PrimitiveTypes.Int64},
	{kindInt16To32, arrow.PrimitiveTypes.Int32}, {kindInt16To64, arrow.PrimitiveTypes.Int64}, {kindInt32To64, arrow.PrimitiveTypes.Int64},
	{kindFloat32, arrow.PrimitiveTypes.Float32}, {kindFloat64, arrow.PrimitiveTypes.Float64}, {kindFloat32To64, arrow.PrimitiveTypes.Float64},
	{kindBool, arrow.FixedWidthTypes.Boolean},
	{kindNumeric128, &arrow.Decimal128Type{Precision: 15, Scale: 2}}, {kindNumeric128, &arrow.Decimal128Type{Precision: 38, Scale: 38}},
	{kindNumeric256, &arrow.Decimal256Type{Precision: 76, Scale: 38}},
	{kindInteger128, &arrow.Decimal128Type{Precision: 38}}, {kindInteger256, &arrow.Decimal256Type{Precision: 76, Scale: 38}},
	{kindText, arrow.BinaryTypes.String}, {kindJSONB, arrow.BinaryTypes.String}, {kindBytea, arrow.BinaryTypes.Binary},
	{kindDate, arrow.FixedWidthTypes.Date32}, {kindTime, arrow.FixedWidthTypes.Time64us},
	{kindTimestamp, arrow.FixedWidthTypes.Timestamp_us}, {kindInterval, arrow.FixedWidthTypes.MonthDayNanoInterval},
	{kindUUID, &arrow.FixedSizeBinaryType{ByteWidth: 16}},
}

func fuzzBatch(alloc memory.Allocator, first, columns int) *batch {
	kinds, types := make([]kind, columns), make([]arrow.DataType, columns)
	for i := range columns {
		pick := fuzzTypes[(first+i)%len(fuzzTypes)]
		kinds[i], types[i] = pick.kind, pick.typ
	}
	return newBatch(connectors.Statement{Schema: schemaOf(types...), BatchRows: 8, Alloc: alloc}, kinds)
}

// FuzzDecode feeds any bytes as rows to columns of every kind: errors are fine, panics and memory out of
// proportion are not.
func FuzzDecode(f *testing.F) {
	row := func(values ...[]byte) []byte {
		b := binary.BigEndian.AppendUint16(nil, uint16(len(values)))
		for _, v := range values {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
		}
		return b
	}
	f.Add(byte(0), byte(1), row([]byte{0, 7}))
	f.Add(byte(10), byte(1), row(wireNumeric(1, signNegative, 12, 3456, 7800)))
	f.Add(byte(11), byte(2), row(wireNumeric(-3, 0, 1), wireNumeric(9, 0, 9999, 1)))
	f.Add(byte(15), byte(3), row([]byte("text"), []byte("\x01{}"), []byte{0xff}))
	f.Add(byte(20), byte(2), row(make([]byte, 8), make([]byte, 16)))
	f.Add(byte(2), byte(1), []byte{0, 1, 0xff, 0xff, 0xff, 0xff})
	f.Add(byte(15), byte(1), []byte{0, 1, 0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, first, columns byte, body []byte) {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		defer alloc.AssertSize(t, 0)
		b := fuzzBatch(alloc, int(first), int(columns%26))
		defer b.free()
		for range 20 {
			if err := b.append(body); err != nil {
				return
			}
			if used := alloc.CurrentAlloc(); used > 64*1024+32*len(body) {
				t.Fatalf("%d bytes for rows of %d", used, len(body))
			}
			if b.full() {
				rec := b.take()
				for _, col := range rec.Columns() {
					_ = col.String()
				}
				rec.Release()
			}
		}
	})
}

// FuzzMessages reads any bytes as what a server sends.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("Z\x00\x00\x00\x05I"), byte(3))
	f.Add([]byte("T\x00\x00\x00\x1a\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x08\xff\xff\xff\xff\x00\x01"), byte(1))
	f.Add([]byte("E\x00\x00\x00\x0cC22012\x00\x00"), byte(200))
	f.Add([]byte("D\x3f\xff\xff\xff"), byte(9))
	f.Fuzz(func(t *testing.T, stream []byte, chunk byte) {
		w := newWire(&chunked{strings.NewReader(string(stream)), int(chunk) + 1})
		defer w.free()
		c := &conn{wire: w, stmts: newStatements(), pending: 1}
		c.stmts.use("SELECT 1", 1)
		for read := 0; ; {
			typ, body, err := c.receive()
			if err != nil {
				break
			}
			if read += headerLen + len(body); read > len(stream) {
				t.Fatal("more was read than sent")
			}
			if typ == msgError {
				if pe, err := parseError(body); err == nil {
					_ = serverError("s", pe).Error()
				}
			}
		}
		if len(w.buf) > bufferSize+2*len(stream) {
			t.Fatalf("a buffer of %d bytes for %d", len(w.buf), len(stream))
		}
	})
}

// chunked hands out a few bytes at a time.
type chunked struct {
	r    *strings.Reader
	size int
}

func (c *chunked) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }

// TestWireResumes: a read that failed consumes nothing, and messages larger than the buffer arrive whole.
func TestWireResumes(t *testing.T) {
	big := message2('D', strings.Repeat("x", 3*bufferSize))
	stream := message2('C', "one") + big + message2('C', "two") + message2('Z', "I")
	w := newWire(&flaky{chunked: chunked{strings.NewReader(stream), 7001}})
	defer w.free()
	var got []string
	for len(got) < 4 {
		typ, body, err := w.next()
		if errors.Is(err, errFlaky) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, message2(typ, string(body)))
	}
	if strings.Join(got, "") != stream {
		t.Error("messages changed on the way")
	}
	if len(w.buf) != bufferSize {
		t.Errorf("the buffer keeps %d bytes", len(w.buf))
	}
}

func message2(typ byte, body string) string {
	b, at := message(nil, typ)
	return string(finish(append(b, body...), at))
}

var errFlaky = errors.New("try again")

// flaky fails every other read.
type flaky struct {
	chunked
	calls int
}

func (f *flaky) Read(p []byte) (int, error) {
	if f.calls++; f.calls%2 == 0 {
		return 0, errFlaky
	}
	return f.chunked.Read(p)
}
