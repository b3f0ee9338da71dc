package bind_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
	"github.com/atoll-sql/atoll/planner/plan"
)

// bindUnder binds with a key of pseudonym(x).
func bindUnder(t *testing.T, key []byte, sql string, params ...bind.Param) (*bind.Query, error) {
	t.Helper()
	tree, err := postgres.Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	return bind.Bind(tree, plantest.Samples(t, "postgres").Catalog, bind.Options{Params: params, Pseudonym: key})
}

// TestPseudonymVectors: the hidden parameters and SHA-256 give the HMACs of RFC 4231.
func TestPseudonymVectors(t *testing.T) {
	of := func(b string, n int) string { return strings.Repeat(b, n) }
	counted := ""
	for i := range 25 {
		counted += string(rune(i + 1))
	}
	for i, v := range []struct{ key, data, want string }{
		{of("\x0b", 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{of("\xaa", 20), of("\xdd", 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{counted, of("\xcd", 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
		{of("\xaa", 131), "Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{of("\xaa", 131), "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being " +
			"used by the HMAC algorithm.", "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
	} {
		q, err := bindUnder(t, []byte(v.key), "select pseudonym(t) from samples")
		if err != nil {
			t.Fatal(err)
		}
		var blocks [2][]byte
		for k, a := range q.Args {
			if blocks[k], err = hex.DecodeString(strings.TrimPrefix(a.Text, `\x`)); err != nil || len(blocks[k]) != sha256.BlockSize || !a.Secret || a.Null {
				t.Errorf("vector %d: parameter %d: %v, %d bytes, secret: %v", i, k+1, err, len(blocks[k]), a.Secret)
			}
		}
		inner := sha256.Sum256(append(blocks[0], v.data...))
		outer := sha256.Sum256(append(blocks[1], inner[:]...))
		if got := hex.EncodeToString(outer[:]); got != v.want {
			t.Errorf("vector %d: %s, want %s", i, got, v.want)
		}
	}
}

// TestPseudonymParameters: the hidden parameters stand behind the caller's, once, and are out of his reach.
func TestPseudonymParameters(t *testing.T) {
	one := bind.Param{Text: "x"}
	for _, c := range []struct {
		sql    string
		params []bind.Param
		want   string // the texts of the calls, or the SQLSTATE
	}{
		{"select pseudonym(t) from samples", nil, "pseudonym(t#9, $1::bytea, $2::bytea)"},
		{"select pseudonym(t), pseudonym(i4) from samples where t = $1", []bind.Param{one}, "pseudonym(t#9, $2::bytea, $3::bytea) pseudonym(cast(i4#4 as text), $2::bytea, $3::bytea)"},
		{"select pseudonym($1)", []bind.Param{one}, "pseudonym($1::text, $2::bytea, $3::bytea)"},
		{"select pseudonym($1) from samples where pseudonym(t) = (select max(pseudonym(t)) from samples)", []bind.Param{one}, "pseudonym($1::text, $2::bytea, $3::bytea)"},
		{"select pseudonym(t), $1 from samples", nil, "42P02"},
		{"select pseudonym(t), $2::bytea from samples where t = $1", []bind.Param{one}, "42P02"},
		{"select pseudonym(t) from samples", []bind.Param{one}, "08P01"},
		{"select pseudonym(t) from samples", []bind.Param{one, one}, "08P01"},
		{"select 1 from samples limit length(pseudonym('1'))", nil, "0A000"},
	} {
		q, err := bindUnder(t, plantest.PseudonymKey, c.sql, c.params...)
		var e *ast.Error
		if errors.As(err, &e) {
			if e.SQLState != c.want {
				t.Errorf("%s: %v, want %s", c.sql, err, c.want)
			}
			continue
		}
		var got []string
		for _, it := range q.Root.(*plan.Project).Items {
			if text := plan.Format(it.Expr); strings.HasPrefix(text, "pseudonym") {
				got = append(got, text)
			}
		}
		if s := strings.Join(got, " "); s != c.want || len(q.Args) != len(c.params)+2 || len(q.Params) != len(q.Args) {
			t.Errorf("%s: %s with %d parameters, want %s", c.sql, s, len(q.Args), c.want)
		}
	}
}

// TestPseudonymWithoutKey: without a key there is no pseudonym; a type that has none is refused as such, key or not.
func TestPseudonymWithoutKey(t *testing.T) {
	for _, c := range []struct{ sql, state string }{
		{"select »pseudonym(t) from samples", "42501"}, {"select id from samples where »pseudonym(id) = 'x'", "42501"}, {"select »pseudonym(n) from samples", "42883"},
	} {
		pos, sql := strings.Index(c.sql, "»"), strings.Replace(c.sql, "»", "", 1)
		for _, key := range [][]byte{nil, {}} {
			_, err := bindUnder(t, key, sql)
			var e *ast.Error
			if !errors.As(err, &e) || e.SQLState != c.state || e.Pos != pos {
				t.Errorf("%s: %v", sql, err)
			} else if c.state == "42501" && !strings.Contains(e.Text, "secrets.pseudonym_key") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

// TestPseudonymKeyIsNotShown: neither the plan nor a printed parameter holds the key.
func TestPseudonymKeyIsNotShown(t *testing.T) {
	q, err := bindUnder(t, plantest.PseudonymKey, "select pseudonym(t), count(*) from samples where pseudonym(d) <> 'x' group by pseudonym(t) order by pseudonym(t)")
	if err != nil {
		t.Fatal(err)
	}
	shown := plan.Tree(q.Root) + fmt.Sprint(q.Args, q.Args[0]) + fmt.Sprintf("%v %s %+v", q.Args, q.Args[1], q.Args)
	for _, a := range q.Args {
		if strings.Contains(shown, a.Text[2:10]) {
			t.Errorf("a block of the key stands in %s", shown)
		}
	}
	if bytes.Contains([]byte(shown), plantest.PseudonymKey) || !strings.Contains(shown, "(secret)") {
		t.Error(shown)
	}
}
