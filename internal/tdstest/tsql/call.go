package tsql

import (
	"fmt"
	"strings"
)

// function says how a built-in function is called: with from min to max arguments, of which a date part is the first.
type function struct {
	min, max int
	use      use
}

// use is what is special about a function's call.
type use uint8

const (
	scalar     use = iota
	aggregate      // DISTINCT or ALL may stand before the argument
	counting       // an aggregate that may be of *
	ordered        // WITHIN GROUP may follow
	datePart       // the first argument is the name of a date part
	ranking        // OVER with ORDER BY must follow, without a frame
	positional     // OVER with ORDER BY must follow, perhaps with a frame
)

// many is SQL Server's bound on the arguments of CONCAT and the like.
const many = 254

// functions are the built-in functions of the subset. docs/tsql.md lists each with the vendor's page.
var functions = map[string]function{
	"COUNT": {1, 1, counting}, "COUNT_BIG": {1, 1, counting}, "SUM": {1, 1, aggregate}, "AVG": {1, 1, aggregate},
	"MIN": {1, 1, aggregate}, "MAX": {1, 1, aggregate}, "VAR": {1, 1, aggregate}, "VARP": {1, 1, aggregate},
	"STDEV": {1, 1, aggregate}, "STDEVP": {1, 1, aggregate}, "STRING_AGG": {2, 2, ordered},

	"ROW_NUMBER": {0, 0, ranking}, "RANK": {0, 0, ranking}, "DENSE_RANK": {0, 0, ranking}, "NTILE": {1, 1, ranking},
	"LAG": {1, 3, ranking}, "LEAD": {1, 3, ranking}, "FIRST_VALUE": {1, 1, positional}, "LAST_VALUE": {1, 1, positional},

	"ASCII": {min: 1, max: 1}, "CHAR": {min: 1, max: 1}, "CHARINDEX": {min: 2, max: 3}, "CONCAT": {min: 2, max: many},
	"CONCAT_WS": {min: 3, max: many}, "DATALENGTH": {min: 1, max: 1}, "LEFT": {min: 2, max: 2}, "LEN": {min: 1, max: 1},
	"LOWER": {min: 1, max: 1}, "LTRIM": {min: 1, max: 1}, "NCHAR": {min: 1, max: 1}, "REPLACE": {min: 3, max: 3},
	"REPLICATE": {min: 2, max: 2}, "REVERSE": {min: 1, max: 1},
	"RIGHT": {min: 2, max: 2}, "RTRIM": {min: 1, max: 1}, "SPACE": {min: 1, max: 1}, "STUFF": {min: 4, max: 4},
	"SUBSTRING": {min: 3, max: 3}, "TRANSLATE": {min: 3, max: 3}, "TRIM": {min: 1, max: 1}, "UNICODE": {min: 1, max: 1},
	"UPPER": {min: 1, max: 1},

	"ABS": {min: 1, max: 1}, "ACOS": {min: 1, max: 1}, "ASIN": {min: 1, max: 1}, "ATAN": {min: 1, max: 1}, "ATN2": {min: 2, max: 2},
	"CEILING": {min: 1, max: 1}, "COS": {min: 1, max: 1}, "COT": {min: 1, max: 1}, "DEGREES": {min: 1, max: 1}, "EXP": {min: 1, max: 1},
	"FLOOR": {min: 1, max: 1}, "LOG": {min: 1, max: 2}, "LOG10": {min: 1, max: 1}, "PI": {}, "POWER": {min: 2, max: 2},
	"RADIANS": {min: 1, max: 1}, "ROUND": {min: 2, max: 3}, "SIGN": {min: 1, max: 1}, "SIN": {min: 1, max: 1}, "SQRT": {min: 1, max: 1},
	"SQUARE": {min: 1, max: 1}, "TAN": {min: 1, max: 1},

	"DATEADD": {3, 3, datePart}, "DATEDIFF": {3, 3, datePart}, "DATEDIFF_BIG": {3, 3, datePart}, "DATENAME": {2, 2, datePart},
	"DATEPART": {2, 2, datePart}, "DATETRUNC": {2, 2, datePart}, "DATEFROMPARTS": {min: 3, max: 3}, "DATETIME2FROMPARTS": {min: 8, max: 8},
	"DATETIMEFROMPARTS": {min: 7, max: 7}, "DATETIMEOFFSETFROMPARTS": {min: 10, max: 10}, "TIMEFROMPARTS": {min: 5, max: 5},
	"DAY": {min: 1, max: 1}, "MONTH": {min: 1, max: 1}, "YEAR": {min: 1, max: 1}, "EOMONTH": {min: 1, max: 2},
	"SWITCHOFFSET": {min: 2, max: 2}, "TODATETIMEOFFSET": {min: 2, max: 2},

	"COALESCE": {min: 2, max: many}, "NULLIF": {min: 2, max: 2}, "ISNULL": {min: 2, max: 2}, "CHOOSE": {min: 2, max: many},
	"GREATEST": {min: 1, max: many}, "LEAST": {min: 1, max: many}, "HASHBYTES": {min: 2, max: 2}, "NEWID": {},

	"DB_ID": {min: 0, max: 1}, "DB_NAME": {min: 0, max: 1}, "SCHEMA_ID": {min: 0, max: 1}, "SCHEMA_NAME": {min: 0, max: 1},
	"OBJECT_ID": {min: 1, max: 2}, "OBJECT_NAME": {min: 1, max: 2}, "OBJECT_SCHEMA_NAME": {min: 1, max: 2}, "TYPE_NAME": {min: 1, max: 1},
	"COL_NAME": {min: 2, max: 2}, "SERVERPROPERTY": {min: 1, max: 1}, "DATABASEPROPERTYEX": {min: 2, max: 2}, "HAS_PERMS_BY_NAME": {min: 3, max: 5},
	"SUSER_SNAME": {min: 0, max: 1}, "USER_NAME": {min: 0, max: 1}, "APP_NAME": {}, "HOST_NAME": {},
}

// dateParts maps the names of date parts and their abbreviations to the names.
var dateParts = map[string]string{
	"year": "year", "yy": "year", "yyyy": "year", "quarter": "quarter", "qq": "quarter", "q": "quarter",
	"month": "month", "mm": "month", "m": "month", "dayofyear": "dayofyear", "dy": "dayofyear", "y": "dayofyear",
	"day": "day", "dd": "day", "d": "day", "week": "week", "wk": "week", "ww": "week", "weekday": "weekday", "dw": "weekday", "w": "weekday",
	"hour": "hour", "hh": "hour", "minute": "minute", "mi": "minute", "n": "minute", "second": "second", "ss": "second", "s": "second",
	"millisecond": "millisecond", "ms": "millisecond", "microsecond": "microsecond", "mcs": "microsecond",
	"nanosecond": "nanosecond", "ns": "nanosecond", "tzoffset": "tzoffset", "tz": "tzoffset",
	"iso_week": "iso_week", "isowk": "iso_week", "isoww": "iso_week",
}

// call reads a call of the function t, whose parenthesis follows.
func (p *parser) call(t token) Expr {
	f, known := functions[t.upper]
	c := &Call{Name: t.upper, Pos: t.pos}
	p.advance()
	p.expect("(")
	args := p.arguments(c, f)
	if p.err != nil {
		return c
	}
	switch {
	case !known:
		p.fail(195, t.pos, "'"+clip(t.text)+"' is not a recognized built-in function name.")
	case args < f.min || args > f.max:
		p.wrongCount(t, f)
	case f.use == ordered && p.accept("WITHIN", "GROUP"):
		p.expect("(", "ORDER", "BY")
		c.Within = p.orderItems()
		p.expect(")")
	}
	p.over(c, f)
	return c
}

// arguments reads a call's arguments and the closing parenthesis, and counts them.
func (p *parser) arguments(c *Call, f function) int {
	if p.accept(")") {
		return 0
	}
	if f.use == counting && p.accept("*") {
		c.Star = true
		p.expect(")")
		return 1
	}
	n := 0
	if f.use == datePart {
		c.Part = p.datePart(c.Name)
		if n = 1; !p.accept(",") {
			p.expect(")")
			return n
		}
	}
	if f.use == aggregate || f.use == counting {
		if c.Distinct = p.accept("DISTINCT"); !c.Distinct {
			p.accept("ALL")
		}
	}
	c.Args = p.inners()
	p.expect(")")
	return n + len(c.Args)
}

func (p *parser) datePart(name string) string {
	t := p.peek()
	name = strings.ToLower(name)
	if t.kind != word || reserved[t.upper] {
		p.fail(1023, t.pos, "Invalid parameter 1 specified for "+name+".")
		return ""
	}
	part, ok := dateParts[strings.ToLower(t.text)]
	if !ok {
		p.fail(155, t.pos, "'"+clip(t.text)+"' is not a recognized "+name+" option.")
	}
	p.advance()
	return part
}

func (p *parser) wrongCount(t token, f function) {
	name := strings.ToLower(t.text)
	if f.min == f.max {
		p.fail(174, t.pos, fmt.Sprintf("The %s function requires %d argument(s).", name, f.min))
		return
	}
	p.fail(189, t.pos, fmt.Sprintf("The %s function requires %d to %d arguments.", name, f.min, f.max))
}
