package pghash

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// The vectors are the answers of PostgreSQL 15: those of a seed to select hash…extended(value, seed).
func TestVectors(t *testing.T) {
	for _, c := range []struct {
		name string
		got  uint64
		want uint64
	}{
		{"hashint4extended(1, 0)", Uint32(1, 0), 0xcd0f69c48e731746},
		{"hashint4extended(1, partition)", Uint32(1, PartitionSeed), 0x52d621058124e6d5},
		{"hashint8extended(-1, partition)", Int64(-1, PartitionSeed), 0xba5fc748095606c2},
		{"hashint8extended(5000000000, partition)", Int64(5000000000, PartitionSeed), 0xd92628cc7493d6ed},
		{"hashtextextended('', partition)", String("", PartitionSeed), 0xb0e33d0b543fbfc3},
		{"hashtextextended('a tenant of some length', partition)", String("a tenant of some length", PartitionSeed), 0x197e1414074fc8cc},
	} {
		if c.got != c.want {
			t.Errorf("%s = %016x, want %016x", c.name, c.got, c.want)
		}
	}
}

// TestAgainstPostgreSQL asks a server for the hashes of random bytes and numbers under random seeds.
func TestAgainstPostgreSQL(t *testing.T) {
	ctx := context.Background()
	db, err := pgx.Connect(ctx, pgtest.Start(t, 1)[0].DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	r := rand.New(rand.NewPCG(5, 6))
	ask := func(sql string, args ...any) uint64 {
		var n int64
		if err := db.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
			t.Fatal(sql, err)
		}
		return uint64(n)
	}
	for i := range 200 {
		seed := r.Uint64()
		if i%4 == 0 {
			seed = 0
		}
		text := strings.Repeat("é", r.IntN(3)) + strings.Repeat("x", i%40)
		n := int64(r.Uint64() >> r.IntN(64))
		if i%2 == 0 {
			n = -n
		}
		for _, c := range []struct {
			sql  string
			arg  any
			want uint64
		}{
			{"SELECT hashtextextended($1::text, $2)", text, String(text, seed)},
			{"SELECT hash_array_extended(ARRAY[$1::text], $2)", text, 31 + Bytes([]byte(text), seed)},
			{"SELECT hashint8extended($1::int8, $2)", n, Int64(n, seed)},
			{"SELECT hashint4extended($1::int4, $2)", int32(n), Uint32(uint32(n), seed)},
			{"SELECT hashbpcharextended($1::bpchar, $2)", text + "  ", String(text, seed)},
		} {
			if got := ask(c.sql, c.arg, int64(seed)); got != c.want {
				t.Fatalf("%s of %v, seed %x: the server says %x, we %x", c.sql, c.arg, seed, got, c.want)
			}
		}
	}
}
