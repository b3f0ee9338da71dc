package atoll

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// nativeTable has a column of every SQL Server type, also of those that have no sibling elsewhere. The dates are of the
// usual kind; what each type does with a value is in nativeRows.
const nativeTable = `CREATE TABLE %s.natives (
	id int NOT NULL PRIMARY KEY, cash money NULL, coin smallmoney NULL, flag bit NULL, tiny tinyint NULL, small smallint NULL, big bigint NULL,
	d5 decimal(5) NULL, n38 numeric(38,38) NULL, r real NULL, f24 float(24) NULL, f53 float NULL,
	dt datetime NULL, sd smalldatetime NULL, d date NULL, t0 time(0) NULL, t7 time(7) NULL, dt2 datetime2(7) NULL, dt0 datetime2(0) NULL,
	tz datetimeoffset(7) NULL, tz3 datetimeoffset(3) NULL, uid uniqueidentifier NULL,
	c char(4) NULL, nc nchar(4) NULL, vc varchar(10) NULL, vm varchar(max) NULL, nv nvarchar(10) NULL, nvm nvarchar(max) NULL, nm sysname NULL,
	b4 binary(4) NULL, vb varbinary(8) NULL, vbm varbinary(max) NULL, ver rowversion,
	twice AS (tiny * 2), label AS (nv + N'/' + vc), price AS (CAST(cash AS decimal(25,4)) * 2) PERSISTED,
	x xml NULL, v sql_variant NULL, tx text NULL, ntx ntext NULL, img image NULL, h hierarchyid NULL, g geography NULL,
	valid_from datetime2(7) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL, valid_to datetime2(7) GENERATED ALWAYS AS ROW END HIDDEN NOT NULL,
	PERIOD FOR SYSTEM_TIME (valid_from, valid_to))`

const nativeRows = `INSERT INTO %s.natives (id, cash, coin, flag, tiny, small, big, d5, n38, r, f24, f53, dt, sd, d, t0, t7, dt2, dt0, tz, tz3, uid,
	c, nc, vc, vm, nv, nvm, nm, b4, vb, vbm) VALUES
	(1, 922337203685477.5807, -214748.3648, 1, 255, -32768, 9223372036854775807, 99999, 0.12345678901234567890123456789012345678, 1.5, 0.1, 1e300,
	 CAST(N'2024-02-29T23:59:59.995' AS datetime), CAST(N'2024-02-29T23:59:30' AS smalldatetime), CAST(N'0001-01-01' AS date), CAST(N'23:59:59' AS time(0)),
	 CAST(N'12:00:00.0000010' AS time(7)), CAST(N'2024-02-29T12:00:00.1234560' AS datetime2(7)), CAST(N'9999-12-31T23:59:59' AS datetime2(0)),
	 CAST(N'2024-02-29 23:30:00.5000000 -05:00' AS datetimeoffset(7)), CAST(N'2024-02-29 12:00:00.125 +05:30' AS datetimeoffset(3)),
	 CAST(N'6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier),
	 N'ab', N'äb', N'é', N'max', N'abc ', N'😀', N'dbo', 0x01, 0x00FF, 0x),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(3, -0.0001, 0.5, 0, 0, 7, -1, -5, -0.5, -2, 0, -0.25,
	 CAST(N'1753-01-01T00:00:00.003' AS datetime), CAST(N'1900-01-01T00:00:00' AS smalldatetime), CAST(N'9999-12-31' AS date), CAST(N'00:00:00' AS time(0)),
	 CAST(N'00:00:00' AS time(7)), CAST(N'0001-01-01T00:00:00' AS datetime2(7)), CAST(N'1999-12-31T00:00:00' AS datetime2(0)),
	 CAST(N'0001-01-01 00:00:00 +00:00' AS datetimeoffset(7)), CAST(N'1970-01-01 00:00:00 +00:00' AS datetimeoffset(3)),
	 CAST(N'00000000-0000-0000-0000-000000000001' AS uniqueidentifier),
	 N'AB', N'ÄB', N'E', N'', N'ABC', N'', N'DBO', 0xFFFFFFFF, 0x, 0x00)`

// nativeSea is one SQL Server shard with the table natives.
func nativeSea(t *testing.T) *Engine {
	t.Helper()
	s := newSQLServer(t, "sqlserver")
	for _, sql := range []string{nativeTable, nativeRows} {
		if err := s.exec(t.Context(), fmt.Sprintf(sql, s.schema)); err != nil {
			t.Fatal(err)
		}
	}
	return s.only(t, "natives")
}

// TestSQLServerTypes: each type of SQL Server arrives as the type it is mapped to, exactly, and in PostgreSQL's sense of
// equality and order.
func TestSQLServerTypes(t *testing.T) {
	e := nativeSea(t)
	for _, c := range []struct{ sql, want string }{
		{"select cash::text, coin::text from natives order by id", "922337203685477.5807 -214748.3648; (null) (null); -0.0001 0.5000"},
		{"select sum(cash) = 922337203685477.5806, sum(coin) = -214747.8648, avg(coin) = -107373.9324 from natives", "true true true"},
		{"select (cash * 3)::text, (coin * coin)::text from natives where id = 1", "2767011611056432.7421 46116860184.27387904"},
		{"select flag, tiny, small, big from natives order by id", "true 255 -32768 9223372036854775807; (null) (null) (null) (null); false 0 7 -1"},
		{"select count(*) filter (where flag), bool_and(flag) from natives", "1 false"},
		{"select tiny - 256::smallint, -tiny, sum(tiny) from natives where tiny is not null group by tiny order by tiny", "-256 0 0; -1 -255 255"},
		{"select d5::text, n38::text from natives order by id", "99999 0.12345678901234567890123456789012345678; (null) (null); -5 -0.50000000000000000000000000000000000000"},
		{"select r, f24, f53 from natives order by id", "1.5 0.1 1e+300; (null) (null) (null); -2 0 -0.25"},
		{"select dt::text, sd::text from natives order by id", "2024-02-29 23:59:59.997 2024-03-01 00:00:00; (null) (null); 1753-01-01 00:00:00.003 1900-01-01 00:00:00"},
		{"select count(*) from natives where dt = '2024-02-29 23:59:59.997'", "1"},
		{"select count(*) from natives where dt > '2024-02-29 23:59:59.997'", "0"},
		{"select extract(milliseconds from dt)::int from natives where id = 1", "59997"},
		{"select d, t0, t7 from natives order by id", "0001-01-01 23:59:59.000000 12:00:00.000001; (null) (null) (null); 9999-12-31 00:00:00.000000 00:00:00.000000"},
		{"select dt2::text, dt0::text from natives order by id", "2024-02-29 12:00:00.123456 9999-12-31 23:59:59; (null) (null); 0001-01-01 00:00:00 1999-12-31 00:00:00"},
		{"select tz::text, tz3::text from natives order by id", "2024-03-01 04:30:00.5+00 2024-02-29 06:30:00.125+00; (null) (null); 0001-01-01 00:00:00+00 1970-01-01 00:00:00+00"},
		{"select count(*) from natives where tz = '2024-03-01 04:30:00.5Z' and tz::date = '2024-03-01'", "1"},
		{"select uid::text from natives order by uid", "00000000-0000-0000-0000-000000000001; 6f9619ff-8b86-d011-b42d-00c04fc964ff; (null)"},
		{"select id from natives where uid < '6f9619ff-8b86-d011-b42d-00c04fc964ff'", "3"},
		{"select '<' || vc || '>' || vm || '>' || nv || '>' || nvm || '>' || nm from natives order by id", "<é>max>abc >😀>dbo; (null); <E>>ABC>>DBO"},
		{"select length(nv), length(nvm), length(vc) from natives where id = 1", "4 1 1"},
		{"select count(*) from natives where nv = 'ABC'", "1"},
		{"select count(*) from natives where nv = 'abc'", "0"},
		{"select count(distinct nm), count(distinct nv) from natives", "2 2"},
		{"select min(nm), max(vc) from natives", "DBO é"},
		{"select '<' || c || '>', '<' || nc || '>' from natives order by id", "<ab> <äb>; (null) (null); <AB> <ÄB>"},
		{"select b4, vb, vbm from natives order by id", "AQAAAA== AP8= ; (null) (null) (null); /////w==  AA=="},
		{"select count(distinct vbm), count(*) filter (where vbm = '\\x') from natives", "2 1"},
		{"select count(distinct ver), count(*) filter (where ver is null) from natives", "3 0"},
		{"select twice, label, price::text from natives order by id", "510 abc /é 1844674407370955.1614; (null) (null) (null); 0 ABC/E -0.0002"},
	} {
		answers(t, e, c.sql, c.want)
	}
}

// TestSQLServerTypesWithout: what has no mapping is refused by its name, and hidden columns are not there.
func TestSQLServerTypesWithout(t *testing.T) {
	e := nativeSea(t)
	for column, native := range map[string]string{"x": "xml", "v": "sql_variant", "tx": "text", "ntx": "ntext", "img": "image", "h": "hierarchyid", "g": "geography"} {
		for _, sql := range []string{"select " + column + " from natives", "select count(*) from natives where " + column + " is null"} {
			wantRefusal(t, e, sql, "0A000", `column "`+column+`"`, native, "shard one", "no mapping")
		}
	}
	wantRefusal(t, e, "select * from natives", "0A000", `column "x"`)
	wantRefusal(t, e, "select valid_from from natives", "42703", `column "valid_from" does not exist`)
	answers(t, e, "select count(*), count(n.id) from natives n", "3 3")
}

func wantRefusal(t *testing.T, e *Engine, sql, state string, words ...string) {
	t.Helper()
	_, err := ask(t.Context(), e, sql)
	var ae *Error
	if !errors.As(err, &ae) || ae.SQLState != state {
		t.Errorf("%s: %v, want SQLSTATE %s", sql, err, state)
		return
	}
	for _, word := range words {
		if !strings.Contains(ae.Error(), word) {
			t.Errorf("%s: %q does not say %q", sql, ae.Error(), word)
		}
	}
}
