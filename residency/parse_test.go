package residency

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// testWorld is what the policies of these tests speak about: nothing is in eu-north-1.
var testWorld = World{
	Regions: map[string]string{"eu-central-1": "EU", "eu-north-1": "EU", "us-east-1": "US", "brazilsouth": "BR"},
	Tables:  []string{"members", "payments", "currencies"},
	Columns: map[string][]string{
		"members":  {"id", "name", "country", "tax_id", "consent"},
		"payments": {"id", "member_id", "amount", "currency", "paid_on", "consent"},
	},
	Coordinator: "eu-central-1",
	Sites:       []string{"eu-central-1", "us-east-1", "brazilsouth"},
}

// literal is a key that somebody wrote into a file; keyText is one that the environment holds.
var literal, keyText = strings.Repeat("c0ffee", 12), strings.Repeat("5a", 32)

func testEnv(name string) (string, bool) {
	v, ok := map[string]string{"KEY": keyText, "SHORT": "abcd", "WORDS": "correct horse", "EMPTY": ""}[name]
	return v, ok
}

// base is a policy of which the tests change one line.
const base = `version: 7
entities: {member: {members: id, payments: member_id}}
recipients: {hq: {region: us-east-1, expires: 2027-01-01, basis: "SCC-12"}}
columns: {members.tax_id: {output: never, compare: never}}
secrets: {pseudonym_key: "${KEY}"}
rules:
- id: aggregates
  effect: allow
  from: [eu-central-1]
  to: [us-east-1, hq]
  tables: [payments]
  columns: [amount, currency, paid_on]
  form: aggregate
  where: "consent = true"
  purposes: [finance]
  roles: [analyst]
  valid: {from: 2026-01-01, until: 2027-12-31}
  filter_columns: [currency, paid_on]
  aggregate: {functions: [sum, count, avg], group_by: [currency, paid_on], entity: member, min: 11, dominance: {largest: 2, percent: 85}, on_small: drop}
  sketch: {kinds: [hll], min: 1000, key: per_purpose}
  limits: {queries_per_day: 200, rows_per_day: 100000}
- id: names
  effect: deny
  tables: [members]
  columns: [name]
- {id: rows, effect: allow, from: [EU], to: [BR], tables: [members], columns: [country], form: rows}
- {id: tokens, effect: allow, from: [EU], to: [BR], tables: [members], columns: [id], plain_columns: [country], form: pseudonym}
- {id: sets, effect: allow, from: [EU], to: [BR], tables: [members], columns: [id], form: sketch, sketch: {kinds: [hll], entity: member, min: 1000}}
`

// errorCase changes base and says what is wrong then.
type errorCase struct {
	old, new string
	at       string // line:column
	text     string // contained in the message
	meaning  bool   // JSON Schema cannot see this fault
}

const (
	rowsLine   = "- {id: rows, effect: allow, from: [EU], to: [BR], tables: [members], columns: [country], form: rows}"
	denyLine   = "  columns: [name]"
	limitsLine = "columns: {members.tax_id: {output: never, compare: never}}"
	hqLine     = `recipients: {hq: {region: us-east-1, expires: 2027-01-01, basis: "SCC-12"}}`
	termsLine  = "functions: [sum, count, avg]"
)

var errorCases = []errorCase{
	{"version: 7", "", "2:1", "version is missing", false},
	{"version: 7", "version: 0", "1:10", "must be a whole number from 1", false},
	{"version: 7", "version: 7\nrule: []", "2:1", `unknown key "rule": did you mean rules?`, false},
	{"version: 7", "version: 7\nversion: 8", "2:1", "given already", true},
	{"rules:\n", "rules: &r\n", "6:8", "anchors", true},

	{"{members: id, payments", "{members: id, payment", "2:34", `unknown table "payment": did you mean payments?`, true},
	{"members: id,", "members: ID,", "2:30", `unknown column "ID": did you mean id?`, true},
	{"members: id,", "members: members.id,", "2:30", `"members.id" is a column with its table: write id alone`, true},
	{"entities: {member:", "entities: {-m:", "2:12", `"-m" is not a name for a kind of entity`, false},
	{"member: {members: id, payments: member_id}", "member: {}", "2:12", "entities.member is empty", false},
	{"region: us-east-1", "region: us-east", "3:27", `unknown region "us-east": did you mean us-east-1?`, true},
	{"region: us-east-1", "region: US", "3:27", `unknown region "US"`, true},
	{"expires: 2027-01-01", "expires: 2027-13-01", "3:47", "must be a day such as 2026-12-31", false},
	{"expires: 2027-01-01", "expires: 2027", "3:47", "must be a day", false},
	{"expires: 2027-01-01", "expire: 2027-01-01", "3:38", `unknown key "expire": did you mean expires?`, false},
	{hqLine, strings.Replace(hqLine, "region: us-east-1, ", "", 1), "3:14", "recipients.hq.region is missing", false},
	{"hq: {region", "EU: {region", "3:14", `recipient "EU" is called like a region`, true},
	{`"SCC-12"`, `"SCC\u001b[2J"`, "3:66", "characters that do not print", false},

	{"members.tax_id:", "tax_id:", "4:11", `"tax_id" is not a column of one of the tables: write table.column`, false},
	{"members.tax_id:", "member.tax_id:", "4:11", "did you mean members?", true},
	{"members.tax_id:", "members.taxid:", "4:11", `unknown column "taxid": did you mean tax_id?`, true},
	{"{output: never, compare: never}", "{}", "4:11", "says nothing", false},
	{"output: never", "output: rarely", "4:36", "use never", false},
	{limitsLine, "columns: {payments.amount: {output: never}}", "12:13", "rule aggregates permits what the policy forbids: payments.amount is output: never at line 4", true},
	{limitsLine, "columns: {payments.paid_on: {compare: never}}", "18:30", "payments.paid_on is compare: never at line 4", true},
	{limitsLine, "columns: {members.country: {output: never}}", "26:80", "rule rows permits what the policy forbids: members.country", true},
	{"plain_columns: [country]", "plain_columns: [tax_id]", "27:103", "members.tax_id is output: never", true},

	{`secrets: {pseudonym_key: "${KEY}"}`, "", "27:119", "form pseudonym needs a secret", true},
	{`"${KEY}"`, `"` + literal + `"`, "5:11", "a secret stands only in the environment", false},
	{`"${KEY}"`, `"correct`, "14:11", "not valid YAML", false},
	{`"${KEY}"`, "correct-horse", "5:11", "a secret stands only in the environment", false},
	{`"${KEY}"`, "12345678901234567890", "5:11", "a secret stands only in the environment", false},
	{`"${KEY}"`, `"${KEY}x"`, "5:11", "a secret stands only in the environment", false},
	{`"${KEY}"`, `"${KEY}${KEY}"`, "5:11", "a secret stands only in the environment", false},
	{`"${KEY}"`, `"${NOPE}"`, "5:26", "environment variable NOPE is not set", true},
	{`"${KEY}"`, `"${SHORT}"`, "5:26", "holds 2 bytes in hexadecimal digits, not 32 to 1024", true},
	{`"${KEY}"`, `"${WORDS}"`, "5:26", "must hold hexadecimal digits", true},
	{`"${KEY}"`, `"${EMPTY}"`, "5:26", "holds 0 bytes", true},
	{`{pseudonym_key: "${KEY}"}`, `{key: ` + literal + `}`, "5:1", "secrets.pseudonym_key is missing", false},

	{"- id: aggregates", "- id: 'a b'", "7:7", `"a b" is not a name for a rule`, false},
	{"- id: names", "- id: aggregates", "22:7", "rule aggregates both allows and denies, see line 7", true},
	{"{id: rows,", "{id: tokens,", "27:8", "rule tokens is given already at line 26", true},
	{"- id: names\n  effect: deny\n", "- effect: deny\n", "22:3", "rules[1].id is missing", false},
	{"effect: deny", "effect: forbid", "23:11", `effect "forbid" is not supported by this version: use allow or deny`, false},
	{"  effect: deny\n", "", "22:3", "rules[1].effect is missing", false},
	{"from: [eu-central-1]", "from: [eu-centrl-1]", "9:10", `unknown region or jurisdiction "eu-centrl-1": did you mean eu-central-1?`, true},
	{"from: [eu-central-1]", "from: [hq]", "9:10", `"hq" is a recipient`, true},
	{"from: [eu-central-1]", "from: eu-central-1", "9:9", "rules[0].from needs a list, not text: write [eu-central-1]", false},
	{"from: [eu-central-1]", "from: []", "9:3", "is an empty list", false},
	{"from: [eu-central-1]", "from: [EU, EU]", "9:14", `"EU" is listed twice`, false},
	{"  from: [eu-central-1]\n", "", "7:3", "rules[0].from is missing", false},
	{"to: [us-east-1, hq]", "to: [us-east-1, hk]", "10:19", `unknown region, jurisdiction or recipient "hk"`, true},
	{"tables: [payments]", "tables: [paymnts]", "11:12", `unknown table "paymnts": did you mean payments?`, true},
	{"tables: [payments]", "tables: ['*']", "11:12", `unknown table "*"`, true},
	{"columns: [amount, currency, paid_on]", "columns: ['*']", "12:13", "* is not a column: name the columns one by one", false},
	{"columns: [amount, currency, paid_on]", "columns: [payments.amount]", "12:13", "write amount alone", true},
	{"columns: [amount, currency, paid_on]", "columns: [name]", "12:13", `unknown column "name"`, true},
	{"columns: [amount, currency, paid_on]", "columns: ['amount ']", "12:13", "begins or ends with a space", false},
	{"columns: [amount, currency, paid_on]", "columns:", "12:3", "needs a list, not nothing", false},
	{"form: aggregate", "form: aggregates", "13:9", "use rows, pseudonym, aggregate or sketch", false},
	{"form: aggregate", "form: rows", "19:3", "aggregate has no meaning under form: rows", false},
	{"form: aggregate", "form: sketch", "19:3", "aggregate has no meaning under form: sketch", false},
	{`where: "consent = true"`, `where: " "`, "14:10", "rules[0].where is empty", false},
	{`where: "consent = true"`, `where: true`, "14:10", "needs text, not a boolean", false},
	{`where: "consent = true"`, `where: "consent\u202e = true"`, "14:10", "characters that do not print", true},
	{"purposes: [finance]", "purposes: []", "15:3", "name something, or leave the key out", false},
	{"roles: [analyst]", "roles: [7]", "16:11", "needs text, not an integer", false},
	{"roles: [analyst]", "role: [analyst]", "16:3", `unknown key "role": did you mean roles?`, false},
	{"until: 2027-12-31", "until: 2025-12-31", "17:36", "ends on 2025-12-31, before it begins on 2026-01-01", true},
	{"until: 2027-12-31", "until: 2027-02-29", "17:36", "must be a day", true},
	{"valid: {from: 2026-01-01, until: 2027-12-31}", "valid: {}", "17:3", "is empty: add from, until or both", false},
	{"filter_columns: [currency, paid_on]", "filter_columns: [currency, paidon]", "18:30", "did you mean paid_on?", true},
	{termsLine, "functions: [string_agg]", "19:27", `unknown function "string_agg": functions that a rule can permit are count,`, false},
	{termsLine, "functions: [SUM]", "19:27", "did you mean sum?", false},
	{termsLine, "functions: []", "19:15", "is an empty list", false},
	{termsLine + ", ", "", "19:3", "aggregate.functions is missing", false},
	{"group_by: [currency, paid_on]", "group_by: [curency]", "19:56", "did you mean currency?", true},
	{"entity: member", "entity: membr", "19:84", `unknown kind of entity "membr": did you mean member?`, true},
	{"payments: member_id}", "currencies: code}", "19:84", "entity member has no column in table payments", true},
	{"entity: member, ", "", "19:3", "aggregate.entity is missing", false},
	{"min: 11", "min: 0", "19:97", "must be a whole number from 1", false},
	{"min: 11", "min: -3", "19:97", "must be a whole number from 1", false},
	{"min: 11", "min: 11.5", "19:97", "needs an integer, not a number", false},
	{"min: 11, ", "", "19:3", "aggregate.min is missing", false},
	{"largest: 2, ", "", "19:101", "dominance.largest is missing", false},
	{"percent: 85", "percent: 101", "19:134", "from 1 to 100", false},
	{"percent: 85", "percent: 0", "19:134", "from 1 to 100", false},
	{"on_small: drop", "on_small: keep", "19:149", "use drop, remainder or error", false},
	{"kinds: [hll], min: 1000, key", "kinds: [cpc], min: 1000, key", "20:20", `unknown kind of sketch "cpc"`, false},
	{"key: per_purpose", "key: shared", "20:42", "use per_purpose", false},
	{"min: 1000, key", "min: 0, key", "20:31", "must be a whole number from 1", false},
	{"queries_per_day: 200", "queries_per_day: 0", "21:29", "must be a whole number from 1", false},
	{"queries_per_day: 200, rows_per_day: 100000", "", "21:3", "is empty", false},
	{denyLine, denyLine + "\n  form: rows", "26:3", "a deny rule takes no form", false},
	{denyLine, denyLine + "\n  where: consent", "26:3", "a deny rule takes no where", false},
	{denyLine, "  columns: []", "25:3", "is an empty list", false},
	{rowsLine, strings.Replace(rowsLine, ", columns: [country]", "", 1), "26:3", "columns is missing", false},
	{rowsLine, strings.Replace(rowsLine, ", form: rows", "", 1), "26:3", "form is missing", false},
	{rowsLine, strings.Replace(rowsLine, "form: rows", "form: aggregate", 1), "26:3", "aggregate is missing", false},
	{rowsLine, strings.Replace(rowsLine, "form: rows", "form: rows, plain_columns: [id]", 1), "26:102", "plain_columns has no meaning under form: rows", false},
	{rowsLine, strings.Replace(rowsLine, "form: rows", "form: rows, sketch: {kinds: [hll], min: 9}", 1), "26:102", "only under aggregate and sketch", false},
	{"[hll], entity: member", "[hll]", "28:99", "sketch.entity is missing", false},
	{"[hll], entity: member", "[hll], entity: payer", "28:130", `unknown kind of entity "payer"`, true},
	{"[hll], entity: member", "[hll], entity: member, precision: 3", "28:149", "must be a whole number from 4 to 18", false},
	{"[hll], entity: member", "[hll], entity: member, precision: 19", "28:149", "must be a whole number from 4 to 18", false},
	{"[hll], entity: member", "[hll], entity: member, group_by: [names]", "28:149", "unknown column \"names\"", true},
	{"[hll], entity: member", "[hll], entity: member, group_by: [tax_id]", "28:149", "members.tax_id is output: never", true},
	{"[hll], entity: member", "[hll], entity: member, key: mine", "28:143", "use per_purpose or none", false},
	{"form: sketch, sketch: {kinds: [hll], entity: member, min: 1000}", "form: sketch", "28:3", "sketch is missing", false},
	{rowsLine, "- rows", "26:3", "needs a mapping, not text", false},
	{"rules:\n", "rules: {}\nx:\n", "6:1", "rules needs a list, not a mapping", false},
}

func parse(text string) (*Policy, error) {
	return Parse([]byte(text), "residency.yaml", testWorld, testEnv)
}

func TestErrors(t *testing.T) {
	if _, err := parse(base); err != nil {
		t.Fatal(err)
	}
	for _, c := range errorCases {
		text := strings.Replace(base, c.old, c.new, 1)
		if text == base {
			t.Errorf("%q changes nothing", c.old)
		}
		p, err := parse(text)
		var first *FileError
		if p != nil || !errors.As(err, &first) {
			t.Errorf("%q: %v, %v", c.new, p, err)
			continue
		}
		if at := fmt.Sprintf("%d:%d", first.Line, first.Column); at != c.at || !strings.Contains(first.Text, c.text) {
			t.Errorf("%q: want %s %q, got\n%v", c.new, c.at, c.text, err)
		}
		for _, key := range []string{literal, keyText, "correct", "1234567890"} {
			if strings.Contains(err.Error(), key) {
				t.Errorf("%q: the error tells the key:\n%v", c.new, err)
			}
		}
	}
}

func TestParse(t *testing.T) {
	p, err := parse(base)
	if err != nil {
		t.Fatal(err)
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	want := &Rule{
		ID: "aggregates", From: []string{"eu-central-1"}, To: []string{"us-east-1", "hq"}, Tables: []string{"payments"},
		Columns: []string{"amount", "currency", "paid_on"}, Form: Aggregate, Where: "consent = true", WherePos: Position{Line: 14, Column: 10},
		Purposes: []string{"finance"}, Roles: []string{"analyst"}, ValidFrom: day(2026, 1, 1), ValidUntil: day(2028, 1, 1),
		FilterColumns: []string{"currency", "paid_on"},
		Aggregate: &AggregateTerms{Functions: []string{"sum", "count", "avg"}, GroupBy: []string{"currency", "paid_on"}, Entity: "member", Min: 11,
			Dominance: &Dominance{Largest: 2, Percent: 85}},
		Sketch: &SketchTerms{Kinds: []string{"hll"}, GroupBy: []string{"currency", "paid_on"}, Entity: "member", Min: 1000, Key: "per_purpose", Precision: 14},
		Limits: Limits{QueriesPerDay: 200, RowsPerDay: 100000}, Pos: Position{Line: 7, Column: 7},
	}
	if !reflect.DeepEqual(p.Rules[0], want) {
		t.Errorf("%+v\nnot %+v", p.Rules[0], want)
	}
	if r := p.Rules[1]; r.ID != "names" || r.Effect != Deny || r.From != nil || r.Columns[0] != "name" {
		t.Errorf("%+v", r)
	}
	if r := p.Rules[3]; r.Form != Pseudonym || r.PlainColumns[0] != "country" {
		t.Errorf("%+v", r)
	}
	hq := Recipient{Name: "hq", Region: "us-east-1", Expires: day(2027, 1, 1), Basis: "SCC-12", Pos: Position{Line: 3, Column: 14}}
	if *p.Recipients["hq"] != hq || p.Entities["member"].Columns["payments"] != "member_id" {
		t.Errorf("%+v %+v", p.Recipients["hq"], p.Entities["member"])
	}
	if l := p.Columns[ColumnName{"members", "tax_id"}]; !l.NoOutput || !l.NoCompare || l.Pos.Line != 4 {
		t.Errorf("%+v", l)
	}
	if key, err := hex.DecodeString(keyText); err != nil || !bytes.Equal(p.PseudonymKey, key) {
		t.Errorf("the key is not the variable's: %v", err)
	}
	if p.Version != 7 || len(p.Hash) != 64 {
		t.Errorf("%d %s", p.Version, p.Hash)
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	p, err := parse(base)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb+verb+"\n", p, p.PseudonymKey)
	}
	text, err := json.Marshal(p.PseudonymKey)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	for _, form := range []string{keyText, "90 90 90", "0x5a", "ZZZZ", "Wlpa"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the key is printed as %s", form)
		}
	}
}

func TestNamesWithTwoMeanings(t *testing.T) {
	world := World{Regions: map[string]string{"br": "br", "br-south": "br", "x": "y", "y": "y"}, Tables: []string{"t", "t.u"}}
	for text, want := range map[string]string{
		"rules: [{id: a, effect: deny, from: [br]}]":              `"br" is a region and also the jurisdiction of br-south`,
		"rules: [{id: a, effect: deny, to: [y]}]":                 `"y" is a region and also the jurisdiction of x`,
		"rules: [{id: a, effect: deny, to: [br-south]}]":          "",
		"columns: {t.u.v: {output: never}}\nrules: []":            `"t.u.v" is not a column of one of the tables`,
		"columns: {t.v: {output: never}}\nrules: []":              "",
		"rules: [{id: a, effect: deny, tables: [t], columns: v}]": "needs a list",
	} {
		p, err := Parse([]byte("version: 1\n"+text), "r", world, testEnv)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || p != nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := parse("version: x\nentities: {m: {t: c}}\nrules:\n- {id: a, effect: allow}\n- {effect: deny, roles: []}\n")
	var all FileErrors
	if !errors.As(err, &all) || len(all) != 9 {
		t.Errorf("%d faults:\n%v", len(all), err)
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "residency.yaml")
	if err := os.WriteFile(path, []byte(base), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Load(path, testWorld, testEnv)
	if err != nil || p.File != path {
		t.Fatal(p, err)
	}
	if err := os.WriteFile(path, []byte(base+"x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Load(path, testWorld, testEnv); p != nil || err == nil {
		t.Errorf("a broken file gives %v, %v", p, err)
	}
	if p, err := Load(path+".none", testWorld, testEnv); p != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v, %v", p, err)
	}
}
