package mssql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

// probe is a condition that holds on a server which has the feature.
type probe struct {
	feature string
	holds   string
}

// probes rest on the vendor's T-SQL reference, https://learn.microsoft.com/sql/t-sql/language-reference: what each
// computes is written there, so that another answer means another meaning.
var probes = slices.Concat(hashProbes(), []probe{
	{connectors.FeatureUTF8Collation, `DATALENGTH(CAST(N'é€🏝' COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(20))) = 9
    AND CAST(N'｡' COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(20)) < CAST(N'🏝' COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(20))`},
	{connectors.FeatureBinaryCollation, `N'a' COLLATE Latin1_General_100_BIN2 <> N'A' AND N'B' COLLATE Latin1_General_100_BIN2 < N'a'
    AND (N'a' + NCHAR(0)) COLLATE Latin1_General_100_BIN2 <> N'a ' + NCHAR(0) AND NOT (N'a ' COLLATE Latin1_General_100_BIN2 LIKE N'a')`},
	{connectors.FeatureSupplementary, `LEN(N'a🏝b' COLLATE Latin1_General_100_CI_AS_SC) = 3
    AND SUBSTRING(N'a🏝b' COLLATE Latin1_General_100_CI_AS_SC, 3, 1) = N'b'
    AND DATALENGTH(LEFT(N'🏝🏝b' COLLATE Latin1_General_100_CI_AS_SC, 2)) = 8 AND DATALENGTH(RIGHT(N'a🏝🏝' COLLATE Latin1_General_100_CI_AS_SC, 2)) = 8
    AND UNICODE(N'🏝' COLLATE Latin1_General_100_CI_AS_SC) = 127965`},
	{connectors.FeatureTranslate, `TRANSLATE(N'abc', N'ab', N'xy') = N'xyc'`},
	{connectors.FeatureOpenJSON, `(SELECT COUNT_BIG(*) FROM OPENJSON(N'["a","b"]') WITH (v nvarchar(10) '$') AS j) = 2
    AND (SELECT COUNT_BIG(*) FROM OPENJSON(N'[["1","a "],["2",null],["2","b"],["2"]]') WITH (v nvarchar(100) '$[0]', w nvarchar(max) '$[1]') AS j
      WHERE v = N'2' AND w IS NULL) = 2`},
	{connectors.FeatureDecimalScale, `CAST(CAST(1.5 AS decimal(38,6)) AS nvarchar(60)) = N'1.500000'
    AND CAST(CAST(1 AS decimal(10,2)) + CAST(1 AS decimal(10,3)) AS nvarchar(60)) = N'2.000'
    AND CAST(CAST(1 AS decimal(10,2)) - CAST(2 AS decimal(10,3)) AS nvarchar(60)) = N'-1.000'
    AND CAST(CAST(1 AS decimal(10,2)) * CAST(1 AS decimal(10,3)) AS nvarchar(60)) = N'1.00000'
    AND (SELECT CAST(SUM(v) AS nvarchar(60)) FROM (VALUES (CAST(1 AS decimal(38,6))), (CAST(0.5 AS decimal(38,6)))) AS t(v)) = N'1.500000'`},
	{connectors.FeatureStableVariance, `(SELECT VARP(v) FROM (VALUES (CAST(1000000000 AS float)), (CAST(1000000001 AS float))) AS t(v))
    BETWEEN CAST(0.2499 AS float) AND CAST(0.2501 AS float)`},
	{connectors.FeatureDateParts, `DATETIME2FROMPARTS(2024, 2, 29, 23, 59, 59, 123456, 6) = CAST(N'2024-02-29 23:59:59.123456' AS datetime2(6))
    AND DATEDIFF_BIG(microsecond, CAST(N'1970-01-01' AS datetime2(6)), CAST(N'2024-02-29 23:59:59.123456' AS datetime2(6))) = 1709251199123456
    AND CAST(DATEADD(nanosecond, - (DATEPART(nanosecond, CAST(N'23:59:59.9999999' AS time(7))) % 1000), CAST(N'23:59:59.9999999' AS time(7))) AS time(6))
      = CAST(N'23:59:59.999999' AS time(6))
    AND DATEADD(microsecond, 1, CAST(N'2024-02-29 23:59:59.999999' AS datetime2(6))) = CAST(N'2024-03-01' AS datetime2(6))`},
	{connectors.FeatureOffsets, `CAST(SWITCHOFFSET(CAST(N'2024-07-01 12:00:00 +02:00' AS datetimeoffset(6)), N'+00:00') AS datetime2(6))
      = CAST(N'2024-07-01 10:00:00' AS datetime2(6))
    AND TODATETIMEOFFSET(CAST(N'2024-07-01 10:00:00' AS datetime2(6)), N'+00:00') = CAST(N'2024-07-01 12:00:00 +02:00' AS datetimeoffset(6))`},
	{connectors.FeatureHashBytes, `HASHBYTES(N'MD5', CAST(N'é' COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(20))) = 0x66ddcd97cfdeabb2f6fb8a999b4bc76f`},
	{connectors.FeatureSHA256, `LOWER(CONVERT(nvarchar(64), HASHBYTES(N'SHA2_256', CONVERT(varbinary(max), SUBSTRING(N'\x00ff80', 3, 2147483647), 2)
    + HASHBYTES(N'SHA2_256', CONVERT(varbinary(max), SUBSTRING(N'\x00ff80', 3, 2147483647), 2) + CAST(CAST(N'a-1' AS varchar(40)) AS varbinary(max)))), 2))
    = N'38001902518abbea5bd2dd604893fa786561a2c4cc5ec88c33ceb0d5f391695f'`},
	{connectors.FeatureUTF16Bytes, `CAST(N'aé🏝' AS varbinary(20)) = 0x6100E9003CD8DDDF`},
	{connectors.FeatureOffsetFetch, `(SELECT x.v FROM (SELECT t.v AS v FROM (VALUES (1), (2), (3)) AS t(v)
    ORDER BY t.v OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY) AS x) = 2`},
	{connectors.FeatureStringAgg, `(SELECT DATALENGTH(CONVERT(varbinary(max), STRING_AGG(CONVERT(varchar(max), CAST(CAST(-1 AS bigint) AS binary(8)), 2), ''), 2))
    FROM (VALUES (1), (2), (3)) AS t(v)) = 24`},
})

// Calibrate implements [connectors.Connector].
func (s *shard) Calibrate(ctx context.Context) (connectors.Capabilities, error) {
	s.calibrating.Lock()
	defer s.calibrating.Unlock()
	if s.caps != nil {
		return *s.caps, nil
	}
	found, err := s.settings(ctx)
	if err != nil {
		return connectors.Capabilities{}, err
	}
	missing, err := s.probe(ctx)
	if err != nil {
		return connectors.Capabilities{}, err
	}
	caps := found.capabilities(s.schema, missing)
	s.caps = &caps
	return caps, nil
}

// probe returns the features that the server lacks, sorted. All are tried at once, and each by itself only where that
// fails, for one unknown function spoils the whole statement.
func (s *shard) probe(ctx context.Context) ([]string, error) {
	answers, err := s.hold(ctx, probes)
	switch {
	case ofServer(err):
		answers = make([]bool, len(probes))
		for i := range probes {
			one, err := s.hold(ctx, probes[i:i+1])
			if err != nil && !ofServer(err) {
				return nil, err
			}
			answers[i] = err == nil && one[0]
		}
	case err != nil:
		return nil, err
	}
	var missing []string
	for i, holds := range answers {
		if !holds {
			missing = append(missing, probes[i].feature)
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// hold asks whether the probes' conditions hold.
func (s *shard) hold(ctx context.Context, some []probe) ([]bool, error) {
	columns := make([]string, len(some))
	fields := make([]arrow.Field, len(some))
	for i, p := range some {
		columns[i] = fmt.Sprintf("CASE WHEN %s THEN 1 ELSE 0 END AS [%s]", p.holds, p.feature)
		fields[i] = intField(p.feature)
	}
	answers := make([]bool, len(some))
	err := s.ask(ctx, "SELECT "+strings.Join(columns, ",\n  "), fields, nil, func(r row) {
		for i := range answers {
			answers[i] = !r.null(i) && r.int(i) == 1
		}
	})
	return answers, err
}

// ofServer reports whether a live server refused the statement itself.
func ofServer(err error) bool {
	var failed driver.Error
	var e *connectors.Error
	if !errors.As(err, &failed) || !errors.As(err, &e) {
		return false
	}
	switch e.Class {
	case connectors.ClassData, connectors.ClassSchema, connectors.ClassInternal:
		return failed.Class < fatalSeverity
	}
	return false
}

func (f *settings) capabilities(schema string, missing []string) connectors.Capabilities {
	caps := connectors.Capabilities{Dialect: "tsql", Version: f.product(), FoldedNames: f.folds(), Missing: missing}
	add := func(name, value string) {
		caps.Findings = append(caps.Findings, connectors.Finding{Name: name, Value: value})
	}
	add("schema", schema)
	add("collation", f.collationText())
	add("compatibility level", fmt.Sprint(f.level))
	add("snapshot isolation", f.isolationText())
	if f.updatable == "READ_ONLY" {
		add("database", "read-only")
	}
	add("hashes for sketches", hashesText(missing))
	add("missing", listOr(missing, "nothing"))
	return caps
}

func listOr(items []string, none string) string {
	if len(items) == 0 {
		return none
	}
	return strings.Join(items, ", ")
}

func (f *settings) product() string {
	switch f.engine {
	case 5:
		return "Azure SQL Database " + f.version
	case 8:
		return "Azure SQL Managed Instance " + f.version
	}
	return strings.TrimSpace("SQL Server " + f.version + " " + f.edition)
}

func (f *settings) collationText() string {
	switch {
	case strings.Contains(f.collation+"_", "_CI_"):
		return f.collation + " (case-insensitive)"
	case strings.Contains(f.collation, "_BIN"):
		return f.collation + " (binary)"
	}
	return f.collation + " (case-sensitive)"
}

func (f *settings) isolationText() string {
	switch {
	case f.snapshotState == 1:
		return "on"
	case f.committedSnapshot:
		return "off: a statement reads its tables as they were when it began, by READ COMMITTED with row versions"
	}
	return "off: statements run READ COMMITTED and may see changes made while they run (ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON)"
}
