package logictest

import (
	"math"
	"strconv"
	"strings"
)

// sqlServer is the driver whose shards cannot hold every value and every type of the data set.
const sqlServer = "sqlserver"

// nativeOf chooses SQL Server types other than the usual one, so that all that map to one PostgreSQL type are in use: by
// table and column. The rows are made so that the values fit.
var nativeOf = map[string]string{
	"cooperatives.name": "nvarchar(100)", "cooperatives.country": "varchar(2)", "cooperatives.reserve": "numeric(15,2)",
	"units.label": "varchar(20)", "units.rooms": "tinyint", "units.area": "float(53)",
	"members.name": "nvarchar(60)", "members.email": "varchar(60)",
	"payments.currency": "varchar(3) collate Latin1_General_BIN2", "payments.note": "nvarchar(40)", "payments.method": "tinyint",
	"payments.booked_at": "datetimeoffset(7)",
	"currencies.code":    "nvarchar(3)", "currencies.minor_units": "tinyint",
	"events.kind": "nvarchar(20) collate Latin1_General_CS_AS", "events.at": "datetime2(7)",
	"ledger.booked_time": "time(7)", "ledger.account": "varchar(max)",
	"sensors.country": "varchar(8)", "sensors.temp": "float(24)",
	"words.v":     "nvarchar(20) collate Latin1_General_100_CI_AI",
	"spellings.v": "nvarchar(40)", "spellings.w": "varchar(60)", "spellings.grp": "nvarchar(20)",
	"bounds.tiny": "tinyint", "bounds.cash": "money", "bounds.coin": "smallmoney", "bounds.dt": "datetime", "bounds.sd": "smalldatetime",
	"bounds.ts": "datetime2(7)", "bounds.tz": "datetimeoffset(7)", "bounds.tm": "time(7)", "bounds.by": "varbinary(20)", "bounds.bin": "binary(4)",
}

// MSSQLType names the type of a column on a SQL Server shard. mapped is false where no type there agrees with PostgreSQL's:
// native is then a type that a shard may have instead and that cannot be read, or "".
func MSSQLType(table string, c Column) (native string, mapped bool) {
	native, mapped = mssqlType(Table{Name: table}, c)
	native, _, _ = strings.Cut(native, " collate ")
	return native, mapped
}

// mssqlType is MSSQLType with the collation behind the type.
func mssqlType(t Table, c Column) (native string, mapped bool) {
	if native, listed := nativeOf[t.Name+"."+c.Name]; listed {
		return native, true
	}
	return usualType(c.Type)
}

func usualType(typ string) (native string, mapped bool) {
	base, facets, _ := strings.Cut(typ, "(")
	switch base {
	case "smallint", "integer", "bigint", "real", "date":
		return strings.Replace(base, "integer", "int", 1), true
	case "double precision":
		return "float", true
	case "boolean":
		return "bit", true
	case "text":
		return "nvarchar(max)", true
	case "varchar":
		return "n" + typ, true
	case "character":
		return "nchar(" + facets, true
	case "bytea":
		return "varbinary(max)", true
	case "time without time zone":
		return "time(6)", true
	case "timestamp without time zone":
		return "datetime2(6)", true
	case "timestamp with time zone":
		return "datetimeoffset(6)", true
	case "uuid":
		return "uniqueidentifier", true
	case "numeric":
		if precision, _, _ := strings.Cut(facets, ","); facets != "" && len(precision) <= 2 && precision <= "38" {
			return "decimal(" + facets, true
		}
	case "json":
		return "xml", false
	}
	return "", false
}

// holds reports whether a SQL Server shard has the value: its years are 1 to 9999, its days end before 24:00, its floats
// are finite and normal; no reference says that it keeps the sign of a zero.
func holds(c Column, cell Cell) bool {
	if cell.Null {
		return true
	}
	switch base, _, _ := strings.Cut(c.Type, "("); base {
	case "date", "timestamp without time zone", "timestamp with time zone":
		year, _, dated := strings.Cut(cell.Text, "-")
		return dated && len(year) == 4 && !strings.HasSuffix(cell.Text, " BC")
	case "time without time zone":
		return !strings.HasPrefix(cell.Text, "24")
	case "double precision":
		return normal(cell.Text, 64, 0x1p-1022)
	case "real":
		return normal(cell.Text, 32, 0x1p-126)
	}
	return true
}

func normal(text string, bits int, least float64) bool {
	f, err := strconv.ParseFloat(text, bits)
	return err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && (math.Abs(f) >= least || f == 0 && !math.Signbit(f))
}
