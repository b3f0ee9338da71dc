package mysql

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
)

// castTypes are the types to which MySQL casts, as the tree calls them, and how many modifiers they take.
var castTypes = map[string]struct {
	name string
	mods int
}{
	"signed": {"bigint", 0}, "signed integer": {"bigint", 0}, "signed int": {"bigint", 0},
	"char": {"text", 1}, "character": {"text", 1}, "nchar": {"text", 1},
	"decimal": {"numeric", 2}, "dec": {"numeric", 2},
	"double": {"double precision", 0}, "double precision": {"double precision", 0}, "real": {"double precision", 0}, "float": {"real", 1},
	"date": {"date", 0}, "time": {"time", 1}, "datetime": {"timestamp", 1},
}

// typeName reads the type of a CAST.
func typeName(toks []token) (*ast.TypeName, error) {
	var words []string
	i := 0
	for ; i < len(toks) && toks[i].kind == kindWord; i++ {
		words = append(words, toks[i].word)
	}
	if i == 0 {
		return nil, syntaxError(&toks[0])
	}
	written := strings.Join(words, " ")
	t, ok := castTypes[written]
	if !ok {
		e := unsupported(toks[0].pos, "a cast to "+strings.ToUpper(written))
		e.Hint = "casts are to SIGNED, DECIMAL, DOUBLE, FLOAT, CHAR, DATE, TIME and DATETIME"
		return nil, e
	}
	mods, err := typeMods(toks[i:], t.mods)
	if err != nil {
		return nil, err
	}
	return castType(ast.Pos(toks[0].pos), t.name, mods), nil
}

// castType gives a type the modifiers that it has without any, or with them another name.
func castType(pos ast.Pos, name string, mods []int) *ast.TypeName {
	switch {
	case name == "numeric" && len(mods) == 0:
		mods = []int{10, 0}
	case name == "numeric" && len(mods) == 1:
		mods = append(mods, 0)
	case name == "text" && len(mods) == 1:
		name = "varchar"
	case name == "real" && len(mods) == 1:
		if mods[0] > 24 {
			name = "double precision"
		}
		mods = nil
	case (name == "timestamp" || name == "time") && len(mods) == 0:
		mods = []int{0}
	}
	return &ast.TypeName{Pos: pos, Name: name, Mods: mods}
}

// typeMods reads "(n)" or "(n, m)", or nothing.
func typeMods(toks []token, most int) ([]int, error) {
	if len(toks) == 0 {
		return nil, nil
	}
	var mods []int
	for i := range toks {
		t := &toks[i]
		first, last := i == 0, i == len(toks)-1
		n, err := strconv.Atoi(t.text)
		switch {
		case first && t.is("(") && !last, last && t.is(")") && i%2 == 0 && i > 0:
		case !first && !last && i%2 == 0 && t.is(","):
		case !first && i%2 == 1 && t.kind == kindNumber && err == nil && len(mods) < most:
			mods = append(mods, n)
		default:
			return nil, syntaxError(t)
		}
	}
	return mods, nil
}
