package fanout

import (
	"fmt"
	"math"

	"github.com/atoll-sql/atoll/bench/world"
)

// reportGroups is how many groups the report has where their number is not what is measured.
const reportGroups = 10

// query is what is asked of the table: a report over groups, or rows as they are.
type query struct {
	selectivity float64 // 0 is 1
	groups      int     // 0 is reportGroups
	rows        int     // of each shard, which are not grouped; 0 for a report
	perShard    int     // rows that each shard holds, where rows is set
}

// theReport reads all rows of all shards.
var theReport = query{}

// sql is the text, in words that all systems understand.
func (q query) sql() string {
	if q.rows > 0 { // a shard holds so many ids in a row: each remainder once
		return fmt.Sprintf("SELECT id, amount, country FROM %s WHERE id %% %d < %d", world.Payments, q.perShard, q.rows)
	}
	groups, where := q.groups, ""
	if groups == 0 {
		groups = reportGroups
	}
	if q.selectivity > 0 && q.selectivity < 1 {
		where = fmt.Sprintf(" WHERE bucket < %d", max(1, int(math.Round(q.selectivity*world.Buckets))))
	}
	return fmt.Sprintf("SELECT grp %% %d AS g, count(*) AS n, sum(amount) AS total FROM %s%s GROUP BY 1", groups, world.Payments, where)
}

// name is the query's in the report.
func (q query) name() string {
	switch {
	case q.rows > 0:
		return fmt.Sprintf("%d rows a shard", q.rows)
	case q.groups > 0:
		return fmt.Sprintf("%d groups", q.groups)
	case q.selectivity > 0:
		return fmt.Sprintf("%g %% of the rows", 100*q.selectivity)
	}
	return "report"
}
