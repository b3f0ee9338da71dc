package atoll_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// config names two shards, in two regions, and says which customers live where.
const config = `
version: 1
coordinator: {region: frankfurt}
regions:
  frankfurt: {jurisdiction: EU}
  virginia:  {jurisdiction: US}
shards:
  eu-1: {region: frankfurt, driver: duckdb, dsn: eu-1.duckdb}
  us-1: {region: virginia,  driver: duckdb, dsn: us-1.duckdb}
tables:
  orders: {sharding: {strategy: lookup, key: [customer], map: {eu-1: [1, 2], us-1: [3]}}}
`

// Two shards answer one query with a parameter; the rows arrive as Arrow record batches.
func ExampleEngine_Query() {
	ctx := context.Background()
	dir, err := makeShards(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	cfg, err := atoll.ParseConfig([]byte(config), dir, os.LookupEnv) // or atoll.LoadConfig("atoll.yaml")
	if err != nil {
		log.Fatal(err)
	}
	engine, err := atoll.Open(ctx, cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()

	result, err := engine.Query(ctx, `
		SELECT atoll_region, count(*) AS orders, sum(amount) AS total
		FROM orders WHERE amount >= $1
		GROUP BY atoll_region ORDER BY total DESC`, "10.00")
	if err != nil {
		log.Fatal(err)
	}
	defer result.Release()

	for result.Next() {
		batch := result.Record() // valid until the next Next
		region := batch.Column(0).(*array.String)
		orders := batch.Column(1).(*array.Int64)
		total := batch.Column(2).(*array.Decimal128)
		for i := range int(batch.NumRows()) {
			fmt.Println(region.Value(i), orders.Value(i), total.Value(i).ToString(2))
		}
	}
	if err := result.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// virginia 1 99.95
	// frankfurt 2 35.50
}

// Explain tells which shards a query would ask, and with what SQL, without asking them.
func ExampleEngine_Explain() {
	ctx := context.Background()
	dir, err := makeShards(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	cfg, err := atoll.ParseConfig([]byte(config), dir, os.LookupEnv)
	if err != nil {
		log.Fatal(err)
	}
	engine, err := atoll.Open(ctx, cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()

	plan, err := engine.Explain(ctx, "SELECT sum(amount) FROM orders WHERE customer = $1", atoll.ExplainOptions{}, 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, fragment := range plan.Fragments {
		for _, shard := range fragment.Shards {
			fmt.Println(shard.Shard, "in", shard.From)
		}
		fmt.Println("not asked:", fragment.Pruned)
	}
	// Output:
	// eu-1 in frankfurt
	// not asked: [us-1]
}

// makeShards makes a folder with two database files. Yours exist already.
func makeShards(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "atoll-example-")
	if err != nil {
		return "", err
	}
	for shard, rows := range map[string]string{
		"eu-1": "(1, 25.50), (2, 10.00), (2, 4.75)",
		"us-1": "(3, 99.95)",
	} {
		statements := []string{
			"CREATE TABLE orders (customer bigint NOT NULL, amount numeric(12,2))",
			"INSERT INTO orders VALUES " + rows,
		}
		if err := duckdb.CreateFile(ctx, filepath.Join(dir, shard+".duckdb"), statements, nil); err != nil {
			return "", err
		}
	}
	return dir, nil
}
