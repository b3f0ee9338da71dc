package shardmap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// partitionedTable is a table that PostgreSQL partitions by the hash of its columns, and keys for it.
type partitionedTable struct {
	types []string
	keys  [][]string
}

func partitionedTables() []partitionedTable {
	var integers, small, texts, uuids, dates, stamps, mixed, pairs [][]string
	for i := range 60 {
		n := int64(i*i*i*i) * 7919 * int64(1-2*(i%2))
		integers = append(integers, []string{fmt.Sprint(n * 1_000_003)})
		small = append(small, []string{fmt.Sprint(n % 32768)})
		texts = append(texts, []string{strings.Repeat("é", i%4) + strings.Repeat("x", i)})
		uuids = append(uuids, []string{fmt.Sprintf("%08x-0000-4000-8000-%012x", i*7919, n&0xffffffffffff)})
		dates = append(dates, []string{formatDate(int64(i*397) - 5000)})
		stamps = append(stamps, []string{formatTimestamp(n * 104729)})
		mixed = append(mixed, []string{fmt.Sprint(n), fmt.Sprint("tenant ", i)})
		pairs = append(pairs, []string{uuids[i][0], dates[i][0], []string{"true", "false"}[i%2]})
	}
	extremes := [][]string{{"9223372036854775807"}, {"-9223372036854775808"}, {"0"}, {"-1"}, {"4294967296"}, {"-4294967296"}}
	infinite := [][]string{{"infinity"}, {"-infinity"}, {"2000-01-01"}, {"1970-01-01"}}
	padded := [][]string{{"a"}, {"a    "}, {"é"}, {""}, {"abcde"}}
	return []partitionedTable{
		{[]string{"bigint"}, append(integers, extremes...)},
		{[]string{"integer"}, small}, {[]string{"smallint"}, small},
		{[]string{"text"}, texts}, {[]string{"varchar(100)"}, texts}, {[]string{"character(5)"}, padded},
		{[]string{"uuid"}, uuids}, {[]string{"date"}, append(dates, infinite...)}, {[]string{"boolean"}, [][]string{{"true"}, {"false"}}},
		{[]string{"timestamp"}, append(stamps, infinite...)}, {[]string{"timestamptz"}, append(stamps, infinite...)},
		{[]string{"bigint", "text"}, mixed}, {[]string{"uuid", "date", "boolean"}, pairs},
	}
}

var moduli = []Partition{{"s0", 2, 0}, {"s1", 4, 1}, {"s2", 12, 3}, {"s3", 12, 7}, {"s4", 12, 11}}

// TestPostgreSQLPartitions puts rows into tables that a server partitions, with moduli that differ, and asks it where they are.
func TestPostgreSQLPartitions(t *testing.T) {
	ctx := context.Background()
	db, err := pgx.Connect(ctx, pgtest.Start(t, 1)[0].DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	for i, p := range partitionedTables() {
		columns, defs := make([]string, len(p.types)), make([]string, len(p.types))
		for j, typ := range p.types {
			columns[j] = fmt.Sprintf("c%d", j)
			defs[j] = columns[j] + " " + typ
		}
		list := strings.Join(columns, ", ")
		sql := fmt.Sprintf("CREATE TABLE t%d (%s) PARTITION BY HASH (%s);", i, strings.Join(defs, ", "), list)
		for _, m := range moduli {
			sql += fmt.Sprintf("CREATE TABLE t%d_%s PARTITION OF t%d FOR VALUES WITH (MODULUS %d, REMAINDER %d);", i, m.Shard, i, m.Modulus, m.Remainder)
		}
		if _, err := db.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
		m := partitioned(t, columns, p.types)
		seen := map[string]bool{}
		for _, key := range p.keys {
			for j := range key {
				key[j] = "'" + key[j] + "'"
			}
			var where string
			row := db.QueryRow(ctx, fmt.Sprintf("INSERT INTO t%d VALUES (%s) RETURNING tableoid::regclass::text", i, strings.Join(key, ", ")))
			if err := row.Scan(&where); err != nil {
				t.Fatal(err)
			}
			for j := range key {
				key[j] = strings.Trim(key[j], "'")
			}
			placement, err := m.Explain("t", key)
			if err != nil {
				t.Fatal(err)
			}
			_, where, _ = strings.Cut(where, "_")
			seen[where] = true
			if placement.Shards[0].Name != where {
				t.Errorf("%v %q: the server says %s; %s", p.types, key, where, placement.Why)
			}
		}
		if len(p.keys) > 10 && len(seen) < 4 {
			t.Errorf("%v: rows in %d partitions only", p.types, len(seen))
		}
	}
}

func partitioned(t testing.TB, key, types []string) *Map {
	t.Helper()
	spec := Spec{Regions: []Region{{"r", "R"}}}
	for _, p := range moduli {
		spec.Shards = append(spec.Shards, Shard{Name: p.Shard, Region: "r"})
	}
	spec.Tables = []TableSpec{{Name: "t", Sharding: Sharding{Strategy: KindHash, Hash: HashPostgreSQL, Key: key, KeyType: types, Partitions: moduli}}}
	m, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPartitionFaults(t *testing.T) {
	for _, c := range []struct {
		parts []Partition
		cause error
		path  string
		text  string
	}{
		{[]Partition{}, ErrEmpty, "partitions", "empty"},
		{[]Partition{{"eu-1", 0, 0}}, ErrSetting, "partitions[0].modulus", "modulus 0"},
		{[]Partition{{"eu-1", 2, 2}}, ErrSetting, "partitions[0].remainder", "remainder 2"},
		{[]Partition{{"eu-1", 2, 0}, {"br-1", 3, 1}}, ErrSetting, "partitions[0].modulus", "modulus 2 does not divide the largest, 3"},
		{[]Partition{{"eu-1", 2, 0}, {"x", 2, 1}}, ErrUnknownShard, "partitions[1].shard", `"x"`},
		{[]Partition{{"eu-1", 2, 0}, {"br-1", 4, 2}, {"br-1", 2, 1}}, ErrOverlap, "partitions[1]", "modulo 4 is 2 belong to partitions[0] already"},
		{[]Partition{{"eu-1", 2, 0}, {"br-1", 8, 3}}, ErrGap, "partitions", "modulo 8 is 1 belong to no partition"},
		{[]Partition{{"eu-1", 8, 0}, {"br-1", 8, 4}}, ErrGap, "partitions", "modulo 8 is 1-3 belong to no partition"},
	} {
		_, err := New(table(Sharding{Strategy: KindHash, Key: []string{"id"}, Partitions: c.parts}))
		faults := Faults(err)
		if !slices.ContainsFunc(faults, func(f *Error) bool {
			return errors.Is(f, c.cause) && f.Path == "tables.t.sharding."+c.path && strings.Contains(f.Text, c.text)
		}) {
			t.Errorf("%v: %v", c.parts, err)
		}
	}
}
