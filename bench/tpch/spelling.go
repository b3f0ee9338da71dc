package tpch

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// rewrite is a change to a query's text that a peer needs to mean what PostgreSQL means.
type rewrite struct {
	why string
	of  []string // pairs: what stands in PostgreSQL's text, and what the peer is asked instead
}

const (
	coarseAverage  = "an average of decimals has no more decimals than they have: it is taken of doubles"
	coarseQuotient = "a quotient of decimals has only as many decimals as its parts: it is one of doubles"
)

// spelling holds, for each peer, the queries that it must be asked in other words.
var spelling = map[string]map[int]rewrite{
	peers.Trino: {
		1: {coarseAverage, []string{
			"avg(l_quantity)", "avg(cast(l_quantity as double))",
			"avg(l_extendedprice)", "avg(cast(l_extendedprice as double))",
			"avg(l_discount)", "avg(cast(l_discount as double))",
		}},
		8: {coarseQuotient, []string{
			"sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume)",
			"cast(sum(case when nation = 'BRAZIL' then volume else 0 end) as double) / cast(sum(volume) as double)",
		}},
		14: {coarseQuotient, []string{
			"100.00 * sum(case", "100.00 * cast(sum(case",
			"end) / sum(l_extendedprice * (1 - l_discount))", "end) as double) / cast(sum(l_extendedprice * (1 - l_discount)) as double)",
		}},
		17: {coarseAverage + "; so is a quotient", []string{
			"sum(l_extendedprice) / 7.0", "cast(sum(l_extendedprice) as double) / 7.0",
			"avg(l_quantity)", "avg(cast(l_quantity as double))",
		}},
		22: {coarseAverage, []string{"avg(c_acctbal)", "avg(cast(c_acctbal as double))"}},
	},
}

// textFor returns a query as a peer is asked it.
func textFor(peer string, number int, c logictest.Case) (string, error) {
	text := c.SQL
	of := spelling[peer][number].of
	for i := 0; i+1 < len(of); i += 2 {
		if strings.Count(text, of[i]) != 1 {
			return "", fmt.Errorf("query %d for %s: %q does not stand in it once", number, peer, of[i])
		}
		text = strings.Replace(text, of[i], of[i+1], 1)
	}
	return text, nil
}
