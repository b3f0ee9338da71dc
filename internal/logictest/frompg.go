package logictest

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pgTypes names the types a case may return, by their object identifier in every PostgreSQL.
var pgTypes = map[uint32]string{
	16: "boolean", 17: "bytea", 20: "bigint", 21: "smallint", 23: "integer", 25: "text",
	114: "json", 700: "real", 701: "double precision", 1042: "character", 1043: "text",
	1082: "date", 1083: "time without time zone", 1114: "timestamp without time zone",
	1184: "timestamp with time zone", 1186: "interval", 1700: "numeric", 2950: "uuid", 3802: "jsonb",
	1000: "boolean[]", 1001: "bytea[]", 1016: "bigint[]", 1005: "smallint[]", 1007: "integer[]", 1009: "text[]",
	199: "json[]", 1021: "real[]", 1022: "double precision[]", 1015: "text[]",
	1182: "date[]", 1183: "time without time zone[]", 1115: "timestamp without time zone[]",
	1185: "timestamp with time zone[]", 1187: "interval[]", 1231: "numeric[]", 2951: "uuid[]", 3807: "jsonb[]",
}

// sessionSettings make PostgreSQL's text of a value what Canonical expects.
const sessionSettings = `set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC';
set extra_float_digits = 1; set bytea_output = 'hex'`

// FromPostgres runs one statement in the connection's current search path and returns its answer. Parameters
// travel as text of no stated type, so PostgreSQL infers their types. An error of the server is a *pgconn.PgError.
func FromPostgres(ctx context.Context, conn *pgx.Conn, sql string, args []any) (Answer, error) {
	values := make([][]byte, len(args))
	for i, arg := range args {
		text, err := argText(arg)
		if err != nil {
			return Answer{}, fmt.Errorf("parameter $%d: %w", i+1, err)
		}
		values[i] = text
	}
	return FromResult(ReadResult(conn.PgConn().ExecParams(ctx, sql, values, nil, nil, nil)))
}

func argText(arg any) ([]byte, error) {
	switch v := arg.(type) {
	case nil:
		return nil, nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case string:
		return []byte(v), nil
	}
	return nil, fmt.Errorf("no text form for %T", arg)
}

// ReadResult reads an answer to its end. Unlike the driver's Read it keeps the columns of an answer without rows.
func ReadResult(reader *pgconn.ResultReader) *pgconn.Result {
	result := reader.Read()
	if result.FieldDescriptions == nil {
		result.FieldDescriptions = slices.Clone(reader.FieldDescriptions())
	}
	return result
}

// FromResult makes an answer of what was read of a statement whose columns came as text; its error, if it has one, is the statement's.
func FromResult(result *pgconn.Result) (Answer, error) {
	if result.Err != nil {
		return Answer{}, result.Err
	}
	var answer Answer
	for _, field := range result.FieldDescriptions {
		name, known := pgTypes[field.DataTypeOID]
		if !known {
			return Answer{}, fmt.Errorf("column %q has the type with oid %d, which has no name here", field.Name, field.DataTypeOID)
		}
		answer.Columns = append(answer.Columns, field.Name)
		answer.Types = append(answer.Types, name)
	}
	for _, values := range result.Rows {
		row := make([]Cell, len(answer.Columns))
		for i, value := range values {
			if value == nil {
				row[i].Null = true
				continue
			}
			text, err := Canonical(answer.Types[i], string(value))
			if err != nil {
				return Answer{}, err
			}
			row[i].Text = text
		}
		answer.Rows = append(answer.Rows, row)
	}
	return answer, nil
}
