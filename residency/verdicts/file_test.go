package verdicts

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const base = `version: 1
queries:
- name: sums leave
  sql: SELECT sum(amount) FROM payments WHERE paid_on > $1
  args: ["2026-01-01", 7]
  user: ann
  roles: [analyst]
  purpose: finance
  client_region: us-east-1
  on: 2026-11-30
  expect: allow
  rule: payments-out
  keeps: [fewer than 11]
- name: names stay
  sql: SELECT name FROM members
  expect: refuse
  because: never leaves
`

func TestParse(t *testing.T) {
	f, err := Parse([]byte(base), "v.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []Expectation{
		{Name: "sums leave", Line: 3, SQL: "SELECT sum(amount) FROM payments WHERE paid_on > $1", Args: []string{"2026-01-01", "7"}, User: "ann",
			Roles: []string{"analyst"}, Purpose: "finance", ClientRegion: "us-east-1", On: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
			Allow: true, Rule: "payments-out", Keeps: []string{"fewer than 11"}},
		{Name: "names stay", Line: 14, SQL: "SELECT name FROM members", Because: "never leaves"},
	}
	if !reflect.DeepEqual(f.Queries, want) {
		t.Errorf("%+v", f.Queries)
	}
}

// errorCases change one part of base; meaning says that the fault is none of form, which a schema could see.
var errorCases = []struct {
	old, new, text string
	meaning        bool
}{
	{"version: 1", "version: 2", "v.yaml:1:10: version", false},
	{"version: 1\n", "", "version is missing", false},
	{"expect: refuse", "expect: deny", `v.yaml:16:11: expect: "deny"`, false},
	{"  expect: refuse\n", "", "v.yaml:14:3: ", false},
	{"  sql: SELECT name FROM members\n", "", "sql is missing", false},
	{"because: never leaves", "keeps: [x]", "keeps says nothing of a query that the policy is to refuse", false},
	{"  keeps: [fewer than 11]", "  because: x", "because says nothing of a query that the policy is to allow", false},
	{"name: names stay", "name: sums leave", `v.yaml:14:9: the name "sums leave" is given already, in line 3`, true},
	{"on: 2026-11-30", "on: tomorrow", "v.yaml:10:7: queries[0].on must be a day", false},
	{"on: 2026-11-30", "on: 2026-02-30", "must be a day", true},
	{"roles: [analyst]", "role: analyst", `"role"`, false},
	{"roles: [analyst]", "roles: analyst", "roles", false},
	{"purpose: finance", "purpose: [finance]", "purpose", false},
	{`["2026-01-01", 7]`, `[{a: b}]`, "args[0] needs a single value", false},
}

func TestFaults(t *testing.T) {
	for _, c := range errorCases {
		text := strings.Replace(base, c.old, c.new, 1)
		if text == base {
			t.Fatalf("%q is not in the file", c.old)
		}
		if _, err := Parse([]byte(text), "v.yaml"); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%q: %v", c.new, err)
		}
	}
	if _, err := Parse([]byte("version: 1\nqueries: []\n"), "v.yaml"); err == nil || !strings.Contains(err.Error(), "would test nothing") {
		t.Error(err)
	}
}

// TestSchemaAgreesWithParser holds the schema to the parser: what the parser refuses for its form, the schema refuses.
func TestSchemaAgreesWithParser(t *testing.T) {
	file, err := os.Open("../../verdicts.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("verdicts.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("verdicts.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text string) error {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return err
		}
		return schema.Validate(v)
	}
	if err := validate(base); err != nil {
		t.Error(err)
	}
	for _, c := range errorCases {
		err := validate(strings.Replace(base, c.old, c.new, 1))
		if refused := err != nil; refused == c.meaning {
			t.Errorf("%q: schema says %v", c.new, err)
		}
	}
	demo, err := os.ReadFile("../../cmd/atoll/internal/demo/verdicts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(string(demo)); err != nil {
		t.Error(err)
	}
}

func TestWrong(t *testing.T) {
	allow := Expectation{Allow: true, Rule: "a", Keeps: []string{"fewer than 11"}}
	refuse := Expectation{Rule: "a", Because: "never"}
	allowed := Verdict{Rules: []string{"b", "a"}, Terms: []string{"groups of fewer than 11 are left out", "x"}}
	refused := Verdict{Refused: true, Rules: []string{"a"}, Because: "it never leaves"}
	for i, c := range []struct {
		e    Expectation
		v    Verdict
		want string
	}{
		{allow, allowed, ""},
		{refuse, refused, ""},
		{Expectation{Allow: true}, Verdict{}, ""},
		{allow, refused, "refused: it never leaves"},
		{refuse, allowed, "allowed by b, a"},
		{refuse, Verdict{}, "allowed, since nothing leaves a region"},
		{allow, Verdict{Rules: []string{"b"}, Terms: allowed.Terms}, "allowed by b, not by rule a"},
		{allow, Verdict{Rules: []string{"a"}}, `allowed by a, but "fewer than 11" does not hold: nothing is held back`},
		{refuse, Verdict{Refused: true, Rules: []string{"b"}, Because: "never"}, "refused, but not for rule a: never"},
		{refuse, Verdict{Refused: true, Rules: []string{"a"}, Because: "no"}, `refused, but not because of "never": no`},
		{refuse, Verdict{Failed: "no such table"}, "cannot be judged: no such table"},
		{allow, Verdict{Failed: "no such table"}, "cannot be judged: no such table"},
	} {
		if got := c.e.Wrong(c.v); got != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
}
