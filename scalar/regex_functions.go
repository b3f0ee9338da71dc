package scalar

import (
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// regexFunctions lists matching of PostgreSQL's regular expressions, and of SIMILAR TO's patterns.
func regexFunctions() []Function {
	t, n := arrow.DataType(arrow.BinaryTypes.String), arrow.DataType(arrow.PrimitiveTypes.Int32)
	return []Function{
		regexTest("pg_regex", ""), regexTest("pg_iregex", "i"),
		regexFn("pg_similar", kBool, similarTo, t, t), regexFn("pg_similar", kBool, similarTo, t, t, t),
		regexFn("pg_regexp_like", kBool, regexpLike, t, t), regexFn("pg_regexp_like", kBool, regexpLike, t, t, t),
		regexFn("pg_regexp_count", kInt4, regexpCount, t, t), regexFn("pg_regexp_count", kInt4, regexpCount, t, t, n), regexFn("pg_regexp_count", kInt4, regexpCount, t, t, n, t),
		regexFn("pg_regexp_substr", kOut, regexpSubstr, t, t), regexFn("pg_regexp_substr", kOut, regexpSubstr, t, t, n), regexFn("pg_regexp_substr", kOut, regexpSubstr, t, t, n, n),
		regexFn("pg_regexp_substr", kOut, regexpSubstr, t, t, n, n, t), regexFn("pg_regexp_substr", kOut, regexpSubstr, t, t, n, n, t, n),
		regexFn("pg_regexp_instr", kInt4, regexpInstr, t, t), regexFn("pg_regexp_instr", kInt4, regexpInstr, t, t, n), regexFn("pg_regexp_instr", kInt4, regexpInstr, t, t, n, n),
		regexFn("pg_regexp_instr", kInt4, regexpInstr, t, t, n, n, n), regexFn("pg_regexp_instr", kInt4, regexpInstr, t, t, n, n, n, t), regexFn("pg_regexp_instr", kInt4, regexpInstr, t, t, n, n, n, t, n),
		regexFn("pg_regexp_replace", kOut, regexpReplace, t, t, t), regexFn("pg_regexp_replace", kOut, regexpReplaceFlags, t, t, t, t), regexFn("pg_regexp_replace", kOut, regexpReplace, t, t, t, n),
		regexFn("pg_regexp_replace", kOut, regexpReplace, t, t, t, n, n), regexFn("pg_regexp_replace", kOut, regexpReplace, t, t, t, n, n, t),
		regexFn("pg_substring", kOut, regexpSubstring, t, t), regexFn("pg_substring", kOut, similarSubstring, t, t, t),
	}
}

// regexRow is one row's arguments of a function, and the expressions compiled for rows before.
type regexRow struct {
	texts [7]column[string]
	ints  [7]column[int32]
	row   int
	n     int
	buf   []byte
	cache regexCache
}

func (r *regexRow) text(i int, absent string) string {
	if i >= r.n {
		return absent
	}
	return r.texts[i].Value(r.row)
}

func (r *regexRow) int(i int, absent int32) int {
	if i >= r.n {
		return int(absent)
	}
	return int(r.ints[i].Value(r.row))
}

// regexFn makes a strict function of texts and integers.
func regexFn[R any](name string, result kind[R], f func(*regexRow) (R, error), args ...arrow.DataType) Function {
	return Function{Name: name, Args: args, Result: result.dt, Strict: true,
		Eval: func(alloc memory.Allocator, in []arrow.Array, rows int) (arrow.Array, error) {
			r := &regexRow{n: len(args)}
			for i, dt := range args {
				var err error
				if dt.ID() == arrow.STRING {
					r.texts[i], err = kText.in(in, i)
				} else {
					r.ints[i], err = kInt4.in(in, i)
				}
				if err != nil {
					return nil, err
				}
			}
			return collect(result, alloc, rows, nullIn(in), func(i int) (R, error) {
				r.row = i
				return f(r)
			})
		}}
}

// regexCache holds the expressions that rows asked for.
type regexCache map[[2]string]*regex

const maxRegexes = 64

func (c *regexCache) compile(pattern, flags string, globalAllowed bool) (*regex, reOptions, error) {
	opts, err := regexOptions(flags, globalAllowed)
	if err != nil {
		return nil, opts, err
	}
	key := [2]string{pattern, flags}
	if r := (*c)[key]; r != nil {
		return r, opts, nil
	}
	r, err := compileRegex(pattern, opts)
	if err != nil {
		return nil, opts, err
	}
	if *c == nil || len(*c) >= maxRegexes {
		*c = regexCache{}
	}
	(*c)[[2]string{strings.Clone(pattern), strings.Clone(flags)}] = r
	return r, opts, nil
}

// regexOptions reads an argument of options, in which g is global.
func regexOptions(flags string, globalAllowed bool) (reOptions, error) {
	var opts reOptions
	for i := range len(flags) {
		if flags[i] == 'g' && globalAllowed {
			opts.global = true
		} else if err := opts.set(flags[i]); err != nil {
			return opts, err
		}
	}
	return opts, nil
}

func regexTest(name, flags string) Function {
	return regexFn(name, kBool, func(r *regexRow) (bool, error) {
		re, _, err := r.cache.compile(r.text(1, ""), flags, false)
		return err == nil && re.matches(r.text(0, "")), err
	}, arrow.BinaryTypes.String, arrow.BinaryTypes.String)
}

func regexpLike(r *regexRow) (bool, error) {
	re, _, err := r.cache.compile(r.text(1, ""), r.text(2, ""), false)
	return err == nil && re.matches(r.text(0, "")), err
}

// offset is where character start, from 1, begins; beyond the end it is more than the text's length.
func offset(s string, start int) int {
	rest, ok := skipRunes(s, start-1)
	if !ok {
		return len(s) + 1
	}
	return len(s) - len(rest)
}

// after is where the search goes on after a match.
func (r *regex) after(s string) int {
	at := r.found[1]
	if r.found[0] < at {
		return at
	}
	if at >= len(s) {
		return len(s) + 1
	}
	_, n := utf8.DecodeRuneInString(s[at:])
	return at + n
}

func regexpCount(r *regexRow) (int32, error) {
	start := r.int(2, 1)
	if start <= 0 {
		return 0, errParameter
	}
	re, _, err := r.cache.compile(r.text(1, ""), r.text(3, ""), false)
	if err != nil {
		return 0, err
	}
	s := r.text(0, "")
	n := int32(0)
	for at := offset(s, start); ; n++ {
		ok, err := re.find(s, at, false)
		if err != nil || !ok {
			return n, err
		}
		at = re.after(s)
	}
}

// nth finds match number n from start on, and returns the place of one of its groups; -1 if there is none.
func (r *regexRow) nth(start, n, group int, flags string) (begin, end int, err error) {
	if start <= 0 || n <= 0 || group < 0 {
		return 0, 0, errParameter
	}
	re, _, err := r.cache.compile(r.text(1, ""), flags, false)
	if err != nil {
		return 0, 0, err
	}
	if re.groups == 0 && group == 1 {
		group = 0 // the whole match counts as the first group of an expression without any
	}
	s := r.text(0, "")
	for at := offset(s, start); ; n-- {
		ok, err := re.find(s, at, n == 1 && group > 0)
		if err != nil || !ok || group > re.groups {
			return -1, -1, err
		}
		if n == 1 {
			return re.found[2*group], re.found[2*group+1], nil
		}
		at = re.after(s)
	}
}

func regexpSubstr(r *regexRow) ([]byte, error) {
	begin, end, err := r.nth(r.int(2, 1), r.int(3, 1), r.int(5, 0), r.text(4, ""))
	if err != nil {
		return nil, err
	}
	return r.cut(begin, end)
}

func (r *regexRow) cut(begin, end int) ([]byte, error) {
	if begin < 0 {
		return nil, errNull
	}
	r.buf = append(r.buf[:0], r.text(0, "")[begin:end]...)
	return r.buf, nil
}

func regexpInstr(r *regexRow) (int32, error) {
	ending := r.int(4, 0)
	if ending != 0 && ending != 1 {
		return 0, errParameter
	}
	group := r.int(6, 0)
	begin, end, err := r.nth(r.int(2, 1), r.int(3, 1), group, r.text(5, ""))
	if err != nil || begin < 0 {
		return 0, err
	}
	if ending == 1 {
		begin = end
	}
	return int32(utf8.RuneCountInString(r.text(0, "")[:begin])) + 1, nil
}

// regexpSubstring is substring(text, pattern): the first group if there is one, else the match.
func regexpSubstring(r *regexRow) ([]byte, error) {
	re, _, err := r.cache.compile(r.text(1, ""), "", false)
	if err != nil {
		return nil, err
	}
	ok, err := re.find(r.text(0, ""), 0, true)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNull
	}
	group := min(re.groups, 1)
	return r.cut(re.found[2*group], re.found[2*group+1])
}

// regexpReplaceFlags is the form with options but no start: the first match, or with g all.
func regexpReplaceFlags(r *regexRow) ([]byte, error) {
	flags := r.text(3, "")
	if flags != "" && flags[0] >= '0' && flags[0] <= '9' {
		return nil, errRegexOption
	}
	re, opts, err := r.cache.compile(r.text(1, ""), flags, true)
	if err != nil {
		return nil, err
	}
	n := 1
	if opts.global {
		n = 0
	}
	return r.replace(re, 1, n)
}

func regexpReplace(r *regexRow) ([]byte, error) {
	start, n := r.int(3, 1), r.int(4, 1)
	if start <= 0 || n < 0 {
		return nil, errParameter
	}
	re, _, err := r.cache.compile(r.text(1, ""), r.text(5, ""), true)
	if err != nil {
		return nil, err
	}
	return r.replace(re, start, n)
}

// replace puts the third argument in the place of match number nth, or of all if it is 0.
func (r *regexRow) replace(re *regex, start, nth int) ([]byte, error) {
	s, by := r.text(0, ""), r.text(2, "")
	grouped := false
	for i := 0; i+1 < len(by); i++ {
		if by[i] == '\\' {
			i++
			grouped = grouped || by[i] >= '1' && by[i] <= '9'
		}
	}
	out, copied, seen := r.buf[:0], 0, 0
	for at := offset(s, start); at <= len(s); at = re.after(s) {
		ok, err := re.find(s, at, grouped)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if seen++; nth > 0 && seen != nth {
			continue
		}
		out = append(out, s[copied:re.found[0]]...)
		out = re.expand(out, s, by)
		if len(out) > maxText {
			return nil, errTooLarge
		}
		if copied = re.found[1]; nth > 0 {
			break
		}
	}
	r.buf = append(out, s[copied:]...)
	return r.buf, nil
}

// expand writes a replacement: \1 to \9 are groups, \& is the match.
func (r *regex) expand(dst []byte, s, by string) []byte {
	for {
		at := strings.IndexByte(by, '\\')
		if at < 0 || at+1 == len(by) {
			return append(dst, by...)
		}
		dst = append(dst, by[:at]...)
		c, rest := by[at+1], by[at+2:]
		group := int(c) - '0'
		switch {
		case c == '&':
			group = 0
		case c == '\\':
			dst, by = append(dst, c), rest
			continue
		case group < 1 || group > 9: // the backslash stands for itself
			dst, by = append(dst, '\\'), by[at+1:]
			continue
		}
		by = rest
		if group <= r.groups && r.found[2*group] >= 0 {
			dst = append(dst, s[r.found[2*group]:r.found[2*group+1]]...)
		}
	}
}
