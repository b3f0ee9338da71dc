package mssql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func TestDescribeTypes(t *testing.T) {
	srv := server(t)
	srv.Database().CreateAlias("dbo", "iban", tsql.TypeName{Name: "varchar", Args: []int{34}})
	srv.Database().Deny("dbo", "iban") // a login that owns nothing does not see the type in sys.types
	for _, sql := range []string{`CREATE TABLE Everything (ID bigint NOT NULL, a bit, b tinyint, c smallint, d int, e decimal(38,10), f decimal(5,0), g money, h smallmoney,
  i real, j float, k char(3), l nchar(4), m varchar(60), n nvarchar(40), o varchar(max), p nvarchar(max), q binary(8), r varbinary(16), s varbinary(max),
  t date, u time(7), v datetime, w smalldatetime, x datetime2(7), y datetimeoffset(3), z uniqueidentifier, aa rowversion, ab xml, ac sql_variant, ad hierarchyid,
  ae geography, af text, ag ntext, ah image, ai iban, aj sysname NULL, Twice AS d * 2)`,
		"CREATE SCHEMA other", "CREATE TABLE other.elsewhere (a int)"} {
		if err := srv.Exec(context.Background(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	tables, err := s.Describe(context.Background(), []string{"elsewhere", "everything", "EVERYTHING"})
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != 2 || tables[0].Name != "everything" || tables[1].Name != "EVERYTHING" {
		t.Fatalf("%+v", tables)
	}
	var got []string
	for _, c := range tables[0].Columns {
		got = append(got, fmt.Sprintf("%s %s/%s", c.Name, c.Type, c.Native))
	}
	want := []string{"id bigint/bigint", "a boolean/bit", "b smallint/tinyint", "c smallint/smallint", "d integer/int", "e numeric(38,10)/decimal(38,10)",
		"f numeric(5,0)/decimal(5,0)", "g numeric(19,4)/money", "h numeric(10,4)/smallmoney", "i real/real", "j double precision/float", "k character(3)/char(3)",
		"l character(4)/nchar(4)", "m text/varchar(60)", "n text/nvarchar(40)", "o text/varchar(max)", "p text/nvarchar(max)", "q bytea/binary(8)",
		"r bytea/varbinary(16)", "s bytea/varbinary(max)", "t date/date", "u time without time zone/time(7)", "v timestamp without time zone/datetime",
		"w timestamp without time zone/smalldatetime", "x timestamp without time zone/datetime2(7)", "y timestamp with time zone/datetimeoffset(3)",
		"z uuid/uniqueidentifier", "aa bytea/rowversion", "ab /xml", "ac /sql_variant", "ad /hierarchyid", "ae /geography", "af /text", "ag /ntext", "ah /image",
		"ai text/varchar(34)", "aj text/nvarchar(128)", "twice integer/int"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("column %d: got %v", i, got[min(i, len(got)-1):min(i+1, len(got))])
			}
		}
	}
	if c := tables[0].Columns[0]; !c.NotNull || tables[0].Columns[1].NotNull {
		t.Errorf("%+v", tables[0].Columns[:2])
	}
}

func TestDescribeKeepsCase(t *testing.T) {
	srv := tdstest.Start(t, tdstest.WithEngine(engine.Options{Collation: "Latin1_General_100_CS_AS"}))
	for _, sql := range []string{"CREATE TABLE T (Amount int, amount int)", "INSERT INTO T (Amount) VALUES (1), (2)"} {
		if err := srv.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	tables, err := s.Describe(context.Background(), []string{"t", "T"})
	if err != nil || len(tables) != 1 || tables[0].Name != "T" || tables[0].Columns[0].Name != "Amount" || tables[0].Columns[1].Name != "amount" {
		t.Fatalf("%+v, %v", tables, err)
	}
	if tables[0].Rows != 2 {
		t.Errorf("%d rows, %d bytes", tables[0].Rows, tables[0].Bytes)
	}
}

// TestDescribeByTheCatalogue: whether names fold is the catalogue's matter, not that of the data's collation.
func TestDescribeByTheCatalogue(t *testing.T) {
	srv := tdstest.Start(t, tdstest.WithEngine(engine.Options{Collation: "Latin1_General_100_CS_AS", CatalogCollation: engine.DefaultCollation}))
	if err := srv.Exec(context.Background(), "CREATE TABLE Orders (Amount int)"); err != nil {
		t.Fatal(err)
	}
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	tables, err := s.Describe(context.Background(), []string{"orders"})
	if err != nil || len(tables) != 1 || tables[0].Name != "orders" || tables[0].Columns[0].Name != "amount" {
		t.Fatalf("%+v, %v", tables, err)
	}
	if caps, err := s.Calibrate(context.Background()); err != nil || !caps.FoldedNames {
		t.Errorf("%+v, %v", caps, err)
	}
}

// TestDescribeMasked: a column whose values the login sees masked has no type, for its answers would be wrong.
func TestDescribeMasked(t *testing.T) {
	srv := server(t, "CREATE TABLE people (id int, mail nvarchar(40))")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	columns := func() []connectors.Column {
		tables, err := s.Describe(context.Background(), []string{"people"})
		if err != nil || len(tables) != 1 {
			t.Fatalf("%+v, %v", tables, err)
		}
		return tables[0].Columns
	}
	if c := columns(); c[1].Type != "text" {
		t.Errorf("%+v", c)
	}
	srv.Database().Mask("dbo", "people", "mail")
	if c := columns(); c[0].Type != "integer" || c[1].Type != "" || !strings.Contains(c[1].Native, "masked") {
		t.Errorf("%+v", c)
	}
}

func TestFoldNames(t *testing.T) {
	cols := []connectors.Column{{Name: "A"}, {Name: "B"}, {Name: "b"}, {Name: "Ä"}}
	foldNames(cols)
	if fmt.Sprint(cols[0].Name, cols[1].Name, cols[2].Name, cols[3].Name) != "aBbä" {
		t.Errorf("%+v", cols)
	}
}

// TestDescribeWithoutStatistics: a login that may not read the server's state gets the rows, and no size.
func TestDescribeWithoutStatistics(t *testing.T) {
	srv := server(t, "CREATE TABLE t (a int)", "INSERT INTO t (a) VALUES (1), (2), (3)")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	srv.FailStatements(tdstest.Fault{Times: -1, Match: "dm_db_partition_stats", Error: &engine.Error{Number: 262, Severity: 14,
		Text: "VIEW DATABASE STATE permission denied in database 'atoll'."}})
	for range 2 {
		tables, err := s.Describe(context.Background(), []string{"t"})
		if err != nil || len(tables) != 1 || tables[0].Rows != 3 || tables[0].Bytes != -1 {
			t.Errorf("%+v, %v", tables, err)
		}
	}
}

func TestPermissionIsNamed(t *testing.T) {
	srv := server(t, "CREATE TABLE payments (id int, iban nvarchar(40))", "CREATE TABLE closed (id int)")
	srv.Database().Deny("dbo", "payments", "iban")
	srv.Database().Deny("dbo", "closed")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	for sql, want := range map[string]string{
		"SELECT p.iban AS a FROM [dbo].[payments] AS p": `column "iban" of table "payments"`, "SELECT c.id AS a FROM [dbo].[closed] AS c": `table "closed"`} {
		_, _, err := values(t, s, connectors.Statement{SQL: sql, Schema: oneText})
		if e := asError(t, err); e.Class != connectors.ClassPermission || e.SQLState != "42501" || !strings.Contains(e.Text, want) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
