package scalar

import "strings"

type signPlace uint8

const (
	signNowhere signPlace = iota
	signBefore
	signBehind
)

// numberFormat is a template of to_char and to_number, and what its patterns add up to.
type numberFormat struct {
	pieces                                                               []piece
	pre, post, multi                                                     int // digits before and after the point, and behind V
	zeroStart, zeroEnd, signAfter                                        int
	sign                                                                 signPlace
	decimal, zero, blank, fill, lsign, minus, plus, bracket, roman, eeee bool
	shift                                                                bool // V
}

func parseNumberFormat(s string) (*numberFormat, error) {
	f := &numberFormat{pieces: parseTemplate(s, numberWords, false)}
	for _, p := range f.pieces {
		if p.kind == keyPiece && !f.take(strings.ToUpper(p.text)) {
			return nil, errPattern
		}
	}
	if f.zeroStart > 0 {
		f.zeroStart--
	}
	return f, nil
}

// take notes one pattern; false if it cannot stand with those before.
func (f *numberFormat) take(key string) bool {
	if f.eeee && key != "EEEE" {
		return false
	}
	signed := f.plus || f.minus
	switch key {
	case "9":
		switch {
		case f.bracket:
			return false
		case f.shift:
			f.multi++
		case f.decimal:
			f.post++
		default:
			f.pre++
		}
	case "0":
		if f.bracket {
			return false
		}
		if !f.zero && !f.decimal {
			f.zero, f.zeroStart = true, f.pre+1
		}
		if f.decimal {
			f.post++
		} else {
			f.pre++
		}
		f.zeroEnd = f.pre + f.post
	case "B":
		f.blank = f.blank || f.pre == 0 && f.post == 0 && !f.zero
	case "D", ".":
		if f.decimal || f.shift {
			return false
		}
		f.decimal = true
	case "FM":
		f.fill = true
	case "S":
		if f.lsign || signed || f.bracket {
			return false
		}
		f.lsign = true
		if f.decimal {
			f.sign = signBehind
		} else {
			f.sign, f.signAfter = signBefore, f.pre
		}
	case "MI":
		if f.lsign {
			return false
		}
		f.minus = true
	case "PL":
		if f.lsign {
			return false
		}
		f.plus = true
	case "SG":
		if f.lsign {
			return false
		}
		f.minus, f.plus = true, true
	case "PR":
		if f.lsign || signed {
			return false
		}
		f.bracket = true
	case "RN":
		f.roman = true
	case "V":
		if f.decimal {
			return false
		}
		f.shift = true
	case "EEEE":
		if f.eeee || f.blank || f.fill || f.lsign || f.bracket || signed || f.roman || f.shift {
			return false
		}
		f.eeee = true
	}
	return true
}

// numberWriter writes a number's digits by a format.
type numberWriter struct {
	numberFormat
	dst      []byte
	number   string // digits, perhaps with a point; without sign
	at       int    // the next of them
	negative bool
	signDone bool
	spaces   int // places before the first digit
	count, n int // places there are, places done
	inNumber bool
	relevant int // the last digit to show, -1 for no limit
}

// write puts a number into the format: its digits, as many before the point as it takes.
func (f *numberFormat) write(dst []byte, number string, negative bool, spaces int) ([]byte, error) {
	w := &numberWriter{numberFormat: *f, dst: dst, number: number, negative: negative, spaces: spaces, relevant: -1}
	start := len(dst)
	if w.roman {
		w.numberFormat = numberFormat{pieces: f.pieces, fill: f.fill, roman: true}
		w.negative, w.spaces = false, 0
	}
	w.prepare()
	for _, p := range w.pieces {
		if p.kind != keyPiece {
			w.dst = append(w.dst, p.text...)
			continue
		}
		if strings.ToUpper(p.text) == "TH" && w.hasOrdinal() && !endsInDigit(number) {
			return nil, errSyntax
		}
		w.key(p.text)
	}
	if end := strings.IndexByte(string(w.dst[start:]), 0); end >= 0 {
		return w.dst[:start+end], nil // PostgreSQL's text ends where the digits ran out
	}
	return w.dst, nil
}

func (w *numberWriter) prepare() {
	if w.plus || w.minus {
		w.signDone = !w.plus || w.minus
	} else {
		if !w.negative && w.bracket && w.fill {
			w.bracket = false
		}
		w.signDone = !w.negative && w.fill && !w.lsign && !w.roman
		if w.sign == signBefore && w.pre == w.signAfter {
			w.sign = signBehind
		}
	}
	w.count = w.post + w.pre - 1
	if point := strings.IndexByte(w.number, '.'); w.fill && w.decimal && point >= 0 {
		w.relevant = max(point, len(strings.TrimRight(w.number, "0"))-1)
		if w.zeroEnd > w.spaces {
			w.relevant = max(w.relevant, min(len(w.number)-1, w.zeroEnd-w.spaces))
		}
	}
	if !w.signDone && w.spaces == 0 {
		w.count++
	}
}

func (w *numberWriter) signText() string {
	if w.negative {
		return "-"
	}
	return "+"
}

func (w *numberWriter) key(key string) {
	switch k := strings.ToUpper(key); k {
	case "9", "0", ".", "D":
		w.digit(k)
	case ",", "G":
		if w.inNumber {
			w.dst = append(w.dst, ',')
		} else if !w.fill {
			w.dst = append(w.dst, ' ')
		}
	case "L":
		w.dst = append(w.dst, ' ')
	case "RN":
		w.romanNumber(key)
	case "TH":
		if w.hasOrdinal() {
			w.dst = append(w.dst, ordinal(w.number, key)...)
		}
	case "MI":
		w.signMark(w.negative, '-')
	case "PL":
		w.signMark(!w.negative, '+')
	case "SG":
		if w.roman {
			w.dst = append(w.dst, 0) // it has no sign, and the text ends here
		} else {
			w.dst = append(w.dst, w.signText()...)
		}
	}
}

func (w *numberWriter) hasOrdinal() bool {
	return !w.roman && !strings.HasPrefix(w.number, "#") && !w.negative && !w.decimal
}

func endsInDigit(s string) bool { return s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

func (w *numberWriter) signMark(due bool, mark byte) {
	if w.roman {
		due = false
	}
	if due {
		w.dst = append(w.dst, mark)
	} else if !w.fill {
		w.dst = append(w.dst, ' ')
	}
}

// zeroBeforePoint is the 0 of 0.1, for which a 9 leaves a blank.
func (w *numberWriter) zeroBeforePoint() bool {
	return !w.zero && w.at == 0 && strings.HasPrefix(w.number, "0") && w.post != 0
}

func (w *numberWriter) endsInPoint() bool { return w.relevant >= 0 && w.number[w.relevant] == '.' }

func (w *numberWriter) digit(key string) {
	if w.roman {
		return
	}
	w.inNumber = false
	w.leadingSign()
	switch {
	case w.n < w.spaces && (w.zeroStart > w.n || !w.zero):
		if !w.fill {
			w.dst = append(w.dst, ' ')
		}
	case w.zero && w.n < w.spaces && w.zeroStart <= w.n:
		w.dst = append(w.dst, '0')
		w.inNumber = true
	default:
		w.ownDigit(key)
	}
	w.trailingSign()
	w.n++
}

func (w *numberWriter) leadingSign() {
	if w.signDone || w.n < w.spaces && !(w.zero && w.zeroStart == w.n) || w.zeroBeforePoint() && !w.endsInPoint() {
		return
	}
	switch {
	case w.lsign:
		if w.sign == signBefore {
			w.dst, w.signDone = append(w.dst, w.signText()...), true
		}
		return
	case w.bracket && w.negative:
		w.dst = append(w.dst, '<')
	case w.bracket:
		w.dst = append(w.dst, ' ')
	case w.negative:
		w.dst = append(w.dst, '-')
	case !w.fill:
		w.dst = append(w.dst, ' ')
	}
	w.signDone = true
}

func (w *numberWriter) ownDigit(key string) {
	c := byte(0)
	if w.at < len(w.number) {
		c = w.number[w.at]
	}
	switch {
	case c == '.':
		w.dst = append(w.dst, '.')
	case w.relevant >= 0 && w.at > w.relevant && key != "0":
	case w.zeroBeforePoint():
		if !w.fill {
			w.dst = append(w.dst, ' ')
		} else if w.endsInPoint() {
			w.dst = append(w.dst, '0')
		}
	default:
		w.dst = append(w.dst, c)
		w.inNumber = true
	}
	if w.at < len(w.number) {
		w.at++
	}
}

func (w *numberWriter) trailingSign() {
	end := w.count
	if w.spaces > 0 {
		end++
	}
	if w.decimal {
		end++
	}
	if w.relevant >= 0 && w.relevant == w.at {
		end = w.n
	}
	if w.n+1 != end {
		return
	}
	switch {
	case w.signDone && w.bracket && w.negative:
		w.dst = append(w.dst, '>')
	case w.signDone && w.bracket:
		w.dst = append(w.dst, ' ')
	case w.lsign && w.sign == signBehind:
		w.dst = append(w.dst, w.signText()...)
	}
}

func (w *numberWriter) romanNumber(key string) {
	if !w.roman {
		return
	}
	s := w.number
	if key == "rn" {
		s = strings.ToLower(s)
	}
	if !w.fill {
		w.dst = appendFill(w.dst, " ", 15-len(s))
	}
	w.dst = append(w.dst, s...)
}

// ordinal is the suffix of a number's digits: st, nd, rd or th, in the case of key.
func ordinal(digits, key string) string {
	out := "th"
	if n := len(digits); n > 0 && !(n > 1 && digits[n-2] == '1') {
		switch digits[n-1] {
		case '1':
			out = "st"
		case '2':
			out = "nd"
		case '3':
			out = "rd"
		}
	}
	if key == "TH" {
		return strings.ToUpper(out)
	}
	return out
}

func romanOf(n int64) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", 15)
	}
	var b strings.Builder
	for i, v := range [...]int64{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1} {
		for ; n >= v; n -= v {
			b.WriteString([...]string{"M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"}[i])
		}
	}
	return b.String()
}
