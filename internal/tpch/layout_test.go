package tpch

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
)

var rewrite = flag.Bool("rewrite", false, "write the configurations of testdata/tpch anew")

// TestConfigurations compares the configurations of layouts, every second shard a DuckDB file, with testdata/tpch/atoll-N.yaml.
func TestConfigurations(t *testing.T) {
	for _, n := range []int{3, 6} {
		shards := logictest.NewShards(n)
		for i := range shards {
			s := &shards[i]
			s.Driver, s.DSN, s.Schema = "postgres", "${"+strings.ToUpper(strings.ReplaceAll(s.Name, "-", ""))+"_DSN}", "public"
			if i%2 == 1 {
				s.Driver, s.DSN, s.Schema = "duckdb", s.Name+".duckdb", ""
			}
		}
		got := NewLayout(shards).ConfigYAML()
		path := filepath.Join("..", "..", "testdata", "tpch", fmt.Sprintf("atoll-%d.yaml", n))
		if *rewrite {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; go test ./internal/tpch -run TestConfigurations -rewrite writes it anew:\n%s", path, got)
		}
	}
}

func TestRegionsStayTogether(t *testing.T) {
	for n := 1; n <= 12; n++ {
		l := NewLayout(logictest.NewShards(n))
		holders := map[int64]map[int]bool{}
		for nation, shard := range l.byNation {
			region := nations[nation].region
			if holders[region] == nil {
				holders[region] = map[int]bool{}
			}
			holders[region][shard] = true
		}
		used := map[int]bool{}
		for region, shards := range holders {
			if n <= 5 && len(shards) != 1 {
				t.Errorf("of %d shards %d hold customers of %s", n, len(shards), regions[region])
			}
			for s := range shards {
				used[s] = true
			}
		}
		if len(used) != n {
			t.Errorf("of %d shards only %d hold customers", n, len(used))
		}
	}
}
