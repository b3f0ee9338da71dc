package logictest

import (
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Table is one table of the data set.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]Cell // PostgreSQL's text of each value
	// PostgresOnly marks a table with types that no other engine has an equal of.
	PostgresOnly bool

	strategy strategy
}

// Column is one column by PostgreSQL's name of its type.
type Column struct {
	Name, Type string
	NotNull    bool
}

// Has reports whether the table has a column.
func (t Table) Has(name string) bool { return t.column(name) >= 0 }

func (t Table) column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// columns reads "name type, name type!, …"; the exclamation mark means NOT NULL.
func columns(text string) []Column {
	var out []Column
	for _, part := range strings.Split(text, "; ") {
		name, typ, _ := strings.Cut(strings.TrimSpace(part), ": ")
		out = append(out, Column{Name: name, Type: strings.TrimSuffix(typ, "!"), NotNull: strings.HasSuffix(typ, "!")})
	}
	return out
}

// schema returns the tables without their rows.
func schema() []Table {
	// Cooperative 13 is in the map and has no row; no cooperative of the third shard has units.
	cooperatives := strategy{kind: "lookup", key: []string{"id"}, slots: map[string]int{
		"1": 0, "2": 0, "3": 1, "4": 0, "5": 1, "6": 2, "7": 0, "8": 1, "9": 0, "10": 2, "11": 1, "12": 2, "13": 2}}
	ofCooperative := strategy{kind: "lookup", key: []string{"cooperative_id"}, colocated: "cooperatives", slots: cooperatives.slots}
	byID := strategy{kind: "range", key: []string{"id"}, cuts: []string{"10", "20"}, less: lessInt}
	return []Table{
		{Name: "cooperatives", strategy: cooperatives,
			Columns: columns(`id: integer!; name: text!; country: text; founded: date; reserve: numeric(15,2)`)},
		{Name: "units", strategy: ofCooperative,
			Columns: columns(`id: bigint!; cooperative_id: integer!; label: text; area: double precision; rooms: smallint; rent: numeric(12,2); Floor No: integer`)},
		{Name: "members", strategy: ofCooperative,
			Columns: columns(`id: bigint!; cooperative_id: integer!; name: text; email: varchar(60); born: date; joined: date; active: boolean; score: real`)},
		{Name: "payments", strategy: ofCooperative,
			Columns: columns(`id: bigint!; cooperative_id: integer!; member_id: bigint; amount: numeric(15,2); currency: text; paid_on: date; booked_at: timestamp with time zone; note: text; rate: double precision; method: smallint`)},
		{Name: "currencies", strategy: strategy{kind: "reference"},
			Columns: columns(`code: text!; name: text!; minor_units: smallint; eur_rate: numeric(12,6)`)},
		{Name: "events", strategy: strategy{kind: "hash", key: []string{"id"}},
			Columns: columns(`id: bigint!; kind: text; at: timestamp without time zone; weight: integer; tag: uuid; took: interval`)},
		{Name: "ledger", strategy: strategy{kind: "range", key: []string{"booked_on"}, cuts: []string{"2015-01-01", "2021-01-01"},
			less: func(a, b string) bool { return a < b }},
			Columns: columns(`id: bigint!; booked_on: date!; booked_time: time without time zone; account: text; debit: numeric(18,2); credit: numeric(18,2)`)},
		{Name: "sensors", strategy: strategy{kind: "list", key: []string{"country"}, slots: map[string]int{"DE": 0, "FR": 0, "BR": 1}, other: 2},
			Columns: columns(`id: integer!; country: text; reading: double precision; temp: real; taken_at: timestamp with time zone; ok: boolean`)},
		{Name: "vacant", strategy: byID, Columns: columns(`id: integer!; grp: text; v: integer; n: numeric(10,2)`)},
		{Name: "edge", strategy: byID,
			Columns: columns(`id: integer!; i2: smallint; i4: integer; i8: bigint; n: numeric(38,10); m: numeric(15,2); b: boolean; by: bytea; d: date; tm: time without time zone; ts: timestamp without time zone; tz: timestamp with time zone; iv: interval; u: uuid; j: json`)},
		{Name: "words", strategy: byID, Columns: columns(`id: integer!; grp: text; t: text; v: varchar(20)`)},
		{Name: "floats", strategy: byID,
			Columns: columns(`id: integer!; grp: text; f8: double precision; f4: real; x: double precision; y: double precision`)},
		{Name: "holes", strategy: byID,
			Columns: columns(`id: integer!; grp: text; i: integer; n: numeric(10,2); f: double precision; t: text; b: boolean; d: date`)},
		{Name: "spellings", strategy: strategy{kind: "hash", key: []string{"id"}},
			Columns: columns(`id: integer!; grp: text; t: text; v: varchar(40); w: text; n: integer`)},
		{Name: "bounds", strategy: strategy{kind: "hash", key: []string{"id"}},
			Columns: columns(`id: integer!; grp: text; tiny: smallint; i4: integer; i8: bigint; d28: numeric(28,10); d38: numeric(38,0); s38: numeric(38,20); cash: numeric(19,4); coin: numeric(10,4); u: uuid; d: date; ts: timestamp without time zone; dt: timestamp without time zone; sd: timestamp without time zone; tz: timestamp with time zone; tm: time without time zone; f8: double precision; by: bytea; bin: bytea; b: boolean`)},
		{Name: "pg_edge", strategy: byID, PostgresOnly: true,
			Columns: columns(`id: integer!; grp: text; n: numeric; big: numeric(60,20); c: character(6); jb: jsonb`)},
		{Name: "pg_arrays", strategy: byID, PostgresOnly: true,
			Columns: columns(`id: integer!; grp: text; ia: integer[]; ta: text[]; na: numeric(10,2)[]; fa: double precision[]; da: date[]; ba: boolean[]; tza: timestamp with time zone[]; ua: uuid[]; iva: interval[]; bya: bytea[]; la: bigint[]`)},
	}
}

func lessInt(a, b string) bool {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	return errX == nil && errY == nil && x < y
}

func sortedKeys(m map[string]int) []string {
	keys := slices.Collect(maps.Keys(m))
	sort.Slice(keys, func(i, j int) bool {
		if len(keys[i]) != len(keys[j]) {
			return len(keys[i]) < len(keys[j])
		}
		return keys[i] < keys[j]
	})
	return keys
}
