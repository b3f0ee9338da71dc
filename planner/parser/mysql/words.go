package mysql

import "strings"

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// keywords are the words that the grammar gets as they are. Some are names at other places: write.go decides.
var keywords = wordSet(`all and as asc between by case cast convert cross desc distinct div else end escape exists false from group
	group_concat having in inner interval is join left like limit mod natural not null on or order outer right select separator straight_join
	then true union using when where`)

// callWords are reserved words that are functions before a parenthesis.
var callWords = wordSet(`char database if insert left mod repeat replace right schema`)

// momentWords are functions that may stand without parentheses.
var momentWords = wordSet(`current_date current_time current_timestamp current_user localtime localtimestamp utc_date utc_time utc_timestamp`)

// reserved are MySQL 8's reserved words that are not in the sets above: names only in backquotes or after a point. Words that
// have a meaning here (units of an INTERVAL, DUAL) are left out.
var reserved = wordSet(`accessible add alter analyze asensitive before bigint binary blob both call cascade change character check
	collate column condition constraint continue create cube cume_dist cursor databases dec decimal declare default delayed delete dense_rank
	describe deterministic distinctrow double drop each elseif empty enclosed escaped except exit explain fetch first_value float
	float4 float8 for force foreign fulltext function generated get grant grouping groups high_priority ignore index infile inout insensitive int int1
	int2 int3 int4 int8 integer intersect into io_after_gtids io_before_gtids iterate json_table key keys kill lag last_value lateral
	lead leading leave linear lines load lock long longblob longtext loop low_priority master_bind master_ssl_verify_server_cert match maxvalue
	mediumblob mediumint mediumtext middleint modifies no_write_to_binlog nth_value ntile numeric of optimize optimizer_costs option optionally out
	outfile over partition percent_rank precision primary procedure purge range rank read reads read_write real recursive references regexp release
	rename require resignal restrict return revoke rlike row rows row_number schemas sensitive set show signal smallint spatial specific sql
	sqlexception sqlstate sqlwarning sql_big_result sql_calc_found_rows sql_small_result ssl starting stored system table terminated tinyblob tinyint
	tinytext to trailing trigger undo unique unlock unsigned update usage use values varbinary varchar varcharacter varying virtual while window
	with write xor zerofill`)

// otherStatements are the words that begin MySQL's statements other than SELECT.
var otherStatements = wordSet(`alter analyze begin binlog cache call change check checksum clone commit create deallocate delete desc describe
	do drop execute explain flush get grant handler help import insert install kill load lock optimize prepare purge release rename repair replace reset
	resignal restart revoke rollback savepoint set show shutdown signal start stop truncate uninstall unlock update use xa`)

// refusedWords are unquoted words by which a construct is known that the grammar lacks or would misread, wherever they stand.
var refusedWords = map[string]string{
	"over":                "a window function (OVER)",
	"window":              "WINDOW",
	"lateral":             "LATERAL",
	"except":              "EXCEPT",
	"intersect":           "INTERSECT",
	"xor":                 "XOR",
	"regexp":              "REGEXP",
	"rlike":               "RLIKE",
	"ilike":               "ILIKE",
	"binary":              "BINARY",
	"collate":             "COLLATE",
	"match":               "MATCH … AGAINST",
	"into":                "SELECT … INTO",
	"default":             "DEFAULT",
	"values":              "VALUES",
	"grouping":            "GROUPING",
	"cube":                "CUBE",
	"fetch":               "FETCH",
	"procedure":           "PROCEDURE",
	"json_table":          "JSON_TABLE",
	"distinctrow":         "DISTINCTROW",
	"high_priority":       "HIGH_PRIORITY",
	"sql_big_result":      "SQL_BIG_RESULT",
	"sql_small_result":    "SQL_SMALL_RESULT",
	"sql_buffer_result":   "SQL_BUFFER_RESULT",
	"sql_cache":           "SQL_CACHE",
	"sql_no_cache":        "SQL_NO_CACHE",
	"sql_calc_found_rows": "SQL_CALC_FOUND_ROWS",
}

// refusedPairs are words that name a construct only before certain others.
var refusedPairs = map[string]struct {
	next string // words and symbols, separated by spaces
	what string
}{
	"full":        {"join outer", "FULL JOIN"},
	"nulls":       {"first last", "NULLS FIRST or LAST"},
	"filter":      {"(", "FILTER"},
	"within":      {"group", "WITHIN GROUP"},
	"similar":     {"to", "SIMILAR TO"},
	"tablesample": {"(", "TABLESAMPLE"},
	"at":          {"time local", "AT TIME ZONE"},
	"lock":        {"in", "locking rows (LOCK IN SHARE MODE)"},
	"for":         {"update share", "locking rows (FOR UPDATE, FOR SHARE)"},
	"use":         {"index key", "an index hint (USE INDEX)"},
	"force":       {"index key", "an index hint (FORCE INDEX)"},
	"ignore":      {"index key", "an index hint (IGNORE INDEX)"},
	"partition":   {"(", "PARTITION (…)"},
	"row":         {"(", "ROW (…)"},
	"rollup":      {"(", "ROLLUP"},
	"grouping":    {"sets", "GROUPING SETS"},
	"sounds":      {"like", "SOUNDS LIKE"},
	"any":         {"(", "ANY (…)"},
	"some":        {"(", "SOME (…)"},
	"member":      {"of", "MEMBER OF"},
}

// refusedSymbols are operators that the grammar reads otherwise, or not at all.
var refusedSymbols = map[string]string{
	"&": "the bit operator &", "|": "the bit operator |", "^": "the bit operator ^", "~": "the bit operator ~",
	"<<": "the bit operator <<", ">>": "the bit operator >>", "->": "the JSON operator ->", "->>": "the JSON operator ->>",
	"[": "[…]", "]": "[…]", "{": "{…}", "}": "{…}", ":=": "an assignment (:=)", "::": "a cast with ::", "@": "a variable (@)",
}

// hints say what to write instead, by the name of what is refused; everything else has the same hint.
var hints = map[string]string{
	"XOR":                          "write (a) <> (b)",
	"BINARY":                       "strings are compared byte by byte anyway: leave it out",
	"COLLATE":                      "strings are compared byte by byte; lower(a) = lower(b) ignores case",
	"DISTINCTROW":                  "write DISTINCT",
	"a cast with ::":               "write CAST(a AS type); --dialect postgres reads ::",
	"ROW (…)":                      "leave the word ROW out",
	"ILIKE":                        "write lower(a) LIKE lower(b); --dialect postgres reads ILIKE",
	"a variable (@)":               "pass the value as a parameter: ?",
	"a hexadecimal or bit literal": "write the number in decimal",
	"HIGH_PRIORITY":                "leave it out",
	"SQL_BIG_RESULT":               "leave it out",
	"SQL_SMALL_RESULT":             "leave it out",
	"SQL_BUFFER_RESULT":            "leave it out",
	"SQL_CACHE":                    "leave it out",
	"SQL_NO_CACHE":                 "leave it out",
	"SELECT STRAIGHT_JOIN":         "leave it out",
	"an index hint (USE INDEX)":    "leave it out",
	"an index hint (FORCE INDEX)":  "leave it out",
	"an index hint (IGNORE INDEX)": "leave it out",
	"a comment that is executed (/*! … */)": "leave it out, or write its text without the signs around it",
}
