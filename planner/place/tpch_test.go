package place_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/internal/tpch"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
)

// TestTPCHPlans compares the plans of TPC-H's 22 queries with testdata/tpch/plans: over four PostgreSQL shards at scale 1, as their
// estimates would be if these were exact.
func TestTPCHPlans(t *testing.T) {
	w := tpchWorld(t)
	datadriven.RunTest(t, filepath.Join(root, "testdata", "tpch", "plans"), func(t *testing.T, d *datadriven.TestData) string {
		number, err := strconv.Atoi(d.Input)
		if err != nil || d.Cmd != "query" {
			d.Fatalf(t, "write query, and below it a number from 1 to %d", tpch.QueryCount)
		}
		q, err := tpch.Query("postgres", number)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.Plan(q.SQL, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Plan(q.SQL, nil, allOff()); err != nil {
			t.Errorf("with everything off: %v", err)
		}
		return w.Render(p)
	})
}

func allOff() map[string]bool {
	off := map[string]bool{}
	for _, name := range place.Switches {
		off[name] = true
	}
	return off
}

// rowsAtScale1 are the rows of the tables at scale 1, and distinctAtScale1 the different values of those columns of few.
var (
	rowsAtScale1 = map[string]int64{"region": 5, "nation": 25, "part": 200_000, "supplier": 10_000, "partsupp": 800_000, "customer": 150_000,
		"orders": 1_500_000, "lineitem": 6_001_215}
	distinctAtScale1 = map[string]int64{"l_returnflag": 3, "l_linestatus": 2, "l_shipmode": 7, "l_shipinstruct": 4, "l_quantity": 50, "l_discount": 11,
		"p_brand": 25, "p_type": 150, "p_size": 50, "p_container": 40, "o_orderpriority": 5, "o_orderstatus": 3, "c_mktsegment": 5, "n_name": 25,
		"r_name": 5, "n_regionkey": 5, "s_nationkey": 25, "c_nationkey": 7, "o_nationkey": 7, "l_nationkey": 7, "l_suppkey": 10_000, "l_partkey": 200_000,
		"ps_partkey": 200_000, "l_shipdate": 2_526, "o_orderdate": 2_406}
)

func tpchWorld(t *testing.T) *plantest.World {
	t.Helper()
	var shards []logictest.Shard
	for _, s := range [][2]string{{"eu-1", "eu-central-1"}, {"us-1", "us-east-1"}, {"br-1", "brazilsouth"}, {"eu-2", "eu-central-1"}} {
		shards = append(shards, logictest.Shard{Name: s[0], Region: s[1], Driver: "postgres", DSN: "host=unused", Schema: "public"})
	}
	layout := tpch.NewEvenLayout(shards)
	c, err := config.Parse([]byte(layout.ConfigYAML()), "tpch", ".", func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	var told []catalog.Shard
	for _, s := range shards {
		told = append(told, catalog.Shard{Name: s.Name, Region: s.Region, Schema: s.Schema,
			Caps: connectors.Capabilities{Dialect: "postgres", BinaryCollation: true}, Tables: tpchTables(len(shards))})
	}
	return &plantest.World{Map: c.Map, Catalog: catalog.Build(told, plantest.Placements(c.Map))}
}

// tpchTables are the tables as one of some shards describes them.
func tpchTables(shards int) []connectors.Table {
	var out []connectors.Table
	for _, table := range tpch.Tables {
		t := connectors.Table{Name: table.Name, Rows: rowsAtScale1[table.Name], Bytes: -1}
		switch table.Name {
		case "region", "nation", "part":
		default:
			t.Rows /= int64(shards)
		}
		for _, c := range table.Columns {
			mapped := "text"
			switch c.Type {
			case "integer", "bigint", "date", "numeric(15,2)":
				mapped = c.Type
			}
			t.Columns = append(t.Columns, connectors.Column{Name: c.Name, Type: mapped, Native: c.Type, NotNull: true, Distinct: distinctAtScale1[c.Name]})
		}
		out = append(out, t)
	}
	return out
}
