package sqlgen_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// TestHashForms: how hashes are written, or refused by name.
func TestHashForms(t *testing.T) {
	for _, c := range []struct {
		dialect, typ string
		kind         plan.HashKind
		want         string // "" where there is no form
	}{
		{"postgres", "bigint", plan.HashFast, "hashint4extended(0, hash_x.x)"},
		{"postgres", "integer", plan.HashFast, "hashint4extended(0, hash_x.x::int8)"},
		{"postgres", "text", plan.HashFast, `hashtextextended(hash_x.x COLLATE "C", 0)`},
		{"postgres", "timestamptz", plan.HashFast, `hashtextextended(encode(timestamptz_send(hash_x.x), 'hex') COLLATE "C", 0)`},
		{"postgres", "text", plan.HashPortable, "('x' || md5(hash_x.x))::bit(64)::int8"},
		{"postgres", "bytea", plan.HashKeyed, "('x' || encode(sha256($1::bytea || sha256($2::bytea || hash_x.x)), 'hex'))::bit(64)::int8"},
		{"postgres", "jsonb", plan.HashFast, ""}, {"postgres", "json", plan.HashPortable, ""}, {"postgres", "integer[]", plan.HashPortable, ""},
		{"duckdb", "smallint", plan.HashFast, "pg_hash_fast(CAST(hash_x.x AS BIGINT))"},
		{"duckdb", "uuid", plan.HashFast, "pg_hash_fast_uuid(CAST(hash_x.x AS VARCHAR))"},
		{"duckdb", "uuid", plan.HashPortable, "pg_hash_portable(CAST(hash_x.x AS VARCHAR))"},
		{"duckdb", "character(3)", plan.HashPortable, "pg_hash_portable(rtrim(hash_x.x, ' '))"},
		{"duckdb", "jsonb", plan.HashPortable, "pg_hash_portable(pg_jsonb_key(hash_x.x))"},
		{"duckdb", "integer[]", plan.HashFast, "pg_hash_fast(pg_array_key(hash_x.x, 'int4'))"},
		{"duckdb", "json", plan.HashPortable, ""}, {"duckdb", "json[]", plan.HashPortable, ""},
		{"tsql", "bigint", plan.HashPortable, "CAST(SUBSTRING(HASHBYTES(N'MD5', CAST([hash_x].[x] AS varchar(20))), 1, 8) AS bigint)"},
		{"tsql", "bigint", plan.HashFast, ""}, {"tsql", "numeric", plan.HashPortable, ""}, {"tsql", "interval", plan.HashPortable, ""},
	} {
		typ, err := plan.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		st, err := sqlgen.Generate(hashTree("x", typ, c.kind), sqlgen.Site{Dialect: c.dialect})
		none := (*sqlgen.Unsupported)(nil)
		switch {
		case c.want == "" && !errors.As(err, &none):
			t.Errorf("%s of %s in %s has a form: %s", c.kind, c.typ, c.dialect, st.SQL)
		case c.want != "" && (err != nil || !strings.Contains(st.SQL, c.want)):
			t.Errorf("%s of %s in %s: %v\n%s\nwant %s", c.kind, c.typ, c.dialect, err, st.SQL, c.want)
		}
	}
}

// TestHashFeatures: a hash has no form, and placement is told, where the server lacks what it rests on.
func TestHashFeatures(t *testing.T) {
	for _, c := range []struct {
		dialect, typ, missing string
		kind                  plan.HashKind
	}{
		{"postgres", "bigint", connectors.FeatureHashFast, plan.HashFast}, {"postgres", "bigint", connectors.FeatureHashPortable, plan.HashPortable},
		{"postgres", "bigint", connectors.FeatureHashKeyed, plan.HashKeyed}, {"postgres", "interval", connectors.FeatureHashInterval, plan.HashFast},
		{"tsql", "text", connectors.FeatureHashText, plan.HashPortable}, {"tsql", "text", connectors.FeatureUTF8Collation, plan.HashPortable},
		{"tsql", "character(3)", connectors.FeatureHashText, plan.HashKeyed},
		{"tsql", "timestamptz", connectors.FeatureHashTime, plan.HashPortable}, {"tsql", "timestamptz", connectors.FeatureOffsets, plan.HashPortable},
		{"tsql", "time", connectors.FeatureDateParts, plan.HashPortable}, {"tsql", "bigint", connectors.FeatureHashPortable, plan.HashPortable},
		{"tsql", "bigint", connectors.FeatureHashKeyed, plan.HashKeyed}, {"tsql", "bigint", connectors.FeatureStringAgg, plan.HashPortable},
	} {
		typ, err := plan.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		tree := packTree("x", typ, c.kind)
		site := sqlgen.Site{Dialect: c.dialect}
		if _, err := sqlgen.Generate(tree, site); err != nil {
			t.Errorf("%s of %s: %v", c.kind, c.typ, err)
		}
		site.Missing = []string{c.missing}
		none := (*sqlgen.Unsupported)(nil)
		if _, err := sqlgen.Generate(tree, site); !errors.As(err, &none) || !refuses(tree, site) {
			t.Errorf("%s of %s is written without %s: %v", c.kind, c.typ, c.missing, err)
		}
	}
}
