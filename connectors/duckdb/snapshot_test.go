package duckdb

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// TestSnapshotKeepsItsInstance: while a snapshot is open nobody can change its file, and no statement of it reads the file
// opened anew.
func TestSnapshotKeepsItsInstance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.duckdb")
	ctx := testContext(t)
	if err := Exec(ctx, path, "CREATE TABLE t (n BIGINT)", "INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(connectors.Config{Shard: "duck", DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	c := opened.(*connector)
	defer c.Close()
	stmt := connectors.Statement{SQL: "SELECT n FROM t", Schema: arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)}
	s := c.Snapshot(nil)
	defer s.Close()
	for range 2 {
		r, err := s.Query(ctx, stmt)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	c.pool.forget(c.pool.db) // as after a failure that makes DuckDB give its instance up
	_, err = s.Query(ctx, stmt)
	if e, ok := errors.AsType[*connectors.Error](err); !ok || e.Class != connectors.ClassUnavailable {
		t.Errorf("a file opened anew: %v", err)
	}
	r, err := c.Query(ctx, stmt)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
