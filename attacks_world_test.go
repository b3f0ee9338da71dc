package atoll

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/tap"
)

// secrets are the planted values by name: "br-1 open email" is the e-mail of the consenting person on br-1.
type secrets struct {
	byName map[string]tap.Value
	names  []string
}

// roll is a number that depends on the name alone.
func roll(name string, below uint64) uint64 {
	h := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(h[:]) % below
}

func (s *secrets) plant(kind tap.Kind, name, text string) string {
	if _, there := s.byName[name]; there {
		panic("planted twice: " + name)
	}
	s.byName[name] = tap.Value{Kind: kind, Text: text}
	s.names = append(s.names, name)
	return text
}

// text plants a text of letters that no language has.
func (s *secrets) text(name string) string { return s.plant(tap.Text, name, syllables(name)) }

func syllables(name string) string {
	h := sha256.Sum256([]byte(name))
	const first, second = "bdfgjkmpqrtvwxz", "aeiouy"
	var b strings.Builder
	b.WriteString("Qx")
	for i := range 9 {
		b.WriteByte(first[int(h[2*i])%len(first)])
		b.WriteByte(second[int(h[2*i+1])%len(second)])
	}
	return b.String()
}

func (s *secrets) email(name string) string {
	return s.plant(tap.Text, name, strings.ToLower(syllables(name)+"@"+syllables(name+" domain")))
}

// number plants an odd number of 16 digits.
func (s *secrets) number(name string) string {
	return s.plant(tap.Integer, name, fmt.Sprint(2_000_000_000_000_001+2*roll(name, 3_000_000_000_000_000)))
}

// cents plants an amount, in cents.
func (s *secrets) cents(name string) int64 {
	c := int64(31_000_001 + 2*roll(name, 30_000_000))
	s.plant(tap.Decimal, name, money(c))
	return c
}

// day plants a day between 1901 and 1948.
func (s *secrets) day(name string) string {
	d := time.Date(1901, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(roll(name, 17_500)))
	return s.plant(tap.Date, name, d.Format(time.DateOnly))
}

func (s *secrets) values() (out []tap.Value) {
	for _, name := range s.names {
		out = append(out, s.byName[name])
	}
	return out
}

// expand replaces {{name}} by the planted value of that name.
func (s *secrets) expand(sql string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(sql, "{{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		v, there := s.byName[name]
		if !closed || !there {
			return "", fmt.Errorf("nothing is planted as %q", name)
		}
		b.WriteString(v.Text)
		sql = after
	}
}

func money(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// fort is the world that is attacked: what each shard holds.
type fort struct {
	secrets
	tables []fortTable
}

// fortShards are the shards in the order of their cooperatives, from 1. The first one is the coordinator's neighbour.
var fortShards = []string{"eu-1", "br-1", "us-1", "ap-1"}

type fortTable struct {
	name    string
	columns []string            // "name type"
	rows    map[string][]string // by shard: literals of PostgreSQL, separated by "|"; NULL as it is
}

func (f *fort) table(name, columns string) *fortTable {
	f.tables = append(f.tables, fortTable{name: name, columns: strings.Split(columns, ", "), rows: map[string][]string{}})
	return &f.tables[len(f.tables)-1]
}

func (t *fortTable) add(shard string, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = fmt.Sprint(c)
	}
	if len(texts) != len(t.columns) {
		panic("a row of " + t.name + " has another number of cells than the table has columns")
	}
	t.rows[shard] = append(t.rows[shard], strings.Join(texts, "|"))
}

// statements create and fill the tables of one shard, or of all where shard is "": then each row ends with its shard.
func (f *fort) statements(dialect, shard string) (out []string) {
	for _, t := range f.tables {
		columns, shards := t.columns, []string{shard}
		if shard == "" {
			columns, shards = append(slices.Clone(columns), "shard text"), fortShards
			if t.name == "currencies" {
				shards = shards[:1] // every shard has the same
			}
		}
		var defs []string
		for _, c := range columns {
			name, typ, _ := strings.Cut(c, " ")
			if dialect == "tsql" {
				name = "[" + name + "]" // one of them is a word of the language
			}
			defs = append(defs, name+" "+nativeType(dialect, typ))
		}
		out = append(out, fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(defs, ", ")))
		for _, s := range shards {
			var rows []string
			for _, r := range t.rows[s] {
				rows = append(rows, literals(dialect, columns, r, s))
			}
			for chunk := range slices.Chunk(rows, 500) {
				out = append(out, fmt.Sprintf("INSERT INTO %s VALUES %s", t.name, strings.Join(chunk, ", ")))
			}
		}
	}
	if dialect == "tsql" { // the server of the tests has no views
		var rows []string
		for _, r := range f.tables[slices.IndexFunc(f.tables, func(t fortTable) bool { return t.name == "members" })].rows[shard] {
			c := strings.Split(r, "|")
			rows = append(rows, fmt.Sprintf("(%s, %s, N'%s', N'%s')", c[0], c[1], c[2], c[3]))
		}
		return append(out, "CREATE TABLE contacts (coop int, id bigint, label nvarchar(60), address nvarchar(60))",
			"INSERT INTO contacts VALUES "+strings.Join(rows, ", "))
	}
	return append(out, "CREATE VIEW contacts AS SELECT coop, id, name AS label, email AS address FROM members")
}

func nativeType(dialect, typ string) string {
	if dialect != "tsql" {
		return typ
	}
	switch typ {
	case "text":
		return "nvarchar(60) NULL"
	case "boolean":
		return "bit NULL"
	}
	return strings.Replace(typ, "numeric", "decimal", 1) + " NULL"
}

func literals(dialect string, columns []string, row, shard string) string {
	cells := strings.Split(row, "|")
	if len(cells) < len(columns) {
		cells = append(cells, shard)
	}
	for i, c := range cells {
		_, typ, _ := strings.Cut(columns[i], " ")
		switch {
		case c == "NULL":
		case typ == "boolean" && dialect == "tsql":
			cells[i] = map[string]string{"true": "1", "false": "0"}[c]
		case typ == "text" && dialect == "tsql":
			cells[i] = "N'" + c + "'"
		case typ == "text" || typ == "date":
			cells[i] = "'" + c + "'"
		}
	}
	return "(" + strings.Join(cells, ", ") + ")"
}
