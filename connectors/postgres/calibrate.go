package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// minVersion is the oldest server that is supported, as server_version_num counts.
const minVersion = 120000

// calibrationSQL asks for everything at once. The collation provider is read through JSON since the column
// appeared in version 15 only. A text column is foreign if it carries a collation of its own that is
// not bytewise. What it has not are the conditions of hashProbes, each of which is a column.
const calibrationSQL = `SELECT current_setting('server_version_num')::int8, current_setting('server_version'),
  current_setting('server_encoding'), d.datcollate::text, coalesce(to_jsonb(d)->>'datlocprovider', 'c'),
  current_setting('TimeZone'), current_setting('integer_datetimes'), pg_is_in_recovery(),
  EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1::text),
  (SELECT string_agg(format('%%I.%%I', c.relname, a.attname), ', ' ORDER BY c.relname, a.attnum)
     FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    WHERE n.nspname = $1::text AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND l.collname <> 'default'
      AND NOT (l.collprovider = 'c' AND l.collcollate IN ('C', 'POSIX'))),
  coalesce(has_function_privilege(to_regprocedure('pg_catalog.pg_export_snapshot()')::oid, 'EXECUTE'), false),
  (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'statement_timeout')::int8,
  %s
FROM pg_catalog.pg_database d WHERE d.datname = current_database()`

// calibration is the answer to calibrationSQL.
type calibration struct {
	versionNum                 int64
	version, encoding          string
	collation, provider        string
	timeZone, integerDatetimes string
	standby, schemaExists      bool
	foreignColumns             string
	exports                    bool  // snapshots, for other connections
	limit                      int64 // of a statement's time, in milliseconds
	hashless                   []string
}

// Calibrate implements [connectors.Connector].
func (s *shard) Calibrate(ctx context.Context) (connectors.Capabilities, error) {
	s.calibrating.Lock()
	defer s.calibrating.Unlock()
	if s.caps != nil {
		return *s.caps, nil
	}
	found, err := s.lookAround(ctx, true)
	if hashRefused(err) {
		if found, err = s.lookAround(ctx, false); err == nil {
			found.hashless, err = s.tryHashes(ctx)
		}
	}
	if err != nil {
		return connectors.Capabilities{}, err
	}
	if err := s.judge(found); err != nil {
		return connectors.Capabilities{}, err
	}
	s.limits.found(found.limit)
	caps := found.capabilities(s.schema)
	if s.limits.session > 0 {
		caps.Findings = append(caps.Findings, connectors.Finding{Name: "statement timeout", Value: s.limits.text()})
	}
	s.exportless.Store(!found.exports)
	s.caps = &caps
	return caps, nil
}

// lookAround asks, and tries the server's hashes if told so; else it has none.
func (s *shard) lookAround(ctx context.Context, hashing bool) (calibration, error) {
	var c calibration
	fields := []arrow.Field{
		intField("version_num"), textField("version"), textField("encoding"), textField("collation"), textField("provider"),
		textField("timezone"), textField("integer_datetimes"), boolField("standby"), boolField("schema_exists"), textField("foreign"),
		boolField("exports"), intField("limit"),
	}
	columns := make([]string, len(hashProbes))
	for i, p := range hashProbes {
		columns[i] = "false"
		if hashing {
			columns[i] = "coalesce(" + p.holds + ", false)"
		}
		fields = append(fields, boolField(p.feature))
	}
	err := s.ask(ctx, fmt.Sprintf(calibrationSQL, strings.Join(columns, ",\n  ")), fields, []connectors.Arg{{Text: s.schema}}, func(r row) {
		c = calibration{
			versionNum: r.int(0), version: r.text(1), encoding: r.text(2), collation: r.text(3), provider: r.text(4),
			timeZone: r.text(5), integerDatetimes: r.text(6), standby: r.bool(7), schemaExists: r.bool(8), exports: r.bool(10), limit: r.int(11),
		}
		if !r.null(9) {
			c.foreignColumns = r.text(9)
		}
		for i, p := range hashProbes {
			if !r.bool(12 + i) {
				c.hashless = append(c.hashless, p.feature)
			}
		}
	})
	return c, err
}

// judge refuses a server on which answers could not be right.
func (s *shard) judge(c calibration) error {
	text := ""
	switch {
	case c.versionNum < minVersion:
		text = fmt.Sprintf("PostgreSQL %s is too old: version 12 or later is needed", c.version)
	case c.encoding != "UTF8":
		text = fmt.Sprintf("the database is encoded in %s: only UTF8 is supported", c.encoding)
	case c.integerDatetimes != "on":
		text = "the server keeps times as floating-point numbers (integer_datetimes is off)"
	case !c.schemaExists:
		text = "schema " + strconv.Quote(s.schema) + " does not exist in its database"
	default:
		return nil
	}
	return connectors.NewError(s.name, connectors.ClassConfig, "", text, nil)
}

func (c calibration) capabilities(schema string) connectors.Capabilities {
	binary := c.provider == "c" && (c.collation == "C" || c.collation == "POSIX")
	role := "primary"
	if c.standby {
		role = "standby"
	}
	caps := connectors.Capabilities{
		Dialect:         "postgres",
		Version:         "PostgreSQL " + c.version,
		BinaryCollation: binary && c.foreignColumns == "",
		Findings: []connectors.Finding{
			{Name: "role", Value: role},
			{Name: "schema", Value: schema},
			{Name: "encoding", Value: c.encoding},
			{Name: "collation", Value: c.collationText(binary)},
			{Name: "session time zone", Value: c.timeZone},
			{Name: "hashes for sketches", Value: hashesText(c.hashless)},
		},
	}
	if c.foreignColumns != "" {
		caps.Findings = append(caps.Findings,
			connectors.Finding{Name: "columns with a collation of their own", Value: c.foreignColumns})
	}
	if !c.exports {
		caps.Missing = append(caps.Missing, connectors.FeatureExportSnapshot)
		caps.Findings = append(caps.Findings, connectors.Finding{Name: "missing",
			Value: "pg_export_snapshot(): several statements of one query run one after the other, on one connection"})
	}
	caps.Missing = append(caps.Missing, c.hashless...)
	slices.Sort(caps.Missing)
	return caps
}

func (c calibration) collationText(binary bool) string {
	if binary {
		return c.collation + ", compares bytewise"
	}
	if c.provider == "i" {
		return "ICU, text is compared under COLLATE \"C\" explicitly"
	}
	return c.collation + ", text is compared under COLLATE \"C\" explicitly"
}
