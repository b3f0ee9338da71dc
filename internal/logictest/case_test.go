package logictest

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	file, err := Parse("sample", `# about the file

== first
# why it is here
@ordered
@args 3 | 'it''s' | null | true
select 1
# part of the statement
@ too

== second
@error 22012
@keys 1, 3
@configs postgres mixed
@skip mixed: no such type
@pseudo
@float-tolerance
select 2
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Case{
		{Name: "first", File: "sample", Line: 3, Ordered: true, SQL: "select 1\n# part of the statement\n@ too",
			Args: []any{int64(3), "it's", nil, true}},
		{Name: "second", File: "sample", Line: 11, SQLState: "22012", Keys: []int{1, 3}, Pseudo: true, FloatTolerance: true,
			Configs: []string{"postgres", "mixed"}, Skip: map[string]string{"mixed": "no such type"}, SQL: "select 2"},
	}
	if !reflect.DeepEqual(file.Cases, want) {
		t.Errorf("got  %#v\nwant %#v", file.Cases, want)
	}
	for config, reason := range map[string]string{"postgres": "", "mixed": "no such type", "duckdb": "only for postgres, mixed"} {
		if got := file.Cases[1].Skipped(config); got != reason {
			t.Errorf("Skipped(%s) = %q, want %q", config, got, reason)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"select 1":                         "f.test:1: text before the first case",
		"== a\n\n== b\nselect 1":           "f.test:3: case a has no SQL",
		"== a\nselect 1\n== a\nselect 2":   "taken",
		"== a\n@orderd\nselect 1":          "f.test:2: unknown directive @orderd",
		"== a\n@error 220\nselect 1":       "five characters",
		"== a\n@keys 0\nselect 1":          "column numbers from 1",
		"== a\n@args 1.5\nselect 1":        "not an integer",
		"== a\n@skip mixed\nselect 1":      "configuration: reason",
		"== a\nselect 1;":                  "semicolon",
		"== a\nselect 1\n\n== b\n# only\n": "case b has no SQL",
	} {
		if _, err := Parse("f", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// TestCasesCoverTheTables keeps the number of cases from shrinking unseen, and every table in use.
func TestCasesCoverTheTables(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	count := 0
	for _, file := range files {
		for _, c := range file.Cases {
			count++
			all.WriteString(c.SQL + "\n")
			if c.Pseudo != strings.Contains(c.SQL, "atoll_") {
				t.Errorf("%s/%s: @pseudo and the statement disagree", c.File, c.Name)
			}
			if (c.Ordered || c.Keys != nil) && !strings.Contains(strings.ToLower(c.SQL), "order by") {
				t.Errorf("%s/%s: ordered without ORDER BY", c.File, c.Name)
			}
		}
	}
	if count < 500 {
		t.Errorf("%d cases", count)
	}
	for _, table := range newDataset(t).Tables {
		if !strings.Contains(all.String(), " "+table.Name) {
			t.Errorf("no case reads %s", table.Name)
		}
	}
}
