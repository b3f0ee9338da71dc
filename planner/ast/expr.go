package ast

// ColumnRef is a column, or a whole row of a table: a, t.a, s.t.a. Names are as the dialect folds them.
type ColumnRef struct {
	Pos
	Parts []string
}

// Star is * or t.* or s.t.*: all columns, of the table if Table is set.
type Star struct {
	Pos
	Table []string
}

// LiteralKind says how a literal was written, which is not yet its type.
type LiteralKind uint8

// The literals, with what their Text holds.
const (
	LitNull      LiteralKind = iota + 1 // ""
	LitBool                             // "true" or "false"
	LitInt                              // digits, perhaps after a minus, that fit a signed 64-bit integer
	LitNumeric                          // any other number, as written: "1.5", "1e10", "99999999999999999999"
	LitString                           // the characters, without quotes or escapes; of type "unknown" in PostgreSQL
	LitBitString                        // binary digits
)

// Literal is a constant. A minus sign directly before a number belongs to it, as in PostgreSQL, where
// -9223372036854775808 is a bigint; before anything else it is a Unary.
type Literal struct {
	Pos
	Kind LiteralKind
	Text string
}

// Param is a parameter, $1 being number 1.
type Param struct {
	Pos
	N int
}

// Binary is an infix operator: + - * / % ^ = <> < <= > >= || and the dialect's others (-> @> ~ …). "!=" is
// written "<>". The operands of a comparison may both be *Row.
type Binary struct {
	Pos  // of the operator
	Op   string
	L, R Expr
}

// Unary is a prefix operator: - + ~ @ |/ ….
type Unary struct {
	Pos
	Op string
	X  Expr
}

// And is a conjunction of two or more; an And within an And is merged into it.
type And struct {
	Pos  // of the first AND
	Args []Expr
}

// Or is a disjunction of two or more; an Or within an Or is merged into it.
type Or struct {
	Pos  // of the first OR
	Args []Expr
}

// Not is a negation.
type Not struct {
	Pos
	X Expr
}

// IsNull is IS [NOT] NULL.
type IsNull struct {
	Pos
	X   Expr
	Not bool
}

// BoolTest is the right side of IS TRUE and its kin.
type BoolTest uint8

// The boolean tests.
const (
	TestTrue BoolTest = iota + 1
	TestFalse
	TestUnknown
)

// IsBool is IS [NOT] TRUE, FALSE or UNKNOWN.
type IsBool struct {
	Pos
	X    Expr
	Test BoolTest
	Not  bool
}

// IsDistinct is L IS [NOT] DISTINCT FROM R.
type IsDistinct struct {
	Pos
	L, R Expr
	Not  bool
}

// Like is [NOT] LIKE or ILIKE, also when it was spelt as an operator (~~).
type Like struct {
	Pos
	X, Pattern      Expr
	Escape          Expr // nil when not written: backslash in PostgreSQL
	Not             bool
	CaseInsensitive bool
}

// SimilarTo is [NOT] SIMILAR TO.
type SimilarTo struct {
	Pos
	X, Pattern Expr
	Escape     Expr // nil when not written
	Not        bool
}

// Between is [NOT] BETWEEN [SYMMETRIC] Lo AND Hi.
type Between struct {
	Pos
	X, Lo, Hi Expr
	Not       bool
	Symmetric bool
}

// In is [NOT] IN with a list. X and the elements may be *Row.
type In struct {
	Pos
	X    Expr
	List []Expr
	Not  bool
}

// When is one branch of a Case.
type When struct {
	Pos
	Cond   Expr // a condition, or with Case.Operand a value to compare with
	Result Expr
}

// Case is CASE [Operand] WHEN … THEN … ELSE … END.
type Case struct {
	Pos
	Operand Expr // nil in the searched form
	Whens   []*When
	Else    Expr // nil: NULL
}

// TypeName is a type as written, under its canonical name in lower case:
// smallint integer bigint real "double precision" numeric boolean text varchar character bytea date time
// timetz timestamp timestamptz interval uuid json jsonb bit varbit, or any other word that was written.
// "char" and "char(n)" are character with Mods; bpchar without Mods is character, too; PostgreSQL's internal
// type of that name is `"char"`, with the quotes.
type TypeName struct {
	Pos
	Schema string // "" also for the system's schema
	Name   string
	Mods   []int  // numeric(10,2): [10 2]; varchar(5): [5]; timestamp(3): [3]; nil when none were written
	Array  bool   // an array of any number of dimensions
	Fields string // interval only: "", "year", "day to second", …
}

// Cast is CAST(x AS t), x::t and the typed literal t 'x' (then X is a string Literal).
type Cast struct {
	Pos
	X    Expr
	Type *TypeName
}

// Collate is x COLLATE name.
type Collate struct {
	Pos
	X      Expr
	Schema string
	Name   string
}

// Row is ROW(…) or (a, b, …).
type Row struct {
	Pos
	Items    []Expr
	Explicit bool // ROW was written
}

// Array is ARRAY[…]; an inner [...] is an Array, too.
type Array struct {
	Pos
	Items []Expr
}

// Subscript is x[i], or with Slice x[lo:hi], in which either bound may be nil.
type Subscript struct {
	Pos
	X     Expr
	Index Expr // the subscript or the lower bound
	Upper Expr
	Slice bool
	First bool // the first of adjacent brackets: in (x[1:2])[1] each pair is
}

// FieldSelect is (x).field.
type FieldSelect struct {
	Pos
	X     Expr
	Field string
}
