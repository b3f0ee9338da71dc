package atoll

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

var pseudonymKey = []byte("ZANZIBAR-key-of-the-operator-32b")

// pseudonymOf is the standard library's word on it.
func pseudonymOf(text string) string {
	h := hmac.New(sha256.New, pseudonymKey)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

func withPseudonyms(o *options) { o.pseudonym = pseudonymKey }

// token is a row of the table tokens, in PostgreSQL's texts; "" of a text is a text, of anything else NULL.
type token struct{ text, small, big, uuid, date, flag string }

// tokens are the edges of each type and random values. Dates stay in the years that SQL Server has.
func tokens() []token {
	rnd := rand.New(rand.NewPCG(20, 26))
	letters := []rune("aZ09 _'\"\\%$@p1\t\x01\x7fäßçé日本｡\uFFFD\uE000😀🏝")
	out := []token{
		{"", "0", "0", "00000000-0000-0000-0000-000000000000", "0001-01-01", "true"},
		{"a", "-1", "-1", "ffffffff-ffff-ffff-ffff-ffffffffffff", "9999-12-31", "false"},
		{"a ", "-32768", "-9223372036854775808", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "1970-01-01", ""},
		{" a", "32767", "9223372036854775807", "", "1582-10-10", "true"},
		{"A", "", "", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12", "", "false"},
		{"e\u0301", "7", "7", "00000000-0000-0000-0000-000000000001", "2024-02-29", "true"},
		{"\u00e9", "7", "7", "00000000-0000-0000-0000-000000000001", "2024-02-29", "true"},
		{strings.Repeat("long日🏝 ", 3000), "1", "1", "", "2024-02-29", ""},
	}
	for range 60 {
		text := make([]rune, rnd.IntN(140))
		for i := range text {
			text[i] = letters[rnd.IntN(len(letters))]
		}
		raw := make([]byte, 16)
		for i := range raw {
			raw[i] = byte(rnd.Uint32())
		}
		out = append(out, token{string(text), strconv.Itoa(rnd.IntN(65536) - 32768), strconv.FormatInt(int64(rnd.Uint64()), 10),
			fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]),
			fmt.Sprintf("%04d-%02d-%02d", 1+rnd.IntN(9999), 1+rnd.IntN(12), 1+rnd.IntN(28)), strconv.FormatBool(rnd.IntN(2) == 0)})
	}
	return out
}

// lagoon holds tokens on three shards of three kinds: eu-1 is PostgreSQL, us-1 DuckDB, br-1 a SQL Server.
type lagoon struct {
	cluster  *pgtest.Cluster
	database string
	server   *tdstest.Server
	env      map[string]string
	rows     []token
}

func newLagoon(t *testing.T) *lagoon {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	l := &lagoon{cluster: clusters[0], database: "lagoon_" + strings.ToLower(t.Name()), server: tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true})),
		rows: tokens(), env: map[string]string{"US": filepath.Join(t.TempDir(), "us-1.duckdb")}}
	l.env["BR"] = l.server.DSN()
	if l.env["EU"], err = l.cluster.CreateDatabase(t.Context(), l.database); err != nil {
		t.Fatal(err)
	}
	const columns = "(coop integer NOT NULL, id bigint NOT NULL, t text, s smallint, n bigint, u uuid, d date, b boolean)"
	eu := "INSERT INTO tokens VALUES " + l.values(1, "%s") + ", (1, 901, NULL, NULL, NULL, NULL, '0044-03-15 BC', NULL), (1, 902, NULL, NULL, NULL, NULL, 'infinity', NULL)"
	us := "INSERT INTO tokens VALUES " + l.values(4, "%s") + ", (4, 901, NULL, NULL, NULL, NULL, '0044-03-15 (BC)', NULL), (4, 902, NULL, NULL, NULL, NULL, 'infinity', NULL)"
	br := "INSERT INTO tokens VALUES " + strings.NewReplacer("'true'", "1", "'false'", "0").Replace(l.values(3, "N%s"))
	l.exec(t, "CREATE TABLE tokens "+columns+";"+eu)
	if err := duckdb.Exec(t.Context(), l.env["US"], "CREATE TABLE tokens "+columns, us); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"CREATE TABLE tokens (coop int NOT NULL, id bigint NOT NULL, t nvarchar(max) NULL, s smallint NULL, n bigint NULL, u uniqueidentifier NULL, d date NULL, b bit NULL)", br} {
		if err := l.server.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *lagoon) exec(t *testing.T, sql string) {
	t.Helper()
	if err := l.cluster.ExecIn(t.Context(), l.database, sql); err != nil {
		t.Fatal(err)
	}
}

// values are the rows for INSERT. Texts stand in literals of the form given.
func (l *lagoon) values(coop int, literal string) string {
	var rows []string
	for i, r := range l.rows {
		cells := []string{fmt.Sprintf(literal, "'"+strings.ReplaceAll(r.text, "'", "''")+"'")}
		for _, v := range []string{r.small, r.big, r.uuid, r.date, r.flag} {
			if v == "" {
				v = "NULL"
			} else if _, err := strconv.ParseInt(v, 10, 64); err != nil {
				v = "'" + v + "'"
			}
			cells = append(cells, v)
		}
		rows = append(rows, fmt.Sprintf("(%d, %d, %s)", coop, i, strings.Join(cells, ", ")))
	}
	return strings.Join(rows, ", ")
}

func (l *lagoon) open(t *testing.T, opts ...Option) *Engine {
	t.Helper()
	const text = `version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, brazilsouth: {jurisdiction: BR}, us-east-1: {jurisdiction: US}}
shards:
  eu-1: {region: eu-central-1, driver: postgres, dsn: "${EU}"}
  br-1: {region: brazilsouth, driver: sqlserver, dsn: "${BR}"}
  us-1: {region: us-east-1, driver: duckdb, dsn: "${US}"}
tables:
  tokens: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], us-1: [4]}}}
`
	cfg, err := ParseConfig([]byte(text), t.TempDir(), func(name string) (string, bool) { v, ok := l.env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, append([]Option{WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestPseudonymIsTheSameEverywhere: each engine, and the coordinator, give every value the standard library's HMAC.
func TestPseudonymIsTheSameEverywhere(t *testing.T) {
	l := newLagoon(t)
	const sql = "SELECT pseudonym(t), pseudonym(s), pseudonym(n), pseudonym(u), pseudonym(d), pseudonym(b), pseudonym(s::integer) FROM tokens WHERE coop = $1 ORDER BY id"
	want := make([]string, 0, len(l.rows)+2)
	for _, r := range l.rows {
		cells := []string{pseudonymOf(r.text)}
		for _, v := range []string{r.small, r.big, r.uuid, r.date, r.flag, r.small} {
			cell := "(null)"
			if v != "" {
				cell = pseudonymOf(v)
			}
			cells = append(cells, cell)
		}
		want = append(want, strings.Join(cells, " "))
	}
	for _, off := range [][]string{nil, {"push_down"}} {
		e := l.open(t, withPseudonyms, WithoutRules(off...))
		for _, coop := range []int{1, 3, 4} {
			expected := want
			if coop != 3 {
				for _, d := range []string{"0044-03-15 BC", "infinity"} {
					expected = append(slices.Clone(expected), "(null) (null) (null) (null) "+pseudonymOf(d)+" (null) (null)")
				}
			}
			x, err := e.Explain(t.Context(), sql, ExplainOptions{}, coop)
			if err != nil {
				t.Fatal(err)
			}
			hashing := ""
			for _, f := range x.Fragments {
				hashing += f.Shards[0].SQL
			}
			word := map[int]string{1: "sha256(", 3: "HASHBYTES(", 4: "pg_pseudonym("}[coop]
			if strings.Contains(hashing, word) != (off == nil) {
				t.Errorf("coop %d without %v: %s", coop, off, hashing)
			}
			got, err := ask(t.Context(), e, sql, coop)
			lines := strings.Split(got, "; ")
			if err != nil || len(lines) != len(expected) {
				t.Errorf("coop %d without %v: %d rows, %v", coop, off, len(lines), err)
				continue
			}
			for i := range lines {
				if lines[i] != expected[i] {
					t.Errorf("coop %d without %v, row %d:\ngot  %s\nwant %s", coop, off, i, lines[i], expected[i])
				}
			}
		}
	}
}

// TestPseudonymsInQueries: pseudonyms of three shards group, join and filter together, beside parameters of the caller's.
func TestPseudonymsInQueries(t *testing.T) {
	l := newLagoon(t)
	e := l.open(t, withPseudonyms)
	distinct := map[string]bool{}
	for _, r := range l.rows {
		distinct[r.text] = true
	}
	n := len(distinct)
	answers(t, e, "SELECT count(*), min(k), max(k) FROM (SELECT pseudonym(t) AS p, count(DISTINCT coop) AS k FROM tokens WHERE id < 900 GROUP BY pseudonym(t)) q", fmt.Sprintf("%d 3 3", n))
	answers(t, e, "SELECT count(DISTINCT pseudonym(t)) FROM tokens", fmt.Sprint(n))
	answers(t, e, "SELECT count(*) FROM (SELECT DISTINCT pseudonym(t) FROM tokens WHERE coop = 1) a (p) JOIN (SELECT DISTINCT pseudonym(t) FROM tokens WHERE coop = 3) b (p) USING (p) "+
		"JOIN (SELECT DISTINCT pseudonym(t) FROM tokens WHERE coop = 4) c (p) USING (p)", fmt.Sprint(n))
	answers(t, e, "SELECT a.coop, b.coop FROM tokens a JOIN tokens b ON pseudonym(a.n) = pseudonym(b.n) AND a.coop < b.coop WHERE a.id = 3 ORDER BY 1, 2", "1 3; 1 4; 3 4")
	answers(t, e, "SELECT coop, id FROM tokens WHERE pseudonym(t) = '"+pseudonymOf("a ")+"' ORDER BY coop", "1 2; 3 2; 4 2")
	answers(t, e, "SELECT coop, t = $2 FROM tokens WHERE pseudonym(t) = pseudonym($2) AND coop > $1 ORDER BY coop", "3 true; 4 true", 1, "A")
	answers(t, e, "SELECT count(*) FROM tokens WHERE pseudonym(t) IN (SELECT pseudonym(x) FROM (VALUES ('a'), ('A'), ('no such')) v (x))", "6")
	answers(t, e, "SELECT pseudonym(x) FROM (VALUES (1), (NULL)) v (x) ORDER BY 1", pseudonymOf("1")+"; (null)")
	answers(t, e, "SELECT pseudonym('x') = $1, pseudonym(1) = pseudonym('1'), pseudonym(NULL) IS NULL", "true true true", pseudonymOf("x"))
	answers(t, e, "SELECT (SELECT count(*) FROM tokens WHERE pseudonym(t) = $1), (SELECT count(*) FROM tokens WHERE pseudonym(u) <> $1), count(*) FROM tokens",
		fmt.Sprintf("3 %d %d", 3*(len(l.rows)-2), 3*len(l.rows)+4), pseudonymOf("a"))
}

// TestPseudonymKeyStaysSecret: the key stands in no SQL, explanation or error; where a SQL Server sees it, it is a parameter.
func TestPseudonymKeyStaysSecret(t *testing.T) {
	l := newLagoon(t)
	e := l.open(t, withPseudonyms)
	inner, outer := make([]byte, 64), make([]byte, 64)
	copy(inner, pseudonymKey)
	copy(outer, pseudonymKey)
	for i := range inner {
		inner[i], outer[i] = inner[i]^0x36, outer[i]^0x5c
	}
	secrets := []string{string(pseudonymKey[:8]), hex.EncodeToString(pseudonymKey[:8]), hex.EncodeToString(inner[:8]), hex.EncodeToString(outer[:8]), strings.Repeat("36", 8), strings.Repeat("5c", 8)}
	silent := func(where, text string) {
		for i, s := range secrets {
			if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
				t.Errorf("%s tells secret %d: %.2000s", where, i, text)
			}
		}
	}
	l.server.ClearRecord()
	for _, sql := range []string{
		"SELECT pseudonym(t), count(*) FROM tokens GROUP BY pseudonym(t) HAVING count(*) > 1 ORDER BY 1",
		"SELECT (SELECT count(*) FROM tokens WHERE pseudonym(t) = 'x'), (SELECT count(*) FROM tokens WHERE pseudonym(u) = 'x')",
		"SELECT l.n - v.n FROM (SELECT count(DISTINCT pseudonym(t)) AS n FROM tokens) l CROSS JOIN (SELECT count(DISTINCT pseudonym(n)) AS n FROM tokens) v",
		"SELECT a.id FROM tokens a JOIN tokens b ON pseudonym(a.t) = pseudonym(b.t) AND a.coop <> b.coop",
		"SELECT pseudonym(t), row_number() OVER (PARTITION BY pseudonym(s) ORDER BY id) FROM tokens",
	} {
		for _, analyze := range []bool{false, true} {
			x, err := e.Explain(t.Context(), sql, ExplainOptions{Analyze: analyze})
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			data, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			silent("EXPLAIN", x.Text())
			silent("EXPLAIN as JSON", string(data))
		}
	}
	asked := 0
	for _, s := range l.server.Statements() {
		silent("a statement of SQL Server", s.Text)
		for _, p := range s.Params {
			if text, ok := p.Value.(engine.String16); ok && strings.Contains(text.String(), secrets[2]) {
				asked++
			}
		}
	}
	if asked == 0 {
		t.Error("no statement had the key as a parameter")
	}
	for _, sql := range []string{
		"SELECT pseudonym(t, t) FROM tokens", "SELECT pseudonym(t)::integer FROM tokens", "SELECT pseudonym(t) / 2 FROM tokens", "SELECT 1 / (length(pseudonym(t)) - 64) FROM tokens",
		"SELECT (SELECT pseudonym(t) FROM tokens)", "SELECT $1 FROM tokens WHERE pseudonym(t) = 'x'", "SELECT pseudonym(t) FROM tokens LIMIT length(pseudonym('1'))",
	} {
		_, err := ask(t.Context(), e, sql)
		if err == nil {
			t.Errorf("%s is answered", sql)
			continue
		}
		silent(sql, fmt.Sprintf("%v %+v", err, err))
		for ; err != nil; err = errors.Unwrap(err) {
			silent("a cause of "+sql, fmt.Sprintf("%v %+v", err, err))
		}
	}
}

// TestPseudonymNeedsKey: an engine without a key refuses, at the place.
func TestPseudonymNeedsKey(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	fails(t, e, refused{"SELECT id, »pseudonym(name) FROM people", "42501", "", "secrets.pseudonym_key"})
	fails(t, e, refused{"SELECT »pseudonym(fee) FROM people", "42883", "", "numeric"})
}
