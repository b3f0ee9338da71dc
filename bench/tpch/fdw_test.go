package tpch

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// TestShardHash holds PostgreSQL's partitions by our operator class to the layout: each key is in the partition of its shard alone.
func TestShardHash(t *testing.T) {
	const shards, keys = 4, 300
	conn, err := pgx.Connect(t.Context(), pgtest.Start(t, 1)[0].DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for _, sql := range []string{shardHash, "create table supplier (s_suppkey integer) partition by " + partitionKeys["supplier"]} {
		if err := exec(t.Context(), conn, sql); err != nil {
			t.Fatal(err)
		}
	}
	layout := rows.NewEvenLayout(logictest.NewShards(shards))
	for shard := range shards {
		keep := layout.Keep(rows.Lookup("supplier"), shard)
		got, err := conn.Query(t.Context(), `select key, satisfies_hash_partition('supplier'::regclass, $1, $2, key)
			from generate_series(1, $3::integer) key`, shards, shard, keys)
		if err != nil {
			t.Fatal(err)
		}
		var key int64
		var here bool
		if _, err := pgx.ForEachRow(got, []any{&key, &here}, func() error {
			if here != keep(key) {
				t.Errorf("supplier %d on shard %d: PostgreSQL says %t, the layout %t", key, shard, here, keep(key))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
