package engine

import (
	"testing"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func TestCreateAndDrop(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	check(t, s, []ask{
		{batch: "CREATE TABLE t (a int); CREATE TABLE dbo.T (a int)", fails: 2714},
		{batch: "CREATE TABLE u (a int, A int)", fails: 2705},
		{batch: "CREATE TABLE nowhere.u (a int)", fails: 2760},
		{batch: "CREATE TABLE u (a wombat)", fails: 2715},
		{batch: "CREATE TABLE u (a varchar(5) COLLATE Klingon)", fails: 448},
		{batch: "CREATE SCHEMA sales"},
		{batch: "CREATE SCHEMA Sales", fails: 2714},
		{batch: "CREATE TABLE sales.t (a int); INSERT INTO sales.t VALUES (7); SELECT a FROM sales.t", want: "7"},
		{batch: "DROP SCHEMA sales", fails: 3729},
		{batch: "DROP TABLE sales.t; DROP SCHEMA sales"},
		{batch: "DROP TABLE t; DROP TABLE t", fails: 3701},
		{batch: "DROP TABLE IF EXISTS t"},
		{batch: "DROP SCHEMA sales", fails: 15151},
		{batch: "DROP SCHEMA IF EXISTS sales"},
		{batch: "SELECT a FROM t", fails: 208},
	})
}

func TestInsert(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "CREATE TABLE t (id int NOT NULL, c varchar(3), n nchar(3), d decimal(4,1), v rowversion, twice AS id * 2, b varbinary(2))")
	check(t, s, []ask{
		{batch: "INSERT INTO t VALUES (1, 'abc  ', N'x', 1.25, 0x0102); SELECT id, c, n, d, twice, b FROM t", want: "1|abc|x  |1.3|2|0x0102"},
		{batch: "INSERT INTO t (ID) VALUES (2), (1 + 2); SELECT id, c, twice FROM t ORDER BY id", want: "1|abc|2;2|NULL|4;3|NULL|6"},
		{batch: "INSERT INTO t (c) VALUES ('x')", fails: 515},
		{batch: "INSERT INTO t (id) VALUES (NULL)", fails: 515},
		{batch: "INSERT INTO t VALUES (1)", fails: 213},
		{batch: "INSERT INTO t (id, c) VALUES (1)", fails: 109},
		{batch: "INSERT INTO t (id) VALUES (1, 2)", fails: 110},
		{batch: "INSERT INTO t (nothing) VALUES (1)", fails: 207},
		{batch: "INSERT INTO t (id, id) VALUES (1, 1)", fails: 264},
		{batch: "INSERT INTO t (id, twice) VALUES (1, 1)", fails: 271},
		{batch: "INSERT INTO t (id, v) VALUES (1, 0x01)", fails: 273},
		{batch: "INSERT INTO t (id, c) VALUES (1, 'abcd')", fails: 2628},
		{batch: "INSERT INTO t (id, b) VALUES (1, 0x010203)", fails: 2628},
		{batch: "INSERT INTO t (id, d) VALUES (1, 1000)", fails: 8115},
		{batch: "INSERT INTO t (id) VALUES ('x')", fails: 245},
		{batch: "INSERT INTO t (id, b) VALUES (1, 'x')", fails: 257},
		{batch: "INSERT INTO nowhere VALUES (1)", fails: 208},
		{batch: "SELECT COUNT(*), COUNT(DISTINCT v), COUNT(v) FROM t", want: "3|3|3"},
	})
}

func TestHiddenColumns(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, `CREATE TABLE t (id int, since datetime2(3) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL,
		till datetime2(3) GENERATED ALWAYS AS ROW END HIDDEN NOT NULL); INSERT INTO t VALUES (1)`)
	check(t, s, []ask{
		{batch: "SELECT * FROM t", want: "1"},
		{batch: "SELECT till FROM t WHERE since < till", want: "9999-12-31 23:59:59.999"},
		{batch: "INSERT INTO t (id, till) VALUES (1, '2020-01-01')", fails: 13536},
		{batch: "SELECT name, is_hidden, generated_always_type FROM sys.columns ORDER BY column_id", want: "id|0|0;since|1|1;till|1|2"},
	})
}

func TestDeniedColumnsAndTables(t *testing.T) {
	s := fruit(t, Options{})
	s.db.Deny("dbo", "fruit", "price")
	s.db.Deny("dbo", "sales")
	check(t, s, []ask{
		{batch: "SELECT id FROM fruit WHERE id = 1", want: "1"},
		{batch: "SELECT price FROM fruit", fails: 230},
		{batch: "SELECT * FROM fruit", fails: 230},
		{batch: "SELECT id FROM fruit WHERE price > 1", fails: 230},
		{batch: "SELECT COUNT(*) FROM fruit", want: "4"},
		{batch: "SELECT qty FROM sales", fails: 229},
		{batch: "SELECT HAS_PERMS_BY_NAME(N'dbo.fruit', N'OBJECT', N'SELECT'), HAS_PERMS_BY_NAME(N'dbo.sales', N'OBJECT', N'SELECT'), " +
			"HAS_PERMS_BY_NAME(N'dbo.fruit', N'OBJECT', N'SELECT', N'price', N'COLUMN')", want: "1|0|0"},
		{batch: "SELECT SUM(row_count) FROM sys.dm_db_partition_stats", want: "9"},
	})
	s.db.Deny("sys", "dm_db_partition_stats")
	check(t, s, []ask{{batch: "SELECT row_count FROM sys.dm_db_partition_stats", fails: 262}})
}

func TestLoad(t *testing.T) {
	d := NewDatabase(Options{})
	columns := []tsql.ColumnDef{{Name: "id", Type: tsql.TypeName{Name: "bigint"}, NotNull: true}, {Name: "s", Type: tsql.TypeName{Name: "nvarchar", Args: []int{5}}}}
	for range 2 {
		if err := d.Load("dbo", "t", columns, [][]Value{{int64(1), NewString16("a")}, {int64(2), nil}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Load("dbo", "t", columns, [][]Value{{int64(1)}}); err == nil {
		t.Error("a short row is taken")
	}
	check(t, d.NewSession(), []ask{{batch: "SELECT id, COUNT(s) FROM t GROUP BY id ORDER BY id", want: "1|2;2|0"}})
}
