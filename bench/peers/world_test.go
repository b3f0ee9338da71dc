package peers

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/shardmap"
)

const (
	testShards = 2
	testItems  = 500
)

var (
	kindTable = Table{
		Name: "kind", Reference: true, Create: "create table kind (k_id integer not null, k_name varchar(10) not null)",
		Index: []string{"alter table kind add primary key (k_id)"},
	}
	itemTable = Table{
		Name: "item",
		Create: `create table item (i_id bigint not null, i_kind integer not null, i_price numeric(12,2) not null, i_weight double precision,
			i_day date not null, i_code char(4) not null, i_note varchar(20), i_at timestamp not null, i_new boolean not null)`,
		PartitionBy: "hash (i_id shard_ops_bigint)",
		Bound:       func(shard int) string { return fmt.Sprintf("with (modulus %d, remainder %d)", testShards, shard) },
	}
)

// newWorld fills servers of the test's with a few rows.
func newWorld(t *testing.T) World {
	t.Helper()
	clusters := pgtest.Start(t, 2+testShards, pgtest.Loopback)
	servers := make([]Server, len(clusters))
	for i, c := range clusters {
		if _, err := c.CreateDatabase(t.Context(), "peers"); err != nil {
			t.Fatal(err)
		}
		servers[i] = serverOf(c)
	}
	w := World{Single: servers[0], FDW: servers[1], Shards: servers[2:], Database: "peers", Tables: []Table{kindTable, itemTable}}
	fill := func(c *pgtest.Cluster, keep func(id int64) bool) {
		sql := kindTable.Create + "; insert into kind select g, 'kind ' || g from generate_series(0, 6) g;" + itemTable.Create + ";" + itemsSQL(keep)
		if err := c.ExecIn(context.Background(), "peers", sql); err != nil {
			t.Fatal(err)
		}
	}
	fill(clusters[0], func(int64) bool { return true })
	for shard := range w.Shards {
		fill(clusters[2+shard], func(id int64) bool {
			return int(shardmap.XXHash64(binary.BigEndian.AppendUint64(nil, uint64(id)))%testShards) == shard
		})
	}
	return w
}

// itemsSQL inserts the items whose keys are kept.
func itemsSQL(keep func(int64) bool) string {
	var rows []string
	for id := int64(1); id <= testItems; id++ {
		if !keep(id) {
			continue
		}
		note := fmt.Sprintf("'note %d'", id%11)
		if id%11 == 0 {
			note = "null"
		}
		rows = append(rows, fmt.Sprintf("(%d, %d, %d.%02d, %d / 7.0::float8, date '2024-01-01' + %d, 'c%d', %s, timestamp '2024-01-01 10:00:00.5' + interval '%d s', %t)",
			id, id%7, id*3, id%100, id, id%300, id%50, note, id, id%2 == 0))
	}
	return "insert into item values " + strings.Join(rows, ", ") + "; analyze item"
}

// serverOf describes a cluster that listens on a loopback address, too.
func serverOf(c *pgtest.Cluster) Server {
	return Server{DSN: c.DSNFor("peers"), Host: c.Host(), Port: c.Port(), User: pgtest.User}
}
