package logictest

import (
	"context"
	"hash/fnv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// testLayout places rows of hash-sharded tables by a hash of its own.
func testLayout(n int) Layout {
	l := Layout{Shards: NewShards(n)}
	l.Hash = func(_ string, key []Cell) (string, error) {
		h := fnv.New32a()
		h.Write([]byte(key[0].Text))
		return l.Shards[int(h.Sum32())%n].Name, nil
	}
	return l
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func newDataset(t *testing.T) *Dataset {
	t.Helper()
	d, err := NewDataset()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCasesAreDetermined asks a second oracle that holds the same rows in the opposite order. A case that the
// first refuses, that raises another error than it states, or whose answer follows from more than its
// statement (an order with ties, a sum of floats without tolerance) fails here.
func TestCasesAreDetermined(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	cluster := pgtest.Start(t, 1)[0]
	d := newDataset(t)
	oracle := oracleIn(t, cluster, "oracle", d)
	reversed := oracleIn(t, cluster, "reversed", d.Reversed())
	for _, file := range files {
		t.Run(file.Name, func(t *testing.T) {
			for _, c := range file.Cases {
				c.Refused = "" // both sides are PostgreSQL here
				ask := func(ctx context.Context, _ string, _ []any) (Answer, error) { return reversed.Answer(ctx, c) }
				t.Run(c.Name, func(t *testing.T) { Runner{Oracle: oracle, Ask: ask, Config: onlyConfig(c)}.one(t, c) })
			}
		})
	}
}

// onlyConfig is a configuration the case is not skipped in.
func onlyConfig(c Case) string {
	if len(c.Configs) > 0 {
		return c.Configs[0]
	}
	return ""
}

func oracleIn(t *testing.T, cluster *pgtest.Cluster, database string, d *Dataset) *Oracle {
	t.Helper()
	dsn, err := cluster.CreateDatabase(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	oracle, err := NewOracle(t.Context(), connect(t, dsn), d, testLayout(3))
	if err != nil {
		t.Fatal(err)
	}
	return oracle
}
