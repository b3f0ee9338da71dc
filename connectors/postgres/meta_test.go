package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
)

func TestCalibrate(t *testing.T) {
	ctx := context.Background()
	dsn := database(t, "CREATE TABLE plain (a text, b text COLLATE \"POSIX\", c name)", "CREATE SCHEMA other",
		`CREATE TABLE other.odd (a text COLLATE "en-x-icu", b text COLLATE "C")`, "CREATE TABLE other.plain (a text)")
	caps, err := openShard(t, connectors.Config{DSN: dsn}, nil).Calibrate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if caps.Dialect != "postgres" || !strings.HasPrefix(caps.Version, "PostgreSQL 1") || !caps.BinaryCollation {
		t.Errorf("%+v", caps)
	}
	caps, err = openShard(t, connectors.Config{DSN: dsn, Schema: "other"}, nil).Calibrate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	last := caps.Findings[len(caps.Findings)-1]
	if caps.BinaryCollation || last.Value != "odd.a" {
		t.Errorf("a column with an ICU collation: %+v", caps)
	}
}

// TestCalibrateHashes: a hash that a server computes otherwise, or fails to, is missing, and nothing else is.
func TestCalibrateHashes(t *testing.T) {
	for body, want := range map[string]string{"SELECT 7::int8": "[hash_fast hash_interval]", "SELECT 1 / (length($1) - length($1))::int8": "[hash_fast hash_interval]"} {
		dsn := database(t, "CREATE OR REPLACE FUNCTION pg_catalog.hashtextextended(text, int8) RETURNS int8 LANGUAGE sql AS '"+body+"'")
		caps, err := openShard(t, connectors.Config{DSN: dsn, Schema: "public"}, nil).Calibrate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(caps.Missing) != want || !slices.ContainsFunc(caps.Findings, func(f connectors.Finding) bool {
			return f.Name == "hashes for sketches" && strings.HasPrefix(f.Value, "without hash_fast, hash_interval:")
		}) {
			t.Errorf("%s: %+v", body, caps)
		}
	}
	caps, err := openShard(t, connectors.Config{DSN: database(t), Schema: "public"}, nil).Calibrate(context.Background())
	if err != nil || len(caps.Missing) != 0 {
		t.Errorf("%v, %v", caps.Missing, err)
	}
}

func TestCalibrateRefuses(t *testing.T) {
	ctx := context.Background()
	c := cluster(t)
	for _, sql := range []string{"DROP DATABASE IF EXISTS latin",
		"CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"} {
		if err := c.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for cfg, text := range map[connectors.Config]string{
		{DSN: c.DSNFor("latin")}:                    "LATIN1",
		{DSN: c.DSN, Schema: "no such schema here"}: `"no such schema here" does not exist`,
	} {
		_, err := openShard(t, cfg, nil).Calibrate(ctx)
		if e := asError(t, err); e.Class != connectors.ClassConfig || !strings.Contains(e.Text, text) {
			t.Errorf("%v, want %s", err, text)
		}
	}
}

func TestDescribeTypes(t *testing.T) {
	dsn := database(t, "CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN cents AS numeric(12,2)", "CREATE DOMAIN price AS cents",
		`CREATE TABLE t (a numeric, b numeric(38,38), c numeric(39,2), d numeric(5,-2), e numeric(3,5), f price, g mood, h int[],
		 i money, j int4range, k timetz, l name, m varchar, n bpchar, o timestamp(3), p interval hour to minute, q time(0),
		 r jsonb, s xml, gone int, u char, v varchar(3)[], w char(3)[], x numeric(10,2)[][], y int4range[], z timestamptz(3)[])`,
		"ALTER TABLE t DROP COLUMN gone", "CREATE TABLE empty ()",
		"CREATE TABLE parts (a int) PARTITION BY RANGE (a)", "CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (1000)",
		"INSERT INTO parts SELECT g FROM generate_series(1, 900) g", "ANALYZE parts", "CREATE TABLE fresh (a int)", "CREATE SEQUENCE sq")
	s := openShard(t, connectors.Config{DSN: dsn}, nil)
	tables, err := s.Describe(context.Background(), []string{"t", "empty", "parts", "fresh", "sq", `we"ird,{}\`})
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != 4 {
		t.Fatalf("%d tables: %+v", len(tables), tables)
	}
	want := map[string]string{"a": "numeric", "b": "numeric(38,38)", "c": "numeric", "d": "numeric", "e": "numeric", "f": "numeric(12,2)",
		"l": "text", "m": "text", "o": "timestamp without time zone", "p": "interval", "q": "time without time zone", "r": "jsonb",
		"u": "character(1)", "h": "integer[]", "v": "text[]", "x": "numeric(10,2)[]", "z": "timestamp with time zone[]"}
	if len(tables[0].Columns) != 25 {
		t.Errorf("%d columns", len(tables[0].Columns))
	}
	for _, col := range tables[0].Columns {
		if col.Type != want[col.Name] || col.Native == "" {
			t.Errorf("%+v, want type %q", col, want[col.Name])
		}
	}
	if empty, parts, fresh := tables[1], tables[2], tables[3]; len(empty.Columns) != 0 || parts.Rows != 900 || parts.Bytes <= 0 ||
		fresh.Rows != -1 || fresh.Bytes != 0 {
		t.Errorf("%+v %+v %+v", empty, parts, fresh)
	} else if parts.Columns[0].Distinct != 900 || fresh.Columns[0].Distinct != 0 {
		t.Errorf("values: %d of 900, %d of none", parts.Columns[0].Distinct, fresh.Columns[0].Distinct)
	}
}
