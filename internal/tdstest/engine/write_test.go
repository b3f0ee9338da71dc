package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// affected executes one statement and returns how many rows it counts.
func affected(t *testing.T, s *Session, batch string) int64 {
	t.Helper()
	n := int64(-1)
	if err := s.Execute(context.Background(), batch, nil, func(r Result) error { n = r.Affected; return nil }); err != nil {
		t.Fatalf("%s: %v", batch, err)
	}
	return n
}

func TestUpdateAndDelete(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE t (id int NOT NULL PRIMARY KEY, n smallint NULL, v nvarchar(3), d AS n * 2); INSERT t (id, n, v) VALUES (1, 10, N'a'), (2, NULL, N'b'), (3, 30, N'c')")
	for _, c := range []struct {
		batch string
		count int64
		rows  string
	}{
		{"UPDATE t SET n = n + 1, v = v + N'!' WHERE id <> 2", 2, "1|11|a!|22;2|NULL|b|NULL;3|31|c!|62"},
		{"UPDATE t SET id = n, n = id WHERE id = 1", 1, "11|1|a!|2;2|NULL|b|NULL;3|31|c!|62"},
		{"UPDATE t SET n = 5 WHERE n > 100", 0, "11|1|a!|2;2|NULL|b|NULL;3|31|c!|62"},
		{"UPDATE TOP (1) t SET v = NULL", 1, "11|1|NULL|2;2|NULL|b|NULL;3|31|c!|62"},
		{"UPDATE t SET n = (SELECT MAX(u.id) FROM t AS u WHERE u.id > t.id)", 3, "11|NULL|NULL|NULL;2|11|b|22;3|11|c!|22"},
		{"UPDATE t SET id = id + 1 WHERE id < 5", 2, "11|NULL|NULL|NULL;3|11|b|22;4|11|c!|22"},
		{"INSERT t (v, id) SELECT TOP (1) N'z', u.id + 50 FROM t AS u WHERE u.id = 3", 1, "11|NULL|NULL|NULL;3|11|b|22;4|11|c!|22;53|NULL|z|NULL"},
		{"DELETE TOP (1) FROM t WHERE n = 11", 1, "11|NULL|NULL|NULL;4|11|c!|22;53|NULL|z|NULL"},
		{"DELETE t WHERE id IN (SELECT 4)", 1, "11|NULL|NULL|NULL;53|NULL|z|NULL"},
		{"DELETE FROM t", 2, ""},
	} {
		if n := affected(t, s, c.batch); n != c.count {
			t.Errorf("%s: %d rows affected", c.batch, n)
		}
		check(t, s, []ask{{batch: "SELECT id, n, v, d FROM t", want: c.rows}})
	}
}

func TestRefusedWrites(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE t (id int NOT NULL, b int, v varchar(3) NULL, CONSTRAINT pk PRIMARY KEY (id, b), UNIQUE (v)); "+
		"INSERT t VALUES (1, 1, 'a'), (1, 2, NULL), (3, 1, 'c')")
	check(t, s, []ask{
		{batch: "INSERT t VALUES (1, 1, 'x')", fails: 2627},
		{batch: "INSERT t VALUES (4, 4, 'x'), (5, 5, 'X ')", fails: 2627}, // as the collation compares
		{batch: "INSERT t VALUES (9, 9, NULL)", fails: 2627},              // NULL is a value there
		{batch: "INSERT t VALUES (4, NULL, 'x')", fails: 515},
		{batch: "INSERT t SELECT 1, 1, 'x'", fails: 2627},
		{batch: "INSERT t SELECT 1, 1", fails: 213},
		{batch: "INSERT t (id, b) SELECT 1, 1, 2", fails: 121},
		{batch: "INSERT t (id, b) SELECT 1", fails: 120},
		{batch: "INSERT t (id, b, v) SELECT 7, 7, N'long'", fails: 2628},
		{batch: "UPDATE t SET id = 1, b = 1", fails: 2627},
		{batch: "UPDATE t SET b = NULL", fails: 515},
		{batch: "UPDATE t SET v = 'long'", fails: 2628},
		{batch: "UPDATE t SET b = 3000000000", fails: 8115},
		{batch: "UPDATE t SET c = 1", fails: 207},
		{batch: "UPDATE t SET b = 1, b = 2", fails: 264},
		{batch: "UPDATE u SET b = 1", fails: 208},
		{batch: "UPDATE sys.objects SET name = N'x'", fails: 208},
		{batch: "DELETE FROM u", fails: 208},
		{batch: "DELETE FROM t WHERE c = 1", fails: 207},
		{batch: "DELETE TOP (-1) FROM t", fails: 127},
		{batch: "CREATE TABLE u (a int PRIMARY KEY, b int PRIMARY KEY)", fails: 8110},
		{batch: "CREATE TABLE u (a int, UNIQUE (b))", fails: 1911},
		{batch: "CREATE TABLE u (a nvarchar(max) PRIMARY KEY)", fails: 1919},
		{batch: "SELECT id, b, v FROM t", want: "1|1|a;1|2|NULL;3|1|c"}, // nothing of it was done
		{batch: "INSERT t VALUES (4, 4, 'x')"},
		{batch: "INSERT t VALUES (4, 4, 'y')", fails: 2627},
		{batch: "DELETE FROM t WHERE id = 4"},
		{batch: "INSERT t VALUES (4, 4, 'x')"},
	})
	_, err := answer(t, s, "INSERT t VALUES (1, 1, 'x')")
	var failed *Error
	if !errors.As(err, &failed) || failed.Severity != 14 || !strings.Contains(failed.Text, "constraint 'pk'") || !strings.Contains(failed.Text, "dbo.t") {
		t.Error(err)
	}
}

// TestKeysAfterRollback holds that keys which were taken back are free again.
func TestKeysAfterRollback(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE t (id int PRIMARY KEY); INSERT t VALUES (1)")
	mustExecute(t, s, "BEGIN TRANSACTION; INSERT t VALUES (2); DELETE FROM t WHERE id = 1; ROLLBACK")
	check(t, s, []ask{{batch: "INSERT t VALUES (1)", fails: 2627}, {batch: "INSERT t VALUES (2)"}, {batch: "INSERT t VALUES (2)", fails: 2627}})
}

func TestUncommittedWritesAreTheirOwn(t *testing.T) {
	d := NewDatabase(Options{AllowSnapshot: true})
	writer, reader, old := d.NewSession(), d.NewSession(), d.NewSession()
	mustExecute(t, writer, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT t VALUES (1, 1), (2, 2)")
	mustExecute(t, old, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION")
	read := func(s *Session, want string) {
		t.Helper()
		check(t, s, []ask{{batch: "SELECT id, n FROM t", want: want}})
	}
	read(old, "1|1;2|2")
	mustExecute(t, writer, "BEGIN TRANSACTION; UPDATE t SET n = 7 WHERE id = 1; DELETE t WHERE id = 2; INSERT t VALUES (3, 3)")
	read(writer, "1|7;3|3")
	read(reader, "1|1;2|2")
	mustExecute(t, writer, "COMMIT")
	read(reader, "1|7;3|3")
	read(old, "1|1;2|2")
	check(t, old, []ask{{batch: "UPDATE t SET n = 0", fails: 3960}})
}

func TestTableLocks(t *testing.T) {
	d := NewDatabase(Options{})
	holder, other := d.NewSession(), d.NewSession()
	mustExecute(t, holder, "CREATE TABLE t (id int); BEGIN TRANSACTION; SELECT COUNT(*) FROM t WITH (TABLOCK, HOLDLOCK)")
	mustExecute(t, other, "SET LOCK_TIMEOUT 1")
	check(t, other, []ask{{batch: "SELECT id FROM t", want: ""}, {batch: "INSERT t VALUES (1)", fails: 1222}})
	mustExecute(t, other, "SET LOCK_TIMEOUT -1")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- other.Execute(ctx, "DELETE FROM t", nil, func(Result) error { return nil }) }()
	select {
	case err := <-done:
		t.Fatalf("a writer did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	mustExecute(t, holder, "COMMIT")
	mustExecute(t, other, "INSERT t VALUES (1)")
	// A TABLOCK alone is gone with its statement.
	mustExecute(t, holder, "BEGIN TRANSACTION; SELECT COUNT(*) FROM t WITH (TABLOCK)")
	mustExecute(t, other, "INSERT t VALUES (2)")
}

func TestAbortOnError(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE t (id int PRIMARY KEY)")
	mustExecute(t, s, "BEGIN TRANSACTION; INSERT t VALUES (1)")
	check(t, s, []ask{{batch: "INSERT t VALUES (1)", fails: 2627}, {batch: "SELECT @@TRANCOUNT", want: "1"}, {batch: "ROLLBACK"}})
	mustExecute(t, s, "SET XACT_ABORT ON; BEGIN TRANSACTION; INSERT t VALUES (1)")
	check(t, s, []ask{{batch: "INSERT t VALUES (1)", fails: 2627}, {batch: "SELECT @@TRANCOUNT", want: "0"}, {batch: "SELECT id FROM t", want: ""}})
}

func TestIndexesInTheCatalogue(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE heap (a int); CREATE TABLE t (a int, b int, c int UNIQUE, CONSTRAINT pk PRIMARY KEY (b, a)); CREATE TABLE u (a int UNIQUE)")
	check(t, s, []ask{
		{batch: "SELECT OBJECT_NAME(object_id), index_id, type_desc, is_unique, is_primary_key FROM sys.indexes",
			want: "heap|0|HEAP|0|0;t|1|CLUSTERED|1|1;t|3|NONCLUSTERED|1|0;u|0|HEAP|0|0;u|2|NONCLUSTERED|1|0"},
		{batch: "SELECT c.name FROM sys.indexes AS i JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id " +
			"JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id WHERE i.name = N'pk' ORDER BY k.key_ordinal", want: "b;a"},
	})
}

// TestManyKeys holds that a table with a key grows row by row without being read again for each.
func TestManyKeys(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE t (id int PRIMARY KEY)")
	for i := range 3000 {
		mustExecute(t, s, fmt.Sprintf("INSERT t VALUES (%d)", i))
	}
	check(t, s, []ask{{batch: "SELECT COUNT(*) FROM t", want: "3000"}, {batch: "INSERT t VALUES (2999)", fails: 2627}})
}

// later runs a batch in the background and returns how it ends.
func later(s *Session, batch string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.Execute(context.Background(), batch, nil, func(Result) error { return nil }) }()
	return done
}

// waiting waits until n owners wait for others.
func waiting(t *testing.T, d *Database, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		d.locks.mu.Lock()
		found := map[*owner]bool{}
		for w := range d.locks.writers {
			if len(w.waits) > 0 {
				found[w] = true
			}
		}
		d.locks.mu.Unlock()
		if len(found) == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d wait, not %d", len(found), n)
		}
	}
}

func TestWritersOfDifferentRows(t *testing.T) {
	for name, key := range map[string]string{"with a key": "int PRIMARY KEY", "without": "int"} {
		t.Run(name, func(t *testing.T) {
			d := NewDatabase(Options{})
			one, two, third := d.NewSession(), d.NewSession(), d.NewSession()
			mustExecute(t, one, "CREATE TABLE t (id "+key+", n int); INSERT t VALUES (1, 0), (2, 0), (3, 0)")
			mustExecute(t, one, "BEGIN TRANSACTION; UPDATE t SET n = 1 WHERE id = 1; INSERT t VALUES (4, 1); UPDATE t SET n = n + 1 WHERE id = 4")
			mustExecute(t, two, "BEGIN TRANSACTION; UPDATE t SET n = 2 WHERE id = 2; DELETE t WHERE id = 3; INSERT t VALUES (5, 2); DELETE t WHERE id = 5; INSERT t VALUES (6, 2)")
			check(t, one, []ask{{batch: "SELECT id, n FROM t", want: "1|1;2|0;3|0;4|2"}})
			check(t, two, []ask{{batch: "SELECT id, n FROM t", want: "1|0;2|2;6|2"}})
			check(t, third, []ask{{batch: "SELECT id, n FROM t", want: "1|0;2|0;3|0"}})
			mustExecute(t, one, "COMMIT")
			check(t, two, []ask{{batch: "SELECT id, n FROM t", want: "1|1;2|2;4|2;6|2"}, {batch: "UPDATE t SET n = n + 10 WHERE id = 1"}})
			mustExecute(t, two, "COMMIT")
			check(t, third, []ask{{batch: "SELECT id, n FROM t", want: "1|11;2|2;4|2;6|2"}})
		})
	}
}

func TestWritersOfOneRow(t *testing.T) {
	d := NewDatabase(Options{})
	one, two := d.NewSession(), d.NewSession()
	mustExecute(t, one, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT t VALUES (1, 0)")
	for _, c := range []struct {
		first, end, second string
		fails              int32
		rows               string
	}{
		{"UPDATE t SET n = 5", "COMMIT", "UPDATE t SET n = n + 1", 0, "1|6"},
		{"UPDATE t SET n = 5", "ROLLBACK", "UPDATE t SET n = n + 1", 0, "1|7"},
		{"INSERT t VALUES (2, 1)", "COMMIT", "INSERT t VALUES (2, 2)", 2627, "1|7;2|1"},
		{"INSERT t VALUES (3, 1)", "ROLLBACK", "INSERT t VALUES (3, 2)", 0, "1|7;2|1;3|2"},
		{"DELETE t WHERE id = 3", "COMMIT", "INSERT t VALUES (3, 8)", 0, "1|7;2|1;3|8"},
		{"UPDATE t SET id = 9 WHERE id = 3", "COMMIT", "UPDATE t SET n = 0 WHERE id = 3", 0, "1|7;2|1;9|8"},
	} {
		mustExecute(t, one, "BEGIN TRANSACTION; "+c.first)
		done := later(two, c.second)
		waiting(t, d, 1)
		mustExecute(t, one, c.end)
		err := <-done
		var failed *Error
		if errors.As(err, &failed) != (c.fails != 0) || failed != nil && failed.Number != c.fails {
			t.Errorf("%s beside %s: %v", c.second, c.first, err)
		}
		check(t, one, []ask{{batch: "SELECT id, n FROM t", want: c.rows}})
	}
}

func TestDeadlock(t *testing.T) {
	d := NewDatabase(Options{})
	one, two := d.NewSession(), d.NewSession()
	mustExecute(t, one, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT t VALUES (1, 0), (2, 0)")
	mustExecute(t, one, "BEGIN TRANSACTION; UPDATE t SET n = 1 WHERE id = 1")
	mustExecute(t, two, "BEGIN TRANSACTION; UPDATE t SET n = 2 WHERE id = 2")
	done := later(one, "UPDATE t SET n = 1 WHERE id = 2")
	waiting(t, d, 1)
	check(t, two, []ask{{batch: "UPDATE t SET n = 2 WHERE id = 1", fails: 1205}, {batch: "SELECT @@TRANCOUNT", want: "0"}})
	if err := <-done; err != nil {
		t.Error(err)
	}
	mustExecute(t, one, "COMMIT")
	check(t, two, []ask{{batch: "SELECT id, n FROM t", want: "1|1;2|1"}})
}

func TestDefinitionsWaitForWriters(t *testing.T) {
	d := NewDatabase(Options{})
	one, two := d.NewSession(), d.NewSession()
	mustExecute(t, one, "CREATE TABLE t (id int); BEGIN TRANSACTION; INSERT t VALUES (1); CREATE TABLE u (id int); INSERT u VALUES (2); INSERT t VALUES (3)")
	check(t, one, []ask{{batch: "SELECT t.id, u.id FROM t CROSS JOIN u", want: "1|2;3|2"}})
	done := later(two, "INSERT t VALUES (9)")
	mustExecute(t, one, "COMMIT")
	if err := <-done; err != nil {
		t.Error(err)
	}
	check(t, two, []ask{{batch: "SELECT t.id, u.id FROM t CROSS JOIN u", want: "1|2;3|2;9|2"}})
	mustExecute(t, one, "BEGIN TRANSACTION; INSERT t VALUES (4)")
	mustExecute(t, two, "SET LOCK_TIMEOUT 1")
	check(t, two, []ask{{batch: "DROP TABLE t", fails: 1222}})
}

func TestChecksAndReferences(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE p (id int PRIMARY KEY, up int REFERENCES p (id)); CREATE TABLE c (n int CHECK (n >= 0), p int CONSTRAINT fk REFERENCES p, CHECK (n < p))")
	check(t, s, []ask{
		{batch: "INSERT p VALUES (1, 2), (2, NULL)"}, {batch: "INSERT p VALUES (3, 4)", fails: 547},
		{batch: "INSERT c VALUES (1, 2), (NULL, NULL), (-5, NULL)", fails: 547}, {batch: "INSERT c VALUES (1, 2), (NULL, NULL)"},
		{batch: "INSERT c VALUES (1, 9)", fails: 547}, {batch: "UPDATE c SET p = 9 WHERE p = 2", fails: 547}, {batch: "UPDATE c SET n = 2", fails: 547},
		{batch: "DELETE p WHERE id = 2", fails: 547}, {batch: "UPDATE p SET id = 7 WHERE id = 2", fails: 547}, {batch: "DROP TABLE p", fails: 3726},
		{batch: "DELETE p WHERE id = 1"}, {batch: "DELETE c"}, {batch: "UPDATE p SET id = 7"},
		{batch: "SELECT id, up FROM p", want: "7|NULL"}, {batch: "SELECT n FROM c", want: ""},
		{batch: "CREATE TABLE d (a int REFERENCES nowhere)", fails: 1767}, {batch: "CREATE TABLE d (a bigint REFERENCES p)", fails: 1778},
		{batch: "CREATE TABLE d (a int REFERENCES p (up))", fails: 1776}, {batch: "CREATE TABLE d (a int CHECK (b = 1))", fails: 207},
		{batch: "DROP TABLE c"}, {batch: "DROP TABLE p"},
	})
	_, err := answer(t, s, "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int CONSTRAINT fk REFERENCES p (id)); INSERT c VALUES (5)")
	if err == nil || !strings.Contains(err.Error(), `The INSERT statement conflicted with the FOREIGN KEY constraint "fk"`) {
		t.Error(err)
	}
}
