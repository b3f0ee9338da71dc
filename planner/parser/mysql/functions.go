package mysql

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
)

// functionHints say what to write instead of a function that is not here.
var functionHints = map[string]string{
	"any_value":   "MIN(a) gives one of the values",
	"date_format": "EXTRACT(unit FROM a) gives the parts of a date",
	"ascii":       "it means a byte in MySQL and a character elsewhere",
	"rand":        "a query must give the same answer on every shard",
}

// functions are MySQL's scalar functions, by what they become. Those with arguments of a form of their own are in call.go.
var functions = map[string]function{
	"if":       {3, 3, ifCall},
	"ifnull":   {2, 2, syntaxCall("coalesce")},
	"coalesce": {1, -1, syntaxCall("coalesce")},
	"nullif":   {2, 2, syntaxCall("nullif")},
	"isnull":   {1, 1, func(k *call) ast.Expr { return &ast.IsNull{Pos: k.pos, X: k.args[0]} }},

	"abs": {1, 1, same("abs")}, "sign": {1, 1, same("sign")}, "floor": {1, 1, same("floor")},
	"ceil": {1, 1, same("ceil")}, "ceiling": {1, 1, same("ceil")},
	"round": {1, 2, same("round")}, "truncate": {2, 2, same("trunc")}, "pi": {0, 0, same("pi")},
	"mod": {2, 2, func(k *call) ast.Expr { return modulo(k.pos, k.args[0], k.args[1]) }},
	"pow": {2, 2, floats("power")}, "power": {2, 2, floats("power")}, "sqrt": {1, 1, floats("sqrt")}, "exp": {1, 1, floats("exp")},
	"ln": {1, 1, floats("ln")}, "log": {1, 1, floats("ln")}, "log10": {1, 1, floats("log")},
	"sin": {1, 1, floats("sin")}, "cos": {1, 1, floats("cos")}, "tan": {1, 1, floats("tan")}, "cot": {1, 1, floats("cot")},
	"asin": {1, 1, floats("asin")}, "acos": {1, 1, floats("acos")}, "atan": {1, 1, floats("atan")}, "atan2": {2, 2, floats("atan2")},
	"degrees": {1, 1, floats("degrees")}, "radians": {1, 1, floats("radians")},

	"concat":    {1, -1, func(k *call) ast.Expr { return concat(k.pos, k.args) }},
	"concat_ws": {2, -1, same("concat_ws")},
	"upper":     {1, 1, same("upper")}, "ucase": {1, 1, same("upper")}, "lower": {1, 1, same("lower")}, "lcase": {1, 1, same("lower")},
	"char_length": {1, 1, same("char_length")}, "character_length": {1, 1, same("char_length")},
	"length": {1, 1, same("octet_length")}, "octet_length": {1, 1, same("octet_length")},
	"trim": {1, 3, trim}, "ltrim": {1, 1, same("ltrim")}, "rtrim": {1, 1, same("rtrim")},
	"replace": {3, 3, same("replace")}, "repeat": {2, 2, same("repeat")}, "reverse": {1, 1, same("reverse")}, "md5": {1, 1, same("md5")}, "pseudonym": {1, 1, same("pseudonym")},
	"space": {1, 1, func(k *call) ast.Expr { return simple(k.pos, "repeat", text(k.pos, " "), k.args[0]) }},
	"left":  {2, 2, counted("left", 0)}, "right": {2, 2, counted("right", 0)},
	"lpad": {3, 3, pad("lpad")}, "rpad": {3, 3, pad("rpad")},
	"substring": {2, 3, counted("substring", 1)}, "substr": {2, 3, counted("substring", 1)}, "mid": {3, 3, counted("substring", 1)},
	"locate": {2, 2, strpos}, "position": {2, 2, strpos}, "instr": {2, 2, same("strpos")},

	"curdate": {0, 0, syntaxCall("current_date")}, "current_date": {0, 0, syntaxCall("current_date")}, "utc_date": {0, 0, syntaxCall("current_date")},
	"now": {0, 1, now}, "current_timestamp": {0, 1, now}, "localtime": {0, 1, now}, "localtimestamp": {0, 1, now}, "utc_timestamp": {0, 1, now},
	"curtime": {0, 0, timeOfDay}, "current_time": {0, 0, timeOfDay}, "utc_time": {0, 0, timeOfDay},
	"date": {1, 1, func(k *call) ast.Expr { return castAt(k.pos, k.args[0], "date") }},
	"year": {1, 1, part("year", 0)}, "quarter": {1, 1, part("quarter", 0)}, "month": {1, 1, part("month", 0)},
	"day": {1, 1, part("day", 0)}, "dayofmonth": {1, 1, part("day", 0)}, "dayofyear": {1, 1, part("doy", 0)},
	"dayofweek": {1, 1, part("dow", 1)}, "weekday": {1, 1, part("isodow", -1)},
	"hour": {1, 1, part("hour", 0)}, "minute": {1, 1, part("minute", 0)}, "second": {1, 1, part("second", 0)},
	"extract": {2, 2, extract}, "last_day": {1, 1, lastDay}, "datediff": {2, 2, dateDiff},
}

// same is for functions that PostgreSQL has too, perhaps by another name.
func same(name string) func(*call) ast.Expr {
	return func(k *call) ast.Expr { return simple(k.pos, name, k.args...) }
}

// syntaxCall is for those that are keywords to PostgreSQL.
func syntaxCall(name string) func(*call) ast.Expr {
	return func(k *call) ast.Expr {
		return &ast.FuncCall{Pos: k.pos, Name: name, Args: k.args, SQLSyntax: true}
	}
}

// floats is for functions that calculate in double precision, whatever they are given.
func floats(name string) func(*call) ast.Expr {
	return func(k *call) ast.Expr {
		for i, x := range k.args {
			k.args[i] = cast(x, "double precision")
		}
		return simple(k.pos, name, k.args...)
	}
}

func castAt(pos ast.Pos, x ast.Expr, name string) ast.Expr {
	return &ast.Cast{Pos: pos, X: x, Type: &ast.TypeName{Pos: pos, Name: name}}
}

func ifCall(k *call) ast.Expr {
	return &ast.Case{Pos: k.pos, Whens: []*ast.When{{Pos: k.pos, Cond: k.args[0], Result: k.args[1]}}, Else: k.args[2]}
}

// counted is for functions of a text and one or two numbers, which mean the same to both only from least on. So they must
// be literals.
func counted(name string, least int) func(*call) ast.Expr {
	return func(k *call) ast.Expr {
		for i, x := range k.args[1:] {
			low := "a number from 0 on"
			if i == 0 && least == 1 {
				low = "a number from 1 on"
			}
			lit, ok := x.(*ast.Literal)
			if !ok || lit.Kind != ast.LitInt || lit.Text[0] == '-' || lit.Text == "0" && i == 0 && least == 1 {
				k.c.fail(named(int(posOf(x)), strings.ToUpper(k.name)+" with a place or length other than "+low,
					"write the number; the postgres dialect takes an expression"))
				return nil
			}
		}
		return simple(k.pos, name, k.args...)
	}
}

// pad is for LPAD and RPAD: with an empty pad they are NULL or not, by version.
func pad(name string) func(*call) ast.Expr {
	return func(k *call) ast.Expr {
		if lit, ok := k.args[2].(*ast.Literal); !ok || lit.Kind != ast.LitString || lit.Text == "" {
			k.c.fail(named(int(posOf(k.args[2])), strings.ToUpper(k.name)+" with a pad that is no string or an empty one", "write the pad as a string"))
			return nil
		}
		whole := &call{c: k.c, pos: k.pos, name: k.name, args: k.args[:2]}
		counted(name, 0)(whole)
		return simple(k.pos, name, k.args...)
	}
}

// strpos is for functions that are given what to look for first.
func strpos(k *call) ast.Expr { return simple(k.pos, "strpos", k.args[1], k.args[0]) }

// trim converts TRIM(a), TRIM(s FROM a) and TRIM(BOTH s FROM a): MySQL takes s away as a whole, PostgreSQL any of its characters, so s
// must be one character.
func trim(k *call) ast.Expr {
	name, args := "btrim", k.args
	if t := k.c.modeToken(args[0]); t != nil {
		name = map[string]string{"both": "btrim", "leading": "ltrim", "trailing": "rtrim"}[t.word]
		args = args[1:]
	}
	switch len(args) {
	case 1:
		return simple(k.pos, name, args[0])
	case 2:
		if lit, ok := args[0].(*ast.Literal); ok && lit.Kind == ast.LitString && len([]rune(lit.Text)) == 1 {
			return simple(k.pos, name, args[1], args[0])
		}
		k.c.fail(named(int(posOf(args[0])), "TRIM of something other than one character", "the postgres dialect trims sets of characters"))
		return nil
	}
	k.c.fail(ast.Errorf("42601", int(k.pos), "TRIM has nothing to trim"))
	return nil
}

// modeToken is the word BOTH, LEADING or TRAILING that stands for an argument, or nil.
func (c *converter) modeToken(x ast.Expr) *token {
	lit, ok := x.(*ast.Literal)
	if !ok || lit.Kind != ast.LitString {
		return nil
	}
	for i := c.at; i >= 0; i-- {
		if t := &c.toks[i]; t.pos == int(lit.Pos) {
			if t.isAny("both", "leading", "trailing") {
				return t
			}
			return nil
		}
	}
	return nil
}

// now is the query's moment, in seconds unless six digits are asked for.
func now(k *call) ast.Expr {
	moment := &ast.FuncCall{Pos: k.pos, Name: "localtimestamp", SQLSyntax: true}
	if len(k.args) == 1 {
		if lit, ok := k.args[0].(*ast.Literal); ok && lit.Text == "6" {
			return moment
		}
		if lit, ok := k.args[0].(*ast.Literal); !ok || lit.Text != "0" {
			k.c.fail(named(int(posOf(k.args[0])), strings.ToUpper(k.name)+" with a precision other than 0 and 6", "write "+strings.ToUpper(k.name)+"(6)"))
			return nil
		}
	}
	return simple(k.pos, "date_trunc", text(k.pos, "second"), moment)
}

func timeOfDay(k *call) ast.Expr { return castAt(k.pos, now(k), "time") }

// part is for parts of a date or timestamp, plus a number. They are integers.
func part(field string, plus int) func(*call) ast.Expr {
	return func(k *call) ast.Expr {
		var x ast.Expr = &ast.Extract{Pos: k.pos, Field: field, X: temporal(k.args[0])}
		if field == "second" {
			x = simple(k.pos, "floor", x)
		}
		x = castAt(k.pos, x, "integer")
		switch {
		case plus > 0:
			return &ast.Binary{Pos: k.pos, Op: "+", L: x, R: intLiteral(k.pos, "1")}
		case plus < 0:
			return &ast.Binary{Pos: k.pos, Op: "-", L: x, R: intLiteral(k.pos, "1")}
		}
		return x
	}
}

// extract converts EXTRACT(unit FROM x).
func extract(k *call) ast.Expr {
	if ref, ok := k.args[0].(*ast.ColumnRef); ok && len(ref.Parts) == 1 {
		switch unit := ref.Parts[0]; unit {
		case "year", "quarter", "month", "day", "hour", "minute", "second":
			return part(unit, 0)(&call{c: k.c, pos: k.pos, name: k.name, args: k.args[1:]})
		}
	}
	k.c.fail(named(int(posOf(k.args[0])), "this unit of EXTRACT", "the units are YEAR, QUARTER, MONTH, DAY, HOUR, MINUTE and SECOND"))
	return nil
}

func lastDay(k *call) ast.Expr {
	first := simple(k.pos, "date_trunc", text(k.pos, "month"), cast(k.args[0], "timestamp"))
	return castAt(k.pos, &ast.Binary{Pos: k.pos, Op: "+", L: first, R: intervalLiteral(k.pos, "1 month -1 day")}, "date")
}

func dateDiff(k *call) ast.Expr {
	return &ast.Binary{Pos: k.pos, Op: "-", L: cast(temporal(k.args[0]), "date"), R: cast(temporal(k.args[1]), "date")}
}
