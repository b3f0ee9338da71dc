package atoll

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var writtenCountries = []string{"DE", "FR", "BR", "US", "é Ü"}

// scribe makes random statements.
type scribe struct {
	*rand.Rand
	args     []any
	defaults bool // columns have defaults
}

// pick returns one of several.
func (s *scribe) pick(list ...string) string { return list[s.IntN(len(list))] }

// value writes a value as a literal or a parameter.
func (s *scribe) value(literal string, arg any) string {
	if s.IntN(2) == 0 {
		return literal
	}
	s.args = append(s.args, arg)
	return "$" + strconv.Itoa(len(s.args))
}

func (s *scribe) country() string {
	c := writtenCountries[s.IntN(len(writtenCountries))]
	return s.value("'"+c+"'", c)
}

func (s *scribe) id() string {
	n := s.IntN(12)
	return s.value(strconv.Itoa(n), n)
}

// number is a numeric that may need rounding, or be too large.
func (s *scribe) number() string {
	x := s.pick("1.005", "-2.345", "0.5", "12345678.99", "99999999.994", "99999999.995", "7", "-0.001", "3e2")
	return s.value(x, x)
}

func (s *scribe) cell(column string) string {
	if s.IntN(8) == 0 {
		if s.defaults {
			return s.pick("NULL", "DEFAULT")
		}
		return "NULL"
	}
	switch column {
	case "n":
		n := s.IntN(2000) - 1000
		return s.pick(s.value(strconv.Itoa(n), n), s.value(strconv.Itoa(n), n)+" + 1", "12.5", "2147483648", "CAST('3' AS smallint)")
	case "amount":
		return s.number()
	case "name":
		x := s.pick("a", "O''Brien", "größe", "", "日本語", " x ", `back\slash`, "%_")
		return s.value("'"+x+"'", strings.ReplaceAll(x, "''", "'"))
	case "d":
		x := s.pick("2024-02-29", "1999-12-31", "20240101")
		return s.pick(s.value("'"+x+"'", x), "timestamp '2024-05-06 23:59:59.5'", "current_date - current_date + date '2020-01-01'")
	case "ts":
		x := s.pick("2024-02-29 13:30:00.123456", "1999-12-31 00:00:00")
		return s.pick(s.value("'"+x+"'", x), "date '2024-05-06'")
	case "ok":
		return s.pick("true", "false", s.value("'yes'", true), "NOT true")
	case "u":
		return s.pick("1.5", "-0.1", "1e100", "42", s.value("0.1", 0.1))
	case "small":
		return s.pick("1", "2.5", "32767", "32768", s.value("5", 5))
	}
	panic(column)
}

var writtenOthers = []string{"n", "amount", "name", "d", "ts", "ok", "u", "small"}

func (s *scribe) insert() string {
	cols := []string{"country", "id"}
	for _, c := range writtenOthers {
		if s.IntN(2) == 0 || c == "small" && !s.defaults {
			cols = append(cols, c)
		}
	}
	s.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	var rows []string
	for range 1 + s.IntN(4) {
		var values []string
		for _, c := range cols {
			switch c {
			case "country":
				values = append(values, s.country())
			case "id":
				values = append(values, s.id())
			default:
				values = append(values, s.cell(c))
			}
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	return "INSERT INTO t (" + strings.Join(cols, ", ") + ") VALUES " + strings.Join(rows, ", ")
}

// condition mostly fixes a key.
func (s *scribe) condition() string {
	key := s.pick("country = "+s.country(), "country = "+s.country()+" AND id = "+s.id(), "country IN ("+s.country()+", "+s.country()+")",
		"country = "+s.country()+" AND id BETWEEN 2 AND "+s.id(), "id = "+s.id(), "(country = 'DE' AND id = 1 OR country = 'DE' AND id = 2)",
		"country = 'DE' AND country = 'FR'", "country > 'E'")
	return key + s.pick("", "", " AND n > "+s.value("0", 0), " AND name LIKE '%"+s.pick("a", "r", "ö")+"%'", " AND amount IS NOT NULL", " AND amount * 2 > "+s.number(),
		" AND (ok OR d < '2024-01-01')", " AND ts >= '2000-01-01'", " AND NOT ok", " AND n % 3 = 0", " AND coalesce(name, 'x') <> 'a'")
}

func (s *scribe) update() string {
	var sets []string
	for _, i := range s.Perm(len(writtenOthers))[:1+s.IntN(3)] {
		c := writtenOthers[i]
		value := s.cell(c)
		if s.IntN(2) == 0 {
			value = map[string]string{"n": "n * 2 + 1", "amount": "amount / 3", "name": "name || '!'", "d": "d + 1", "ts": "ts + interval '1 day'",
				"ok": "NOT ok", "u": "u * 2", "small": "small + 1"}[c]
		}
		sets = append(sets, c+" = "+value)
	}
	return "UPDATE t SET " + strings.Join(sets, ", ") + " WHERE " + s.condition()
}

func (s *scribe) statement() (string, []any) {
	s.args = nil
	var sql string
	switch n := s.IntN(10); {
	case n < 5:
		sql = s.insert()
	case n < 8:
		sql = s.update()
	default:
		sql = "DELETE FROM t WHERE " + s.condition()
	}
	used := s.args // values that were drawn and not chosen stay away
	var args []any
	for i, a := range used {
		mark := "$" + strconv.Itoa(i+1)
		if marked(sql, mark) {
			args = append(args, a)
			sql = renumbered(sql, mark, "$"+strconv.Itoa(len(args))+"#")
		}
	}
	return strings.ReplaceAll(sql, "#", ""), args
}

func marked(sql, mark string) bool { return renumbered(sql, mark, "") != sql }

// renumbered replaces a parameter's mark.
func renumbered(sql, mark, by string) string {
	var b strings.Builder
	for {
		i := strings.Index(sql, mark)
		if i < 0 {
			return b.String() + sql
		}
		end := i + len(mark)
		if end < len(sql) && (sql[end] >= '0' && sql[end] <= '9' || sql[end] == '#') {
			b.WriteString(sql[:end])
		} else {
			b.WriteString(sql[:i] + by)
		}
		sql = sql[end:]
	}
}

// TestRandomWrites runs the same statements over the shards and at one PostgreSQL. ATOLL_TEST_SEED repeats a run.
func TestRandomWrites(t *testing.T) {
	for name, c := range map[string]struct {
		sharding string
		drivers  []string
	}{
		"list":      {"{strategy: list, key: [country], lists: {s0: [DE, FR], s1: [BR]}, default: s0}", []string{"postgres", "duckdb"}},
		"hash":      {"{strategy: hash, key: [country, id], key_type: [text, bigint], shards: [s0, s1]}", []string{"postgres", "duckdb"}},
		"three":     {"{strategy: list, key: [country], lists: {s0: [DE], s1: [BR, US], s2: [FR, é Ü]}}", []string{"postgres", "duckdb", "sqlserver"}},
		"sqlserver": {"{strategy: list, key: [country], lists: {s0: [DE, FR, BR, US, é Ü]}}", []string{"sqlserver"}},
	} {
		t.Run(name, func(t *testing.T) {
			seed := uint64(7)
			if v := os.Getenv("ATOLL_TEST_SEED"); v != "" {
				n, err := strconv.ParseUint(v, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				seed = n
			}
			w := newWritten(t, c.sharding, "", c.drivers...)
			s := &scribe{Rand: rand.New(rand.NewPCG(seed, 1)), defaults: !slices.Contains(c.drivers, "sqlserver")}
			ran := map[string]int{}
			for range 12 {
				for range 20 {
					sql, args := s.statement()
					if w.both(t, sql, args...) {
						ran[sql[:6]]++
					} else {
						ran["refused"]++
					}
				}
				w.agrees(t)
				if t.Failed() {
					break
				}
			}
			t.Log(fmt.Sprint(ran))
			for _, kind := range []string{"INSERT", "UPDATE", "DELETE"} {
				if ran[kind] < 10 && !t.Failed() {
					t.Errorf("only %d statements of kind %s ran", ran[kind], kind)
				}
			}
		})
	}
}
