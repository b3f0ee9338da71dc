package sqlgen_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/scalar"
)

var updateProbes = flag.Bool("update-probes", false, "rewrite the hash probes of the connectors")

// hashProbes are what calibration hashes: for a feature, the hashes and the types whose values are tried.
var hashProbes = []struct {
	feature string
	kinds   []plan.HashKind
	types   string
}{
	{connectors.FeatureHashFast, []plan.HashKind{plan.HashFast}, "b i2 i4 i8 n nw f4 f8 t c x d tm ts tz u"},
	{connectors.FeatureHashPortable, []plan.HashKind{plan.HashPortable}, "b i2 i4 i8 n f4 f8 x d u"},
	{connectors.FeatureHashKeyed, []plan.HashKind{plan.HashKeyed}, "i8 n x"},
	{connectors.FeatureHashText, []plan.HashKind{plan.HashPortable}, "t"},
	{connectors.FeatureHashTime, []plan.HashKind{plan.HashPortable}, "tm ts tz"},
	{connectors.FeatureHashInterval, []plan.HashKind{plan.HashFast, plan.HashPortable}, "iv"},
}

// TestHashProbes: what calibration asks a server is what the dialect writes, and what it expects is what package scalar makes of the same values.
func TestHashProbes(t *testing.T) {
	for dialect, file := range map[string]string{"postgres": "postgres/hashes.txt", "tsql": "mssql/hashes.txt"} {
		path := filepath.Join(root, "connectors", file)
		var want bytes.Buffer
		for _, p := range hashProbes {
			if conds := probeConditions(t, dialect, p.kinds, strings.Fields(p.types)); len(conds) > 0 {
				fmt.Fprintf(&want, "%s\t%s\n", p.feature, strings.Join(conds, " AND "))
			}
		}
		if *updateProbes {
			if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s is not what the dialect writes (-update-probes rewrites it):\n%s", path, want.Bytes())
		}
	}
}

func probeConditions(t *testing.T, dialect string, kinds []plan.HashKind, names []string) []string {
	t.Helper()
	var out []string
	for _, kind := range kinds {
		for _, c := range hashColumns {
			if !slices.Contains(names, c.name) {
				continue
			}
			for _, v := range c.values {
				if cond := probeCondition(t, dialect, kind, c.typ, v); cond != "" && len(v) < 100 {
					out = append(out, cond)
				}
			}
		}
	}
	return out
}

// probeCondition compares the hash of a constant; it is empty where the dialect has none.
func probeCondition(t *testing.T, dialect string, kind plan.HashKind, typ, value string) string {
	t.Helper()
	pt, err := plan.ParseType(typ)
	if err != nil {
		t.Fatal(err)
	}
	arr := fromText(t, pt, value)
	defer arr.Release()
	h, err := scalar.NewHasher(scalar.HashKind(kind), pt.Field("x"), keyOf(kind))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := h.Hash(nil, arr)
	if err != nil {
		t.Fatal(err)
	}
	key := hashKey()
	block := func(b []byte) plan.Expr { return &plan.Const{Text: fmt.Sprintf(`\x%x`, b), T: plan.T(plan.Bytea)} }
	text := value
	if pt.Kind == plan.Numeric && !pt.Wide() {
		text = arr.ValueStr(0) // of as many digits as the type has
	} else if name := canonicalNames[pt.Kind]; name != "" {
		if text, err = scalar.Canonical(name, value); err != nil {
			t.Fatal(err)
		}
	}
	s := &plan.Sketch{Hash: kind, Inner: block(key[:64]), Outer: block(key[64:])}
	hash := plan.Assign{Col: plan.Column{ID: 1, Name: "h", Type: plan.T(plan.Int8)}, Expr: s.Call(&plan.Const{Text: text, T: pt})}
	st, err := sqlgen.Generate(&plan.Project{Input: &plan.OneRow{}, Items: []plan.Assign{hash}}, sqlgen.Site{Dialect: dialect})
	if none := (*sqlgen.Unsupported)(nil); errors.As(err, &none) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	sql, _, ok := strings.Cut(strings.TrimPrefix(st.SQL, "SELECT "), " AS "+map[string]string{"postgres": "h", "tsql": "[h]"}[dialect])
	if !ok {
		t.Fatalf("no column in %s", st.SQL)
	}
	return fmt.Sprintf("%s = CAST(%d AS bigint)", sql, int64(sum[0]))
}

var canonicalNames = map[plan.Kind]string{
	plan.Bool: "bool", plan.Int2: "int2", plan.Int4: "int4", plan.Int8: "int8", plan.Numeric: "numeric", plan.Float4: "float4", plan.Float8: "float8", plan.Bytea: "bytea", plan.UUID: "uuid", plan.Date: "date", plan.Time: "time",
	plan.Timestamp: "timestamp", plan.TimestampTZ: "timestamptz", plan.Interval: "interval",
}

// fromText makes a column of one value, by the functions that read constants for DuckDB.
func fromText(t *testing.T, typ plan.Type, value string) arrow.Array {
	t.Helper()
	text := array.NewStringBuilder(memory.DefaultAllocator)
	defer text.Release()
	text.Append(value)
	arg := text.NewArray()
	name := "pg_text_" + canonicalNames[typ.Kind]
	switch {
	case typ.Kind == plan.Text || typ.Kind == plan.Bpchar:
		return arg
	case typ.Wide():
		name = "pg_wide"
	case typ.Kind == plan.Numeric:
		d, err := scalar.ParseDecimal(value)
		if err != nil {
			t.Fatal(err)
		}
		n, err := d.Decimal128(typ.Precision, typ.Scale)
		if err != nil {
			t.Fatal(err)
		}
		b := array.NewDecimal128Builder(memory.DefaultAllocator, typ.Arrow().(*arrow.Decimal128Type))
		defer b.Release()
		b.Append(n)
		return b.NewArray()
	case typ.Kind == plan.UUID:
		b := array.NewFixedSizeBinaryBuilder(memory.DefaultAllocator, typ.Arrow().(*arrow.FixedSizeBinaryType))
		defer b.Release()
		v, err := hex.DecodeString(strings.ReplaceAll(value, "-", ""))
		if err != nil {
			t.Fatal(err)
		}
		b.Append(v)
		return b.NewArray()
	}
	defer arg.Release()
	for _, f := range scalar.Functions() {
		if f.Name == name && len(f.Args) == 1 && arrow.TypeEqual(f.Args[0], arg.DataType()) {
			out, err := f.Eval(memory.DefaultAllocator, []arrow.Array{arg}, 1)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Fatalf("nothing reads %s", typ)
	return nil
}
