package planpage

import (
	"fmt"
	"time"

	"github.com/atoll-sql/atoll"
)

var threeRegions = []atoll.ExplainRegion{
	{Region: "brazilsouth", Jurisdiction: "BR", Shards: []atoll.ExplainPlacement{{Shard: "br-1", Driver: "sqlserver"}}},
	{Region: "eu-central-1", Jurisdiction: "EU", Shards: []atoll.ExplainPlacement{{Shard: "eu-1", Driver: "postgres"}}},
	{Region: "eu-west-3", Jurisdiction: "EU", Shards: []atoll.ExplainPlacement{{Shard: "eu-2", Driver: "duckdb"}, {Shard: "eu-3", Driver: "duckdb"}}},
	{Region: "mars", Jurisdiction: "none"},
}

func columns(pairs ...string) []atoll.ExplainColumn {
	var out []atoll.ExplainColumn
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, atoll.ExplainColumn{Name: pairs[i], Type: pairs[i+1]})
	}
	return out
}

func shard(name, region, driver, sql string, steps ...int) atoll.ExplainShard {
	return atoll.ExplainShard{Shard: name, From: region, To: "eu-central-1", Driver: driver, SQL: sql, Steps: steps}
}

// partials is an aggregate over three shards, two of which run the same text; a fourth is not asked.
func partials() *atoll.Explanation {
	return &atoll.Explanation{
		SQL: "SELECT city, count(*)\nFROM people GROUP BY 1", Planning: 1234567, Regions: threeRegions,
		Coordinator: atoll.ExplainSite{Region: "eu-central-1", Tree: []string{
			"project city#1, count#2", "  merge aggregate by [city#1] computing count=count(count#3)", "    gather fragment 1"}},
		Columns: columns("city", "text", "count", "bigint"),
		Fragments: []atoll.ExplainFragment{{ID: 1, Why: "partial aggregates are merged", Columns: columns("city", "text", "count", "bigint"),
			EstimatedRows: 1500, Pruned: []string{"eu-3"}, Shards: []atoll.ExplainShard{
				shard("eu-1", "eu-central-1", "postgres", "SELECT city, count(*) FROM people GROUP BY city"),
				shard("br-1", "brazilsouth", "sqlserver", "SELECT city, COUNT_BIG(*) FROM people GROUP BY city"),
				shard("eu-2", "eu-west-3", "duckdb", "SELECT city, count(*) FROM people GROUP BY city"),
			}}},
	}
}

// analyzed is a query whose step gives rows to two shards, after its run.
func analyzed() *atoll.Explanation {
	x := &atoll.Explanation{
		SQL: "SELECT name FROM people WHERE fee > (SELECT avg(fee) FROM people)", Planning: 950 * time.Microsecond, Regions: threeRegions,
		Steps: []atoll.ExplainStep{{Number: 1, Head: "step 1, before the rest: the value of a subquery, as $1", Columns: columns("avg", "numeric"), EstimatedRows: 1,
			Tree: []string{"merge aggregate by [] computing avg=avg(avg_sum#1, avg_count#2)", "  gather fragment 1"}, Actual: &atoll.ExplainStepActual{Rows: 1, Bytes: 6}}},
		Coordinator: atoll.ExplainSite{Region: "eu-central-1", Tree: []string{"gather fragment 2"}},
		Columns:     columns("name", "text"),
		Analyzed:    &atoll.ExplainAnalysis{Rows: 12345, Total: 1500 * time.Millisecond, Slowest: "br-1"},
	}
	for id, why := range []string{"partial aggregates are merged", "the result"} {
		f := atoll.ExplainFragment{ID: id + 1, Why: why, Columns: columns("name", "text"), EstimatedRows: -1}
		for i, s := range []atoll.ExplainShard{shard("eu-1", "eu-central-1", "postgres", "SELECT $1"), shard("br-1", "brazilsouth", "sqlserver", "SELECT @p1")} {
			if id == 1 {
				s.Steps = []int{1}
			}
			d := time.Duration(i+1) * 10 * time.Millisecond
			s.Actual = &atoll.ExplainActual{Rows: int64(i + 1), Bytes: int64(i+1) * 1100, RoundTrips: 1, FirstBatch: d, Total: 2 * d}
			f.Shards = append(f.Shards, s)
		}
		x.Fragments = append(x.Fragments, f)
	}
	return x
}

// alone asks no shard.
func alone() *atoll.Explanation {
	return &atoll.Explanation{SQL: "SELECT 1", Regions: threeRegions[:1], Coordinator: atoll.ExplainSite{Region: "eu-central-1", Tree: []string{"residual SELECT 1"}},
		Columns: columns("?column?", "integer")}
}

// many has n shards in three regions, each asked for two fragments.
func many(n int) *atoll.Explanation {
	x := partials()
	x.Regions, x.Fragments = nil, []atoll.ExplainFragment{{ID: 1}, {ID: 2}}
	x.Coordinator.Tree = append(x.Coordinator.Tree, "    gather fragment 2")
	for _, r := range []string{"us-east-1", "eu-west-3", "eu-central-1"} {
		x.Regions = append(x.Regions, atoll.ExplainRegion{Region: r, Jurisdiction: r[:2]})
	}
	for i := range n {
		r := &x.Regions[i%3]
		s := shard(fmt.Sprintf("s-%d", i), r.Region, "postgres", "SELECT 1")
		r.Shards = append(r.Shards, atoll.ExplainPlacement{Shard: s.Shard, Driver: s.Driver})
		for f := range x.Fragments {
			x.Fragments[f].Shards = append(x.Fragments[f].Shards, s)
		}
	}
	return x
}

// judged is partials under a residency policy, whose rules permit two of the edges; and a step that gives rows to a shard in another region.
func judged() *atoll.Explanation {
	x := partials()
	uses := []atoll.ColumnUse{{Column: "city", Use: "key"}, {Column: "city", Use: "filter"}, {Column: "id", Use: "argument"}}
	share := atoll.CrossingTable{Table: "people", Rule: "people-counts", Uses: uses, Where: "consent = true", Entity: "person", Min: 11,
		Dominance: &atoll.Dominance{Largest: 2, Percent: 85}}
	x.Crossings = []atoll.Crossing{
		{Fragment: 1, Shard: "br-1", From: "brazilsouth", To: []string{"eu-central-1", "us-east-1"}, Form: "aggregate", Columns: []string{"city", "count"},
			Tables: []atoll.CrossingTable{share}, OnSmall: "drop"},
		{Fragment: 1, Shard: "eu-2", From: "eu-west-3", To: []string{"eu-central-1"}, Form: "rows", Columns: []string{"city", "count"},
			Tables: []atoll.CrossingTable{{Table: "people", Rule: "within-eu", Recipient: "hq"}}},
	}
	x.Steps = []atoll.ExplainStep{{Number: 1, Head: "step 1", Columns: columns("city", "text"), EstimatedRows: 3, Tree: []string{"gather fragment 1"}}}
	x.Fragments[0].Shards[2].Steps = []int{1}
	x.Crossings[0].To = append(x.Crossings[0].To, "eu-west-3")
	return x
}
