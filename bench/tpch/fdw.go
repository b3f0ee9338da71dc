package tpch

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/pgtest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// shardHash is what PostgreSQL must be told to place keys by the hash that Atoll places them by.
//
//go:embed shard_hash.sql
var shardHash string

// fdwSettings are those of the sessions that read the partitions.
const fdwSettings = "set enable_partitionwise_join = on; set enable_partitionwise_aggregate = on; set enable_async_append = on"

// serverOptions are those of every foreign server. A cursor's rows come 10,000 at a time instead of 100.
const serverOptions = "use_remote_estimate 'true', async_capable 'true', fetch_size '10000'"

// partitionKeys are the tables that live on the shards, and the key by which their partitions are declared.
var partitionKeys = map[string]string{
	"customer": "list (c_nationkey)", "orders": "list (o_nationkey)", "lineitem": "list (l_nationkey)",
	"supplier": "hash (s_suppkey shard_ops)", "partsupp": "hash (ps_suppkey shard_ops)",
}

// partitions declares the shards' tables as partitions of tables of the fdw server, which holds the reference tables itself.
func (s *servers) partitions(ctx context.Context) error {
	begin := time.Now()
	for _, t := range rows.Tables {
		if partitionKeys[t.Name] == "" {
			if err := s.table(ctx, s.fdw, t, nil, "the postgres_fdw server"); err != nil {
				return err
			}
		}
	}
	err := with(ctx, s.fdw, func(conn *pgx.Conn) error {
		for _, sql := range s.partitionSQL() {
			if err := exec(ctx, conn, sql); err != nil {
				return err
			}
		}
		return nil
	})
	s.say("declared and analysed the partitions in %s", time.Since(begin).Round(time.Millisecond))
	return err
}

func (s *servers) partitionSQL() []string {
	out := []string{"create extension postgres_fdw", shardHash}
	for i, c := range s.shards {
		out = append(out, fmt.Sprintf("create server shard_%d foreign data wrapper postgres_fdw options (host '%s', port '%s', dbname '%s', %s)",
			i, socketOf(c).Get("host"), socketOf(c).Get("port"), database, serverOptions),
			fmt.Sprintf("create user mapping for current_user server shard_%d options (user '%s')", i, pgtest.User))
	}
	for _, t := range rows.Tables {
		key := partitionKeys[t.Name]
		if key == "" {
			continue
		}
		out = append(out, t.Create(false)+" partition by "+key)
		for i := range s.shards {
			out = append(out, fmt.Sprintf("create foreign table %s_%d partition of %s for values %s server shard_%d options (table_name '%s')",
				t.Name, i, t.Name, s.bound(key, i), i, t.Name))
		}
		out = append(out, "analyze "+t.Name)
	}
	return out
}

// bound says which rows the partition on a shard holds.
func (s *servers) bound(key string, shard int) string {
	if strings.HasPrefix(key, "hash") {
		return fmt.Sprintf("with (modulus %d, remainder %d)", len(s.shards), shard)
	}
	return "in (" + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(s.layout.Nations(shard))), ", "), "[]") + ")"
}

// socketOf returns where a cluster listens, as its connection string says it.
func socketOf(c *pgtest.Cluster) url.Values {
	u, err := url.Parse(c.DSN)
	if err != nil {
		return url.Values{} // a connection string of pgtest is a URL; without a host the server could not be reached
	}
	return u.Query()
}
