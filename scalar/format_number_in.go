package scalar

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// numberFormatFunctions lists to_char of numbers and to_number.
func numberFormatFunctions() []Function {
	return []Function{
		numberText("pg_to_char", kInt4, func(f *numberFormat, dst []byte, v int32) ([]byte, error) {
			return f.integer(dst, int64(v), math.MaxInt32)
		}),
		numberText("pg_to_char", kInt8, func(f *numberFormat, dst []byte, v int64) ([]byte, error) { return f.integer(dst, v, math.MaxInt64) }),
		numberText("pg_to_char", kWide, func(f *numberFormat, dst []byte, v wide) ([]byte, error) {
			return f.numeric(dst, DecimalFromWide(v, 0))
		}),
		numberText("pg_to_char", kF4, func(f *numberFormat, dst []byte, v float32) ([]byte, error) { return f.float(dst, float64(v), 6) }),
		numberText("pg_to_char", kF8, func(f *numberFormat, dst []byte, v float64) ([]byte, error) { return f.float(dst, v, 15) }),
		make2("pg_to_number", kText, kText, kWide, func() func(string, string) (wide, error) {
			var cache templateCache[numberFormat]
			return func(s, template string) (wide, error) {
				if template == "" {
					return wide{}, errNull
				}
				f, err := cache.get(template, parseNumberFormat)
				if err != nil {
					return wide{}, err
				}
				return f.read(s)
			}
		}),
	}
}

func numberText[A any](name string, k kind[A], write func(*numberFormat, []byte, A) ([]byte, error)) Function {
	return make2(name, k, kText, kOut, func() func(A, string) ([]byte, error) {
		var cache templateCache[numberFormat]
		var buf []byte
		return func(v A, template string) ([]byte, error) {
			f, err := cache.get(template, parseNumberFormat)
			if err != nil {
				return nil, err
			}
			out, err := write(f, buf[:0], v)
			buf = keep(buf, out)
			return out, err
		}
	})
}

// fit writes digits, with # in their place if the format has too few before the point.
func (f numberFormat) fit(dst []byte, number string, negative bool) ([]byte, error) {
	whole, _, _ := strings.Cut(number, ".")
	spaces := 0
	switch n := len(whole); {
	case n < f.pre:
		spaces = f.pre - n
	case n > f.pre:
		number = strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post)
	}
	return f.write(dst, number, negative, spaces)
}

func (f *numberFormat) integer(dst []byte, v, limit int64) ([]byte, error) {
	switch {
	case f.roman:
		if v != int64(int32(v)) {
			return nil, errRange
		}
		return f.write(dst, romanOf(v), false, 0)
	case f.eeee && limit == math.MaxInt32:
		return appendScientific(dst, float64(v), f.post), nil
	case f.eeee:
		return f.scientific(dst, DecimalFromInt64(v)), nil
	}
	g := *f
	if f.shift {
		var err error
		if v, err = shifted(v, f.multi, limit); err != nil {
			return nil, err
		}
		g.pre += f.multi
	}
	number := strconv.FormatUint(magnitude(v), 10)
	if f.post > 0 {
		number += "." + strings.Repeat("0", f.post)
	}
	return g.fit(dst, number, v < 0)
}

// shifted is v with n more digits. PostgreSQL lets an integer wrap around where a bigint is an error.
func shifted(v int64, n int, limit int64) (int64, error) {
	if limit == math.MaxInt32 {
		factor := int32(math.MinInt32)
		if n < 10 {
			factor = int32(pow10(n).Int64())
		}
		return int64(int32(v) * factor), nil
	}
	p := new(big.Int).Mul(big.NewInt(v), pow10(n))
	if !p.IsInt64() {
		return 0, errRange
	}
	return p.Int64(), nil
}

func (f *numberFormat) numeric(dst []byte, d Decimal) ([]byte, error) {
	switch {
	case f.roman:
		n := d.Round(0).int()
		if !n.IsInt64() || n.Int64() != int64(int32(n.Int64())) {
			return nil, errRange
		}
		return f.write(dst, romanOf(n.Int64()), false, 0)
	case f.eeee:
		return f.scientific(dst, d), nil
	}
	g := *f
	if f.shift {
		d = d.Mul(Decimal{coef: pow10(f.multi)})
		g.pre += f.multi
	}
	d = d.Round(f.post)
	number := strings.TrimPrefix(d.String(), "-")
	return g.fit(dst, number, d.Sign() < 0)
}

// scientific writes a numeric with one digit before the point.
func (f *numberFormat) scientific(dst []byte, d Decimal) []byte {
	exp := 0
	if d.Sign() != 0 {
		exp = decimalLen(d.int()) - d.scale - 1
	}
	digits := func(exp int) Decimal {
		if exp >= 0 {
			return Decimal{coef: d.int(), scale: d.scale + exp}.Round(f.post)
		}
		return d.Mul(Decimal{coef: pow10(-exp)}).Round(f.post)
	}
	m := digits(exp)
	if d.Sign() >= 0 {
		dst = append(dst, ' ')
	}
	dst = append(m.append(dst), 'e')
	if exp < 0 {
		dst, exp = append(dst, '-'), -exp
	} else {
		dst = append(dst, '+')
	}
	return appendPadded(dst, int64(exp), 2)
}

func appendScientific(dst []byte, v float64, post int) []byte {
	if !math.Signbit(v) {
		dst = append(dst, ' ')
	}
	return strconv.AppendFloat(dst, v, 'e', post, 64)
}

func (f *numberFormat) float(dst []byte, v float64, digits int) ([]byte, error) {
	special := v != v || math.IsInf(v, 0)
	switch {
	case f.roman:
		r := math.RoundToEven(v)
		if !(r >= 1 && r <= 4000) {
			r = 0
		}
		return f.write(dst, romanOf(int64(r)), false, 0)
	case f.eeee && special:
		dst = append(dst, ' ')
		dst = append(appendFill(dst, "#", f.pre), '.')
		return appendFill(dst, "#", f.post+4), nil
	case f.eeee:
		return appendScientific(dst, v, f.post), nil
	}
	g := *f
	if f.shift {
		v *= math.Pow(10, float64(f.multi))
		g.pre += f.multi
	}
	whole := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	if special {
		whole = strings.TrimPrefix(string(appendFloat8(nil, v)), "-")
	}
	g.post = max(min(g.post, digits-len(whole)), 0)
	if special {
		return g.fit(dst, whole, v < 0)
	}
	number := strconv.FormatFloat(v, 'f', g.post, 64)
	return g.fit(dst, strings.TrimPrefix(number, "-"), strings.HasPrefix(number, "-"))
}

// numberReader takes a number out of text.
type numberReader struct {
	*numberFormat
	s           string
	at          int
	mark        byte // the sign: ' ' until one was read
	digits      []byte
	whole, frac int
	point, inIt bool
}

// read is to_number.
func (f *numberFormat) read(s string) (wide, error) {
	if f.roman || f.eeee {
		return wide{}, fail("0A000", "EEEE and RN are not supported for input")
	}
	r := &numberReader{numberFormat: f, s: s, mark: ' '}
	for _, p := range f.pieces {
		if r.at >= len(s) {
			break
		}
		if p.kind != keyPiece {
			_, n := utf8.DecodeRuneInString(s[r.at:])
			r.at += n
		} else if r.key(strings.ToUpper(p.text)) {
			r.at++
		}
	}
	text := strings.TrimSuffix(string(r.digits), ".")
	d, err := ParseDecimal(string(rune(r.mark)) + text)
	if err != nil {
		return wide{}, err
	}
	d = d.Round(r.frac)
	if d.int().CmpAbs(pow10(f.pre+f.multi+r.frac)) >= 0 {
		return wide{}, errRange
	}
	if f.shift {
		d = Decimal{coef: d.int(), scale: d.scale + f.multi}
	}
	return d.Wide()
}

// key takes what a pattern stands for; true if the place where it stands is to be passed.
func (r *numberReader) key(key string) bool {
	c := r.s[r.at]
	switch key {
	case "9", "0", ".", "D":
		r.digit(key)
		return true
	case ",", "G":
		return !(r.fill && !r.inIt) && c == ','
	case "L":
		r.skip(1)
	case "TH":
		if r.mark != '-' && !r.decimal {
			r.skip(2)
		}
	case "MI":
		return r.signIs("-")
	case "PL":
		return r.signIs("+")
	case "SG":
		return r.signIs("-+")
	}
	return false
}

func (r *numberReader) signIs(marks string) bool {
	if c := r.s[r.at]; strings.IndexByte(marks, c) >= 0 {
		r.mark = c
		return true
	}
	r.skip(1)
	return false
}

// skip passes characters that are no part of a number.
func (r *numberReader) skip(n int) {
	for ; n > 0 && r.at < len(r.s) && strings.IndexByte("0123456789.,+-", r.s[r.at]) < 0; n-- {
		_, size := utf8.DecodeRuneInString(r.s[r.at:])
		r.at += size
	}
}

func (r *numberReader) peek(ahead int) byte {
	if r.at+ahead < len(r.s) {
		return r.s[r.at+ahead]
	}
	return 0
}

func (r *numberReader) digit(key string) {
	if r.peek(0) == ' ' {
		r.at++
	}
	if r.at >= len(r.s) {
		return
	}
	if r.mark == ' ' && (key == "0" || key == "9") && r.whole+r.frac == 0 {
		switch c := r.peek(0); {
		case c == '-' || c == '<' && r.bracket:
			r.mark = '-'
			r.at++
		case c == '+':
			r.mark = '+'
			r.at++
		}
	}
	if r.at >= len(r.s) {
		return
	}
	read := false
	switch c := r.peek(0); {
	case c >= '0' && c <= '9':
		if r.point && r.frac == r.post {
			return
		}
		r.digits = append(r.digits, c)
		if r.point {
			r.frac++
		} else {
			r.whole++
		}
		read = true
	case r.decimal && !r.point && c == '.':
		r.digits, r.point, read = append(r.digits, '.'), true, true
	}
	if r.mark == ' ' && r.whole+r.frac > 0 {
		r.signBehind(read)
	}
}

// signBehind takes a sign that follows the last digit.
func (r *numberReader) signBehind(read bool) {
	next := r.peek(1)
	switch c := r.peek(0); {
	case r.lsign && read && r.at+1 < len(r.s) && (next < '0' || next > '9'):
		if next == '-' || next == '+' {
			r.mark = next
			r.at++
		}
	case !read && !r.lsign && (r.plus || r.minus) && (c == '-' || c == '+'):
		r.mark = c
	}
}
