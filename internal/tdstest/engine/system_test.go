package engine

import (
	"testing"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func TestSystemViews(t *testing.T) {
	d := NewDatabase(Options{Name: "shop", Version: "15.0.2000.5"})
	d.CreateAlias("dbo", "phone", tsql.TypeName{Name: "varchar", Args: []int{20}})
	s := d.NewSession()
	mustExecute(t, s, `CREATE SCHEMA app`)
	mustExecute(t, s, `CREATE TABLE app.people (id bigint NOT NULL, name nvarchar(40) COLLATE Latin1_General_100_BIN2, phone phone, bio nvarchar(max), pay decimal(12,2),
		seen datetime2(3), at time(0), zoned datetimeoffset(6), doc xml, twice AS id * 2, stamp rowversion, who sysname);
		INSERT INTO app.people (id, who) VALUES (1, N'x'), (2, N'y')`)
	check(t, s, []ask{
		{batch: `SELECT s.name, t.name, t.type FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id`, want: "app|people|U "},
		{batch: `SELECT c.name, y.name, c.max_length, c.[precision], c.scale, c.is_nullable, c.is_computed FROM sys.columns c
			JOIN sys.types y ON y.user_type_id = c.user_type_id ORDER BY c.column_id`,
			want: "id|bigint|8|19|0|0|0;name|nvarchar|80|0|0|1|0;phone|phone|20|0|0|1|0;bio|nvarchar|-1|0|0|1|0;pay|decimal|9|12|2|1|0;" +
				"seen|datetime2|7|23|3|1|0;at|time|3|8|0|1|0;zoned|datetimeoffset|10|33|6|1|0;doc|xml|-1|0|0|1|0;twice|bigint|8|19|0|0|1;" +
				"stamp|timestamp|8|0|0|0|0;who|sysname|256|0|0|1|0"},
		{batch: `SELECT name, collation_name FROM sys.columns WHERE collation_name IS NOT NULL AND column_id < 4 ORDER BY 1`,
			want: "name|Latin1_General_100_BIN2;phone|SQL_Latin1_General_CP1_CI_AS"},
		{batch: `SELECT b.name FROM sys.types t JOIN sys.types b ON b.user_type_id = t.system_type_id WHERE t.name = 'phone' AND t.is_user_defined = 1`, want: "varchar"},
		{batch: "SELECT SUM(row_count) FROM sys.dm_db_partition_stats WHERE object_id = OBJECT_ID(N'[app].[people]') AND index_id < 2", want: "2"},
		{batch: "SELECT SUM(rows) FROM sys.partitions", want: "2"},
		{batch: "SELECT name, compatibility_level, is_read_committed_snapshot_on FROM sys.databases WHERE database_id = DB_ID()", want: "shop|150|0"},
		{batch: "SELECT doc FROM app.people", fails: 50001},
		{batch: "SELECT nothing FROM sys.tables", fails: 207},
		{batch: "SELECT 1 FROM sys.nothing", fails: 208},
	})
}

func TestSystemFunctions(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT DB_NAME(), SCHEMA_NAME(), SCHEMA_ID(N'DBO'), SCHEMA_ID(N'none')", want: "atoll|dbo|1|NULL"},
		{batch: "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), CAST(SERVERPROPERTY('EngineEdition') AS int), SERVERPROPERTY('nonsense')",
			want: "16.0.1000.6|3|NULL"},
		{batch: "SELECT DATABASEPROPERTYEX(name, 'Collation') FROM sys.databases WHERE name = 'ATOLL'", want: DefaultCollation},
		{batch: "SELECT OBJECT_NAME(OBJECT_ID('fruit')), OBJECT_SCHEMA_NAME(OBJECT_ID('fruit', 'U')), OBJECT_ID('none')", want: "fruit|dbo|NULL"},
		{batch: "SELECT COL_NAME(OBJECT_ID('fruit'), 2), COL_NAME(OBJECT_ID('fruit'), 99), TYPE_NAME(56)", want: "name|NULL|int"},
		{batch: "SELECT SUSER_SNAME(), @@TRANCOUNT", want: "atoll|0"},
		{batch: "SELECT @@NONSENSE", fails: 137},
	})
}

func TestLesserServers(t *testing.T) {
	for feature, asks := range map[string][]ask{
		MissingUTF8Collation:   {{batch: "SELECT CAST(N'é' COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(9))", fails: 448}, {batch: "SELECT CAST(N'é' COLLATE Latin1_General_100_BIN2 AS varchar(9))", want: "é"}},
		MissingBinaryCollation: {{batch: "SELECT CASE WHEN N'a' COLLATE Latin1_General_100_BIN2 = N'A' THEN 1 ELSE 0 END", want: "1"}},
		MissingSupplementary:   {{batch: "SELECT LEN(N'a' COLLATE Latin1_General_100_CI_AS_SC)", fails: 448}},
		MissingTranslate:       {{batch: "SELECT TRANSLATE('a', 'a', 'b')", fails: 195}},
		MissingOpenJSON:        {{batch: "SELECT 1 FROM OPENJSON(N'[]') WITH (v int '$') AS j", fails: 208}},
		MissingDecimalScale: {{batch: "SELECT SUM(CAST(v AS decimal(38,6))) FROM (VALUES (1.123456)) AS t(v)", want: "1.12"},
			{batch: "SELECT CAST(CAST(1.5 AS decimal(38,6)) AS nvarchar(60))", want: "1.50"}},
		MissingStableVariance: {{batch: "SELECT VARP(v) FROM (VALUES (CAST(1000000000 AS float)), (CAST(1000000001 AS float))) AS t(v)", want: "0"}},
		MissingDateParts:      {{batch: "SELECT DATETIME2FROMPARTS(2024, 2, 29, 23, 59, 59, 0, 0)", fails: 195}},
		MissingOffsets:        {{batch: "SELECT SWITCHOFFSET(CAST('2024-01-01' AS datetimeoffset), '+00:00')", fails: 195}},
		MissingHashBytes:      {{batch: "SELECT HASHBYTES('MD5', N'é')", want: "0x66ddcd97cfdeabb2f6fb8a999b4bc76f"}},
		MissingSHA256: {{batch: "SELECT HASHBYTES('SHA2_256', N'a')", want: "NULL"},
			{batch: "SELECT HASHBYTES('MD5', 'a')", want: "0x0cc175b9c0f1b6a831c399e269772661"}},
		MissingUTF16Bytes:  {{batch: "SELECT CAST(N'é' AS varbinary(10))", want: "0xc3a9"}},
		MissingOffsetFetch: {{batch: "SELECT id FROM fruit ORDER BY id OFFSET 1 ROWS", fails: 102}},
	} {
		t.Run(feature, func(t *testing.T) { check(t, fruit(t, Options{Missing: []string{feature}}), asks) })
	}
	check(t, fruit(t, Options{}), []ask{
		{batch: "SELECT TRANSLATE('a', 'a', 'b')", want: "b"},
		{batch: "SELECT VARP(v) FROM (VALUES (CAST(1000000000 AS float)), (CAST(1000000001 AS float))) AS t(v)", want: "0.25"},
		{batch: "SELECT CASE WHEN N'a' COLLATE Latin1_General_100_BIN2 = N'A' THEN 1 ELSE 0 END", want: "0"},
	})
}
