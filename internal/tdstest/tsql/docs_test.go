package tsql

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// reference is the page that says of each construct which page of the vendor's it rests on.
const reference = "../../../docs/tsql.md"

var (
	tableRow     = regexp.MustCompile(`^\| (.+?) \| (.+) \| (.+) \|$`)
	vendorPage   = regexp.MustCompile(`^\[[^]]+\]\(https://learn\.microsoft\.com/sql/[a-z0-9/-]+\)$`)
	functionName = regexp.MustCompile("^`([A-Z0-9_]+)`$")
)

// TestReference holds that docs/tsql.md lists the functions that the parser accepts and no others, and that each row of
// its tables names a page of the vendor's.
func TestReference(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	head := ""
	for _, line := range strings.Split(string(text), "\n") {
		m := tableRow.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(line, "|---") {
			continue
		}
		if m[3] == "reference" {
			head = m[1]
			continue
		}
		for _, link := range strings.Split(m[3], ", ") {
			if !vendorPage.MatchString(link) {
				t.Errorf("%s: %s is no page of the vendor's reference", m[1], link)
			}
		}
		if name := functionName.FindStringSubmatch(m[1]); head == "function" {
			if name == nil || listed[name[1]] {
				t.Errorf("%s: not a function's name, or listed twice", m[1])
				continue
			}
			listed[name[1]] = true
		}
	}
	for name := range functions {
		if !listed[name] {
			t.Errorf("docs/tsql.md does not list %s, which the parser accepts", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("docs/tsql.md lists %s, which the parser does not accept", name)
	}
	for _, name := range []string{"CAST", "CONVERT", "TRY_CAST", "TRY_CONVERT", "IIF", "CASE", "OPENJSON(x) WITH (…)", "AT TIME ZONE", "COLLATE"} {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/tsql.md does not list %s", name)
		}
	}
}
