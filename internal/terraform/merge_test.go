package terraform_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/terraform"
)

const skeleton = `# Our shards.
version: 1
coordinator: {region: us-east-1}
regions:
    us-east-1: {jurisdiction: US} # home
shards:
    # the first one
    us-0:
        region: us-east-1
        driver: postgres
        dsn: >-
          ${US0_DSN}

# How the tables are spread.
tables: {currencies: {sharding: {strategy: reference}}}
`

func imported(t *testing.T, resources ...string) *terraform.Import {
	t.Helper()
	found, err := terraform.Read([]byte(at(resources...)), terraform.Options{WholeDSN: true})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestMerge(t *testing.T) {
	found := imported(t, eu1)
	got, notes, err := found.Merge([]byte(skeleton), "atoll.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(skeleton, "# home\n", "# home\n    eu-central-1: {jurisdiction: EU}\n", 1)
	want = strings.Replace(want, "${US0_DSN}\n", "${US0_DSN}\n    # aws_db_instance.a\n    eu-1: {region: eu-central-1, driver: postgres, dsn: \"${ATOLL_EU_1_DSN}\"}\n", 1)
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
	if len(notes) != 1 || notes[0] != "1 regions and 1 shards added, 0 shards were there already" {
		t.Errorf("notes %q", notes)
	}
	again, _, err := found.Merge(got, "atoll.yaml")
	if err != nil || string(again) != want {
		t.Errorf("a second import changes the file, or fails: %v\n%s", err, again)
	}
}

// TestMergeKeeps: what stands in the file counts, and a difference that matters is refused.
func TestMergeKeeps(t *testing.T) {
	found := imported(t, eu1)
	merged, _, err := found.Merge([]byte(skeleton), "atoll.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := string(merged)
	other := strings.Replace(file, "${ATOLL_EU_1_DSN}", "${MINE}", 1)
	if got, notes, err := found.Merge([]byte(other), "atoll.yaml"); err != nil || string(got) != other || !strings.Contains(notes[0], "another DSN, which is kept") {
		t.Errorf("%v, %q", err, notes)
	}
	for _, c := range []struct{ name, file, want string }{
		{"jurisdiction", strings.Replace(file, "jurisdiction: EU", "jurisdiction: US", 1), `with jurisdiction "US"`},
		{"silent jurisdiction", strings.Replace(file, "{jurisdiction: EU}", "{}", 1), `with jurisdiction "eu-central-1"`},
		{"region", strings.Replace(file, "eu-1: {region: eu-central-1", "eu-1: {region: us-east-1", 1), "with another region"},
		{"driver", strings.Replace(file, "driver: postgres, dsn", "driver: sqlserver, dsn", 1), "with another driver"},
		{"braces", "version: 1\nregions: {us-east-1: {jurisdiction: US}}\nshards:\n", "does not have its entries on lines of their own"},
		{"a second document", "version: 1\n...\n", "would not be valid"},
	} {
		_, _, err := found.Merge([]byte(c.file), "atoll.yaml")
		if !errors.Is(err, terraform.ErrMerge) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestMergeBehind: entries come behind the last one, and before what introduces the next section.
func TestMergeBehind(t *testing.T) {
	found := imported(t, pg("b", "us-east-1", tags("us-1", "US"), ""))
	const file = "regions:\n  us-east-1: {jurisdiction: US}\nshards:\n  x: {}\n# between\n  y: {}\n\n# tables\ntables: {}\n"
	got, _, err := found.Merge([]byte(file), "atoll.yaml")
	if want := strings.Replace(file, "y: {}\n", "y: {}\n  # aws_db_instance.b\n  us-1: {region: us-east-1, driver: postgres, dsn: \"${ATOLL_US_1_DSN}\"}\n", 1); err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestMergeShapes: files of other shapes get what is missing, and no line of theirs changes.
func TestMergeShapes(t *testing.T) {
	found := imported(t, eu1, pg("b", "us-east-1", tags("us-1", "US"), ""))
	for _, file := range []string{
		"version: 1",
		"version: 1\nregions:\nshards:\n",
		"shards:\n  x: {region: r, driver: duckdb, dsn: x}\n# end",
		"version: 1\r\nregions:\r\n  r: {}\r\n\r\nshards: # here\r\n  x: {region: r, driver: duckdb, dsn: x}\r\n",
		"regions:\n r: {}\nshards:\n x:\n  region: r\n  dsn: |\n   a\n\n   b\n",
		"shards:\n  x: {region: r,\n    driver: duckdb, dsn: x}\n\n  # last words\n\ntables: {}\n",
	} {
		got, _, err := found.Merge([]byte(file), "atoll.yaml")
		if err != nil {
			t.Errorf("%q: %v", file, err)
			continue
		}
		rest := string(got)
		for line := range strings.Lines(file) {
			_, after, is := strings.Cut(rest, strings.TrimSpace(line))
			if !is {
				t.Errorf("%q lost %q:\n%s", file, line, got)
			}
			rest = after
		}
		for _, shard := range found.Shards {
			if strings.Count(string(got), " "+shard.Name+": {region: "+shard.Region) != 1 {
				t.Errorf("%q has no %s:\n%s", file, shard.Name, got)
			}
		}
	}
}
