package sqlgen

import "strings"

// reserved words of PostgreSQL (fully reserved, and those that may not be a bare column label or table name)
// and DuckDB; PostgreSQL 15, appendix C. An identifier among them is quoted.
var reserved = words(`all analyse analyze and any array as asc asymmetric at authorization between bigint binary bit boolean
both case cast char character check coalesce collate collation column concurrently constraint create cross current_catalog
current_date current_role current_schema current_time current_timestamp current_user day dec decimal default deferrable desc
describe distinct do else end except exists extract false fetch filter float for foreign freeze from full glob grant greatest group
grouping having hour ilike in initially inner inout int integer intersect interval into is isnull join lambda lateral leading
least left like limit localtime localtimestamp map minute month national natural nchar none normalize not notnull null nullif numeric
offset on only or order out outer over overlaps overlay pivot pivot_longer pivot_wider placing position positional precision primary
qualify real references returning right row second select session_user setof show similar smallint some struct substring summarize
symmetric system_user table tablesample then time timestamp to trailing treat trim true try_cast union unique unpivot user
using values varchar variadic varying verbose when where window with within without xmlattributes xmlconcat xmlelement
xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable year`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}
