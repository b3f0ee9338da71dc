package querygen

// column is what an expression may name.
type column struct {
	name string
	kind Kind
	// wild columns hold values at the ends of their types: no arithmetic on them, it would only overflow.
	wild bool
	// infinite columns hold infinite dates, for which extract and subtraction have no portable answer.
	infinite bool
	// exactText says that the text of the value is determined: not of a numeric whose scale is computed.
	exactText bool
	loose     bool
}

// table is one of the logic tests' tables, as a generator sees it.
type table struct {
	name string
	// key is the sharding key, "" for a reference table; colocated tables share a family.
	key     string
	family  string
	columns []column
	// samples are literals that rows have, by column; the others come from the kind.
	samples map[string][]string
}

func columns(pairs ...string) []column {
	var out []column
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, column{name: pairs[i], kind: Kind(pairs[i+1]), exactText: true})
	}
	return out
}

func wild(list []column, names ...string) []column {
	for i := range list {
		for _, n := range names {
			if list[i].name == n {
				list[i].wild, list[i].infinite = true, true
			}
		}
	}
	return list
}

const (
	ts = string(Timestamp)
	tz = string(Timestamptz)
	f8 = string(Float8)
	tm = string(Time)
)

// rowsOf are the numbers of rows, all shards together.
var rowsOf = map[string]int{"cooperatives": 12, "units": 60, "members": 140, "payments": 900, "currencies": 7, "events": 400, "ledger": 300, "sensors": 200,
	"vacant": 1, "edge": 19, "words": 48, "floats": 38, "spellings": 180, "bounds": 31, "holes": 20}

var tables = []table{
	{"cooperatives", "id", "coop", columns("id", "integer", "name", "text", "country", "text", "founded", "date", "reserve", "numeric"),
		map[string][]string{"id": keys, "country": {"'DE'", "'BR'", "'US'"}}},
	{"units", "cooperative_id", "coop", columns("id", "bigint", "cooperative_id", "integer", "label", "text", "area", f8, "rooms", "smallint", "rent", "numeric", `"Floor No"`, "integer"),
		map[string][]string{"cooperative_id": keys}},
	{"members", "cooperative_id", "coop", columns("id", "bigint", "cooperative_id", "integer", "name", "text", "email", "text", "born", "date", "joined", "date", "active", "boolean", "score", "real"),
		map[string][]string{"cooperative_id": keys, "name": {"'Ana'", "'ana'", "'O''Neil'", "'Zoë'"}}},
	{"payments", "cooperative_id", "coop", columns("id", "bigint", "cooperative_id", "integer", "member_id", "bigint", "amount", "numeric", "currency", "text", "paid_on", "date", "booked_at", tz, "note", "text", "rate", f8, "method", "smallint"),
		map[string][]string{"cooperative_id": keys, "currency": {"'EUR'", "'BRL'", "'XXX'", "'eur'"}, "amount": {"125.00", "0", "1000"}, "note": {"''", "'rent'", "'rent '", "'10% off'"}}},
	{"currencies", "", "ref", columns("code", "text", "name", "text", "minor_units", "smallint", "eur_rate", "numeric"),
		map[string][]string{"code": {"'EUR'", "'JPY'", "'CHF'"}}},
	{"events", "id", "events", columns("id", "bigint", "kind", "text", "at", ts, "weight", "integer", "tag", "uuid", "took", "interval"),
		map[string][]string{"id": {"7", "14", "700", "2800", "8"}, "kind": {"'login'", "'pay'", "''"}}},
	{"ledger", "booked_on", "ledger", columns("id", "bigint", "booked_on", "date", "booked_time", tm, "account", "text", "debit", "numeric", "credit", "numeric"),
		map[string][]string{"booked_on": {"'2015-01-01'", "'2014-12-31'", "date '2021-01-01'", "'2012-05-05'", "'2024-02-29'", "timestamp '2015-01-01 12:00'"}, "account": {"'1000'", "'4400'"}}},
	{"sensors", "country", "sensors", columns("id", "integer", "country", "text", "reading", f8, "temp", "real", "taken_at", tz, "ok", "boolean"),
		map[string][]string{"country": {"'DE'", "'FR'", "'BR'", "'JP'", "'US'", "'XX'", "null"}}},
	{"vacant", "id", "vacant", columns("id", "integer", "grp", "text", "v", "integer", "n", "numeric"), map[string][]string{"id": rangeKeys}},
	{"edge", "id", "edge", wild(columns("id", "integer", "i2", "smallint", "i4", "integer", "i8", "bigint", "n", "numeric", "m", "numeric", "b", "boolean", "d", "date", "tm", tm, "ts", ts, "tz", tz, "iv", "interval", "u", "uuid"),
		"i2", "i4", "i8", "n", "m", "d", "ts", "tz", "iv"), map[string][]string{"id": rangeKeys}},
	{"words", "id", "words", columns("id", "integer", "grp", "text", "t", "text", "v", "text"),
		map[string][]string{"id": rangeKeys, "grp": {"'latin'", "'like'", "'space'"}, "t": {"'a'", "'A'", "''", "'a b'", "'a_b'", "'é'"}}},
	{"floats", "id", "floats", wild(columns("id", "integer", "grp", "text", "f8", f8, "f4", "real", "x", f8, "y", f8), "f8", "f4"),
		map[string][]string{"id": rangeKeys, "f8": {"'NaN'", "'Infinity'", "0", "1e308", "-0.0"}}},
	{"spellings", "id", "spellings", columns("id", "integer", "grp", "text", "t", "text", "v", "text", "w", "text", "n", "integer"),
		map[string][]string{"id": {"1", "17", "90", "178", "999"}, "grp": {"'case'", "'CASE'", "'mark  '"}, "t": {"'abc'", "'ABC'", "'abc '", "''", "'ß'", "'😀'"}, "w": {"'abc'", "'STRASSE'", "'é'"}}},
	{"bounds", "id", "bounds", wild(columns("id", "integer", "grp", "text", "tiny", "smallint", "i4", "integer", "i8", "bigint", "d28", "numeric", "d38", "numeric", "s38", "numeric", "cash", "numeric", "coin", "numeric", "u", "uuid", "d", "date", "ts", ts, "dt", ts, "sd", ts, "tz", tz, "tm", tm, "f8", f8, "b", "boolean"),
		"i4", "i8", "d28", "d38", "s38", "cash", "coin", "d", "ts", "dt", "tz", "f8"), map[string][]string{"id": {"1", "2", "12", "29", "77"}, "grp": {"'small'", "'Small'", "'much'"}}},
	{"holes", "id", "holes", columns("id", "integer", "grp", "text", "i", "integer", "n", "numeric", "f", f8, "t", "text", "b", "boolean", "d", "date"),
		map[string][]string{"id": rangeKeys, "grp": {"'mixed'", "'cross'", "'all_null'"}}},
}

var (
	keys      = []string{"1", "2", "3", "5", "6", "7", "10", "12", "13", "99", "-1", "null", "3.0", "4.5"}
	rangeKeys = []string{"9", "10", "19", "20", "5", "11", "25", "21", "-1", "1000", "10.5", "null"}
)
