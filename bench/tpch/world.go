package tpch

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/internal/pgtest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// partitionKeys are the tables that live on the shards, and the key by which postgres_fdw's partitions of them are declared.
var partitionKeys = map[string]string{
	"customer": "list (c_nationkey)", "orders": "list (o_nationkey)", "lineitem": "list (l_nationkey)",
	"supplier": "hash (s_suppkey shard_ops)", "partsupp": "hash (ps_suppkey shard_ops)",
}

// world tells peers where the rows are.
func (s *servers) world() peers.World {
	w := peers.World{Single: serverOf(s.single), FDW: serverOf(s.fdw), Database: database}
	for _, c := range s.shards {
		w.Shards = append(w.Shards, serverOf(c))
	}
	for _, t := range rows.Tables {
		key := partitionKeys[t.Name]
		w.Tables = append(w.Tables, peers.Table{
			Name: t.Name, Create: t.Create(false), Index: t.Index(), Reference: key == "", PartitionBy: key,
			Bound: func(shard int) string { return s.bound(key, shard) },
		})
	}
	return w
}

func serverOf(c *pgtest.Cluster) peers.Server {
	return peers.Server{DSN: c.DSNFor(database), Host: c.Host(), Port: c.Port(), User: pgtest.User}
}

// bound says which rows the partition on a shard holds.
func (s *servers) bound(key string, shard int) string {
	if strings.HasPrefix(key, "hash") {
		return fmt.Sprintf("with (modulus %d, remainder %d)", len(s.shards), shard)
	}
	var nations []string
	for _, n := range s.layout.Nations(shard) {
		nations = append(nations, fmt.Sprint(n))
	}
	return "in (" + strings.Join(nations, ", ") + ")"
}
