package world

import (
	"fmt"

	"github.com/atoll-sql/atoll/bench/peers"
)

// Payments is the table that all databases have. Of about 60 bytes a row in PostgreSQL, it has the columns
//
//	id       bigint         1, 2, 3, … over all shards, each shard with an interval
//	member   integer        0 to 49999, at random
//	grp      integer        0 to Options.Groups-1, in turn: so many groups, on each shard that has as many rows
//	bucket   integer        0 to Buckets-1, at random: WHERE bucket < k holds for k/Buckets of the rows, nearly
//	amount   numeric(15,2)  0.00 to 9999.99, at random
//	country  text           DE, BR, US or FR, at random
//
// What is at random follows from id and the seed alone, by arithmetic that PostgreSQL and DuckDB do alike: the same options make the same rows
// in either, on whichever shards.
const Payments = "payments"

// Buckets is how many values the column bucket has.
const Buckets = 10_000

// prime is 2^31-1, the modulus of the generators. Squares of what is less fit into 64 bits.
const prime = 1<<31 - 1

// createPayments is the statement that makes the table with the rows of an interval. Each level of it squares and shifts the number before, modulo
// the prime; OFFSET 0 keeps PostgreSQL from writing one into the other.
func createPayments(first, last int64, o Options) string {
	seed := int64(o.Seed % prime)
	return fmt.Sprintf(`CREATE TABLE %[1]s AS
SELECT id, CAST(b %% 50000 AS integer) AS member, CAST(id %% %[4]d AS integer) AS grp, CAST(c %% %[5]d AS integer) AS bucket,
	CAST((d %% 1000000) * 0.01 AS numeric(15,2)) AS amount, substr('DEBRUSFR', CAST(1 + 2 * (d %% 4) AS integer), 2) AS country
FROM (SELECT id, b, c, (c * c + 3) %% %[6]d AS d
	FROM (SELECT id, b, (b * b + 2) %% %[6]d AS c
		FROM (SELECT id, (a * a + 1) %% %[6]d AS b
			FROM (SELECT id, (id * 48271 + %[7]d) %% %[6]d AS a FROM generate_series(CAST(%[2]d AS bigint), CAST(%[3]d AS bigint)) AS t(id)) AS w OFFSET 0) AS x OFFSET 0) AS y OFFSET 0) AS z`,
		Payments, first, last, o.Groups, Buckets, prime, seed)
}

// table is Payments as other systems declare it.
func (w *World) table() peers.Table {
	return peers.Table{
		Name:        Payments,
		Create:      "create table " + Payments + " (id bigint, member integer, grp integer, bucket integer, amount numeric(15,2), country text)",
		PartitionBy: "range (id)",
		Bound: func(shard int) string {
			return fmt.Sprintf("from (%d) to (%d)", w.Shards[shard].First, w.Shards[shard].Last+1)
		},
	}
}

// intervals are the ids of each shard.
func (o Options) intervals() (bounds [][2]int64) {
	next := int64(1)
	for i := range o.Shards {
		rows := o.Rows
		if o.Total {
			rows = o.Rows / o.Shards
			if i < o.Rows%o.Shards {
				rows++
			}
		}
		bounds = append(bounds, [2]int64{next, next + int64(rows) - 1})
		next += int64(rows)
	}
	return bounds
}
