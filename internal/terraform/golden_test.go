package terraform_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/internal/terraform"
)

var rewrite = flag.Bool("rewrite", false, "write the goldens anew")

// rest makes a configuration of what is imported.
const rest = "version: 1\ncoordinator: {region: '%'}\ntables:\n  currencies: {sharding: {strategy: reference}}\n"

// awkward is what every variable holds in these tests. It stands for a DSN, too.
const awkward = "host=h;p w"

// TestGoldens imports every document of testdata, compares with the YAML beside it, and reads that YAML as the rest of the program will.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found, err := terraform.Read(data, terraform.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := found.YAML()
			compare(t, strings.TrimSuffix(file, ".json")+".yaml", got)
			if secret := regexp.MustCompile(`(?i)s3cret|zanzibar`).Find(got); secret != nil {
				t.Errorf("%s was imported", secret)
			}
			usable(t, found)
		})
	}
}

func compare(t *testing.T, golden string, got []byte) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -run TestGoldens -rewrite; read the diff):\n%s", golden, got)
	}
}

// usable checks that the configuration's loader takes what was imported, and the drivers' own parsers the DSNs.
func usable(t *testing.T, found *terraform.Import) {
	t.Helper()
	for _, s := range loadable(t, found) {
		dsn := s.Connector().DSN
		if dsn == awkward {
			continue
		}
		switch s.Driver {
		case "postgres":
			p, err := pgconn.ParseConfig(dsn)
			if err != nil || p.User != awkward || p.Password != awkward || p.TLSConfig == nil || p.TLSConfig.InsecureSkipVerify {
				t.Errorf("shard %s: the DSN does not say what it should: %v", s.Name, err)
			}
		case "sqlserver":
			p, err := msdsn.Parse(dsn)
			entra := p.Parameters["fedauth"] != ""
			if err != nil || p.Port != 1433 || !entra && (p.User != awkward || p.Password != awkward) || strings.Contains(p.Database, `"`) {
				t.Errorf("shard %s: the DSN does not say what it should: %v", s.Name, err)
			}
		}
	}
}

// loadable checks that the configuration's loader takes what was imported, and asks for the variables that were named.
func loadable(t *testing.T, found *terraform.Import) []config.Shard {
	t.Helper()
	text := strings.Replace(rest, "%", found.Regions[0].Name, 1) + string(found.YAML())
	asked := map[string]bool{}
	c, err := config.Parse([]byte(text), "atoll.yaml", t.TempDir(), func(name string) (string, bool) { asked[name] = true; return awkward, true })
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(c.Shards) != len(found.Shards) {
		t.Fatalf("%d shards are read of %d", len(c.Shards), len(found.Shards))
	}
	for _, v := range found.Variables() {
		if !asked[v] {
			t.Errorf("variable %s is not read", v)
		}
		delete(asked, v)
	}
	if len(asked) > 0 {
		t.Errorf("Variables leaves out %v", asked)
	}
	return c.Shards
}

// TestNames: names of databases come through every layer of quoting unchanged.
func TestNames(t *testing.T) {
	for _, name := range []string{"coops", "member's db", `back\slash`, "dollar$1", "${NOT_A_VARIABLE}", "a=b", "größe", "semi;colon", `double"quote`, "{braces}", "#hash", "a: b"} {
		for _, driver := range []string{"postgres", "sqlserver"} {
			found, err := terraform.Read(shardsOutput(t, map[string]any{"x": map[string]any{
				"region": "us-east-1", "regulatory": "US", "driver": driver, "host": "h.example.com", "database": name}}), terraform.Options{})
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(rest, "%", "us-east-1", 1) + string(found.YAML())
			c, err := config.Parse([]byte(text), "atoll.yaml", t.TempDir(), func(string) (string, bool) { return awkward, true })
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			got := ""
			if dsn := c.Shards[0].Connector().DSN; driver == "postgres" {
				if p, err := pgconn.ParseConfig(dsn); err == nil {
					got = p.Database
				}
			} else if p, err := msdsn.Parse(dsn); err == nil {
				got = p.Database
			}
			if got != name {
				t.Errorf("%s: database %q arrives as %q", driver, name, got)
			}
		}
	}
}
