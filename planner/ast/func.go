package ast

// FuncCall is a call of a function, aggregate or window function, and of what only looks different:
//
//   - coalesce, nullif, greatest, least, grouping;
//   - current_date, current_time, current_timestamp, localtime, localtimestamp (at most one argument, the
//     precision, an integer literal), current_user, current_role, session_user, user, current_catalog,
//     current_schema;
//   - x AT TIME ZONE z: timezone(z, x); x AT LOCAL: timezone(x);
//   - position(a IN b): position(b, a); substring, overlay, btrim, ltrim, rtrim, normalize with the arguments
//     in the order in which pg_proc has them.
//
// For these SQLSyntax is true and Schema "".
type FuncCall struct {
	Pos
	Schema      string // "" when none was written
	Name        string
	Args        []Expr
	Names       []string // of the arguments, "" for those without; nil where none has one
	Variadic    bool     // the last argument is an array whose elements are arguments
	Star        bool     // count(*)
	Distinct    bool
	OrderBy     []*SortItem // within the parentheses, or with WithinGroup those of WITHIN GROUP (ORDER BY …)
	WithinGroup bool
	Filter      Expr
	Over        *WindowDef
	SQLSyntax   bool
}

// Extract is EXTRACT(field FROM x). Field is in lower case.
type Extract struct {
	Pos
	Field string
	X     Expr
}

// InSubquery is x [NOT] IN (query). X may be a *Row.
type InSubquery struct {
	Pos
	X     Expr
	Query *Select
	Not   bool
}

// Quantified is x op ANY (…) or x op ALL (…), over the rows of Query or the elements of Array: exactly one
// of the two is set. LIKE and its kin are the operators ~~ !~~ ~~* !~~*.
type Quantified struct {
	Pos
	X     Expr
	Op    string
	All   bool // ALL; else ANY (SOME)
	Query *Select
	Array Expr
}

// Exists is EXISTS (query).
type Exists struct {
	Pos
	Query *Select
}

// ScalarSubquery is (query) used as a value.
type ScalarSubquery struct {
	Pos
	Query *Select
}

// ArraySubquery is ARRAY(query).
type ArraySubquery struct {
	Pos
	Query *Select
}

func (*ColumnRef) exprNode()      {}
func (*Star) exprNode()           {}
func (*Literal) exprNode()        {}
func (*Param) exprNode()          {}
func (*Binary) exprNode()         {}
func (*Unary) exprNode()          {}
func (*And) exprNode()            {}
func (*Or) exprNode()             {}
func (*Not) exprNode()            {}
func (*IsNull) exprNode()         {}
func (*IsBool) exprNode()         {}
func (*IsDistinct) exprNode()     {}
func (*Like) exprNode()           {}
func (*SimilarTo) exprNode()      {}
func (*Between) exprNode()        {}
func (*In) exprNode()             {}
func (*Case) exprNode()           {}
func (*Cast) exprNode()           {}
func (*Collate) exprNode()        {}
func (*Row) exprNode()            {}
func (*Array) exprNode()          {}
func (*Subscript) exprNode()      {}
func (*FieldSelect) exprNode()    {}
func (*FuncCall) exprNode()       {}
func (*Extract) exprNode()        {}
func (*InSubquery) exprNode()     {}
func (*Quantified) exprNode()     {}
func (*Exists) exprNode()         {}
func (*ScalarSubquery) exprNode() {}
func (*ArraySubquery) exprNode()  {}
