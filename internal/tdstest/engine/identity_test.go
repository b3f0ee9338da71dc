package engine

import (
	"context"
	"testing"
)

func TestIdentity(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE t (v nvarchar(9), id int IDENTITY PRIMARY KEY); CREATE TABLE u (id decimal(5) IDENTITY (-10, -5), v int); CREATE TABLE w (v int)")
	check(t, s, []ask{
		{batch: "INSERT t VALUES (N'a'), (N'b')"}, {batch: "INSERT t (v) SELECT N'c'"}, {batch: "INSERT u (v) VALUES (1), (2)"},
		{batch: "SELECT id, v FROM t", want: "1|a;2|b;3|c"}, {batch: "SELECT id, v FROM u", want: "-10|1;-15|2"},
		{batch: "INSERT t (id, v) VALUES (7, N'x')", fails: 544}, {batch: "INSERT t VALUES (N'x', 7)", fails: 8101}, {batch: "INSERT t SELECT N'x', 7", fails: 8101},
		{batch: "INSERT t VALUES (N'x', 7, 8)", fails: 213}, {batch: "UPDATE t SET id = 9 WHERE id = 1", fails: 8102}, {batch: "UPDATE t SET v = N'A' WHERE id = 1"},
		{batch: "SET IDENTITY_INSERT w ON", fails: 8106}, {batch: "SET IDENTITY_INSERT nowhere ON", fails: 1088},
		{batch: "SET IDENTITY_INSERT t ON; SET IDENTITY_INSERT dbo.t ON"}, {batch: "SET IDENTITY_INSERT u ON", fails: 8107}, {batch: "SET IDENTITY_INSERT u OFF"},
		{batch: "INSERT t (v) VALUES (N'x')", fails: 545}, {batch: "INSERT t (id) VALUES (NULL)", fails: 515}, {batch: "INSERT t (id) VALUES (3)", fails: 2627},
		{batch: "INSERT t (id, v) VALUES (100, N'd'), (50, N'e')"}, {batch: "SET IDENTITY_INSERT t OFF"}, {batch: "INSERT t (v) VALUES (N'f')"},
		{batch: "SET IDENTITY_INSERT u ON; INSERT u (id, v) VALUES (-12, 3); SET IDENTITY_INSERT u OFF; INSERT u VALUES (4)"},
		{batch: "SET IDENTITY_INSERT u ON; INSERT u (id, v) VALUES (-40, 5); SET IDENTITY_INSERT u OFF; INSERT u VALUES (6)"},
		{batch: "SELECT id, v FROM t", want: "1|A;2|b;3|c;100|d;50|e;101|f"}, {batch: "SELECT id, v FROM u", want: "-10|1;-15|2;-12|3;-20|4;-40|5;-45|6"},
		{batch: "CREATE TABLE x (a int IDENTITY, b int IDENTITY)", fails: 2744}, {batch: "CREATE TABLE x (a nvarchar(9) IDENTITY)", fails: 2749},
		{batch: "CREATE TABLE x (a decimal(5,1) IDENTITY)", fails: 2749}, {batch: "CREATE TABLE x (a int IDENTITY (1, 0))", fails: 2752},
		{batch: "CREATE TABLE x (a tinyint IDENTITY (255, 1), b int); INSERT x VALUES (1)"}, {batch: "INSERT x VALUES (1)", fails: 8115},
		{batch: "CREATE TABLE y (a bigint IDENTITY (9223372036854775807, 1), b int); INSERT y VALUES (1)"}, {batch: "INSERT y VALUES (1)", fails: 8115},
		{batch: "SELECT OBJECT_NAME(object_id), name FROM sys.columns WHERE is_identity = 1", want: "t|id;u|id;x|a;y|a"},
	})
}

// TestIdentityOfOthers holds that numbers are not given twice, and that what a session says of IDENTITY_INSERT is its own, and ends with what
// sp_executesql runs.
func TestIdentityOfOthers(t *testing.T) {
	d := NewDatabase(Options{})
	one, two := d.NewSession(), d.NewSession()
	mustExecute(t, one, "CREATE TABLE t (id int IDENTITY, v int); BEGIN TRANSACTION; INSERT t VALUES (1); ROLLBACK; SET IDENTITY_INSERT t ON")
	check(t, two, []ask{{batch: "INSERT t (id) VALUES (9)", fails: 544}, {batch: "INSERT t VALUES (2)"}, {batch: "SELECT id, v FROM t", want: "2|2"}})
	one.Reset()
	check(t, one, []ask{{batch: "INSERT t (id) VALUES (9)", fails: 544}})
	if err := one.Execute(context.Background(), "SET IDENTITY_INSERT t ON; INSERT t (id) VALUES (9)", []Param{}, func(Result) error { return nil }); err != nil {
		t.Fatal(err)
	}
	check(t, one, []ask{{batch: "INSERT t (id) VALUES (10)", fails: 544}, {batch: "INSERT t VALUES (3)"}, {batch: "SELECT id, v FROM t", want: "2|2;9|NULL;10|3"}})
	mustExecute(t, one, "CREATE TABLE u (id int IDENTITY); SET IDENTITY_INSERT u ON; DROP TABLE u; SET IDENTITY_INSERT t ON; SET IDENTITY_INSERT t OFF")
}

func TestForeignKeysInTheCatalogue(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE p (a int, b int UNIQUE, PRIMARY KEY (b, a)); CREATE TABLE lone (a int)")
	mustExecute(t, s, "CREATE SCHEMA far")
	mustExecute(t, s, "CREATE TABLE far.c (x int CONSTRAINT one REFERENCES p (b), y int, CONSTRAINT two FOREIGN KEY (x, y) REFERENCES p)")
	check(t, s, []ask{
		{batch: "SELECT f.name, OBJECT_NAME(f.parent_object_id), OBJECT_NAME(f.referenced_object_id), s.name, f.key_index_id, f.delete_referential_action, f.is_disabled " +
			"FROM sys.foreign_keys AS f JOIN sys.schemas AS s ON s.schema_id = f.schema_id ORDER BY f.name", want: "one|c|p|far|3|0|0;two|c|p|far|1|0|0"},
		{batch: "SELECT f.name, c.constraint_column_id, c.parent_column_id, c.referenced_column_id FROM sys.foreign_keys AS f JOIN sys.foreign_key_columns AS c " +
			"ON c.constraint_object_id = f.object_id ORDER BY f.name, c.constraint_column_id", want: "one|1|1|2;two|1|1|2;two|2|2|1"},
	})
}
