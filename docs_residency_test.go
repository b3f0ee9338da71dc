package atoll

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/residency"
)

// residencyPage is held to the code: what it calls a clause is one, every key of a policy's file is in it, its policies load, and its queries get the
// verdicts that it says.
const residencyPage = "docs/residency.md"

func readResidencyPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(residencyPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pageSection is the text from a heading of the page to the next one that is no deeper.
func pageSection(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", residencyPage, heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	for i := 2; i <= len(level); i++ {
		rest, _, _ = strings.Cut(rest, "\n"+strings.Repeat("#", i)+" ")
	}
	return rest
}

// tableRows are the cells of a section's tables, without headings.
func tableRows(section string) [][]string {
	var out [][]string
	lines := strings.Split(section, "\n")
	for i, l := range lines {
		if !strings.HasPrefix(l, "| ") || i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(l, "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		out = append(out, cells)
	}
	return out
}

// quotedIn are the texts between backquotes.
func quotedIn(text string) []string {
	var out []string
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

func TestResidencyPageClauses(t *testing.T) {
	var listed []string
	for _, row := range tableRows(pageSection(t, readResidencyPage(t), "## What is checked")) {
		listed = append(listed, quotedIn(row[0])...)
	}
	clauses := residency.Clauses()
	slices.Sort(listed)
	slices.Sort(clauses)
	if !slices.Equal(listed, clauses) {
		t.Errorf("%s lists the clauses\n%v\nthe check has\n%v", residencyPage, listed, clauses)
	}
}

func TestResidencyPageKeys(t *testing.T) {
	text, err := os.ReadFile("residency.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, row := range tableRows(pageSection(t, readResidencyPage(t), "## The policy's file")) {
		for _, key := range quotedIn(row[0]) {
			listed[key[strings.LastIndex(key, ".")+1:]] = true
		}
	}
	for _, key := range schemaKeys(schema) {
		if !listed[key] {
			t.Errorf("%s does not list the key %s", residencyPage, key)
		}
		delete(listed, key)
	}
	for key := range listed {
		t.Errorf("%s lists %s, which is no key", residencyPage, key)
	}
}

// schemaKeys are the names of all properties of a JSON Schema.
func schemaKeys(schema any) []string {
	var out []string
	switch s := schema.(type) {
	case map[string]any:
		for name, below := range s {
			if properties, ok := below.(map[string]any); ok && name == "properties" {
				for key := range properties {
					out = append(out, key)
				}
			}
			out = append(out, schemaKeys(below)...)
		}
	case []any:
		for _, below := range s {
			out = append(out, schemaKeys(below)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestResidencyPageVerdicts(t *testing.T) {
	t.Setenv("PSEUDONYM_KEY", strings.Repeat("7e", 32))
	page := readResidencyPage(t)
	policies := fencedYAML(page)
	if len(policies) == 0 {
		t.Fatalf("%s shows no policy", residencyPage)
	}
	dir := t.TempDir()
	for i, text := range policies {
		openPagePolicy(t, dir, text, i)
	}
	e := openPagePolicy(t, dir, policies[0], len(policies))
	rows := tableRows(pageSection(t, page, "### Questions and verdicts"))
	if len(rows) < 15 {
		t.Fatalf("%d questions", len(rows))
	}
	for _, row := range rows {
		t.Run(row[0], func(t *testing.T) { holdVerdict(t, e, quotedIn(row[0])[0], pageCaller(t, row[1]), row[2]) })
	}
}

// fencedYAML are the page's policies.
func fencedYAML(page string) []string {
	var out []string
	for i, part := range strings.Split(page, "```") {
		if text, ok := strings.CutPrefix(part, "yaml\n"); ok && i%2 == 1 && strings.Contains(text, "rules:") {
			out = append(out, text)
		}
	}
	return out
}

// pageCaller reads the flags of the command line.
func pageCaller(t *testing.T, cell string) Caller {
	t.Helper()
	var c Caller
	for _, flag := range strings.Split(strings.Join(quotedIn(cell), " "), "--") {
		name, value, _ := strings.Cut(strings.TrimSpace(flag), " ")
		switch name {
		case "":
		case "purpose":
			c.Purpose = value
		case "role":
			c.Roles = append(c.Roles, value)
		case "client-region":
			c.ClientRegion = value
		default:
			t.Fatalf("unknown flag %q", name)
		}
	}
	return c
}

// holdVerdict compares what becomes of a query with what the page says: "refused", with words of the message in backquotes; "leaves by", with the
// rules; "nothing leaves"; each may be followed by "the answer is" and rows in backquotes, columns separated by a comma.
func holdVerdict(t *testing.T, e *Engine, sql string, c Caller, says string) {
	got, err := answerOf(t.Context(), e.As(c), sql)
	var refusal *Error
	if strings.HasPrefix(says, "refused") {
		if !errors.As(err, &refusal) || refusal.Kind != KindResidency {
			t.Fatalf("not refused: %v", err)
		}
		for _, words := range quotedIn(says) {
			if !strings.Contains(refusal.Text, words) {
				t.Errorf("refused without %q: %s", words, refusal.Text)
			}
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.As(c).Explain(t.Context(), sql, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, crossing := range x.Crossings {
		rules = append(rules, crossing.Rules()...)
	}
	slices.Sort(rules)
	verdict, answer, shown := strings.Cut(says, "the answer is")
	want := quotedIn(verdict)
	slices.Sort(want)
	if rules = slices.Compact(rules); !slices.Equal(rules, want) || len(want) == 0 && !strings.HasPrefix(says, "nothing leaves") {
		t.Errorf("leaves by %v", rules)
	}
	if shown {
		if rows := rowTexts(got.Rows); !slices.Equal(rows, quotedIn(answer)) {
			t.Errorf("the answer is %q", rows)
		}
	}
}

func rowTexts(rows [][]logictest.Cell) []string {
	var out []string
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			if cells[i] = c.Text; c.Null {
				cells[i] = "NULL"
			}
		}
		out = append(out, strings.Join(cells, ", "))
	}
	return out
}

// openPagePolicy opens an engine over the page's world: that of the demo, with fewer people.
func openPagePolicy(t *testing.T, dir, policy string, n int) *Engine {
	t.Helper()
	config := `version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, brazilsouth: {jurisdiction: BR}, us-east-1: {jurisdiction: US}}
shards:
  eu-1: {region: eu-central-1, driver: duckdb, dsn: eu-1.duckdb}
  br-1: {region: brazilsouth, driver: duckdb, dsn: br-1.duckdb}
  us-1: {region: us-east-1, driver: duckdb, dsn: us-1.duckdb}
tables:
  cooperatives: {sharding: {strategy: lookup, key: [id], map: {eu-1: [101, 102], br-1: [201, 202], us-1: [301, 302]}}}
  members: {sharding: {key: [cooperative_id]}, colocated_with: cooperatives}
  payments: {sharding: {key: [cooperative_id]}, colocated_with: cooperatives}
  currencies: {sharding: {strategy: reference}}
residency: residency.yaml
audit: {dir: audit-` + fmt.Sprint(n) + `, sync: none}
`
	if n == 0 {
		for i, shard := range []string{"eu-1", "br-1", "us-1"} {
			if err := duckdb.Exec(t.Context(), filepath.Join(dir, shard+".duckdb"), pageRows(100*(i+1))...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "residency.yaml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig([]byte(config), dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	on := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	e, err := Open(t.Context(), cfg, WithDriver("duckdb", duckdb.Open), WithClock(func() time.Time { return on }), WithInvariantChecks())
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

// pageRows are a shard's: two cooperatives of 40 members each, of whom every fourth does not consent, with a payment a month; three pay the last in
// cash, and one has paid far more than all others in March.
func pageRows(first int) []string {
	return []string{
		`CREATE TABLE cooperatives (id integer NOT NULL, name text NOT NULL, city text NOT NULL)`,
		fmt.Sprintf(`INSERT INTO cooperatives VALUES (%d, 'North %d', 'A'), (%d, 'South %d', 'B')`, first+1, first, first+2, first),
		`CREATE TABLE members (id bigint NOT NULL, cooperative_id integer NOT NULL, name text, tax_id text, joined date, consent boolean)`,
		fmt.Sprintf(`INSERT INTO members SELECT %d + i, %d + i %% 2, 'Name ' || i, 'T' || i, DATE '2020-01-01', CASE i %% 8 WHEN 0 THEN false WHEN 1 THEN NULL ELSE true END
			FROM range(80) AS r(i)`, 1000*first, first+1),
		`CREATE TABLE payments (member_id bigint, cooperative_id integer NOT NULL, amount numeric(12,2), currency text, due date, method text)`,
		fmt.Sprintf(`INSERT INTO payments SELECT %d + i, %d + i %% 2, CASE WHEN i = 2 AND m = 3 THEN 90000 ELSE 100 END, 'C' || %d, make_date(2026, m::integer, 1),
			CASE WHEN i < 6 AND i %% 2 = 0 AND m = 5 THEN 'cash' ELSE 'transfer' END FROM range(80) AS r(i), range(1, 6) AS s(m)`, 1000*first, first+1, first),
		`CREATE TABLE currencies (code text NOT NULL, rate numeric(12,6) NOT NULL)`,
		`INSERT INTO currencies VALUES ('C100', 1), ('C200', 0.2), ('C300', 0.9)`,
	}
}
