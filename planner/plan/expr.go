package plan

// Column is one column of an intermediate result. ID is unique within a plan and is the column's identity;
// Name is what the user sees and need not be unique.
type Column struct {
	ID   int
	Name string
	Type Type
}

// Expr is a typed scalar expression. Implementations are the pointer types of this file.
type Expr interface {
	Type() Type
	expr()
}

// Col reads a column of the input.
type Col struct{ Column Column }

// Const is a literal: its value in PostgreSQL's text form, or NULL.
type Const struct {
	Text string
	Null bool
	T    Type
}

// Param is the query's parameter $N (from 1).
type Param struct {
	N int
	T Type
}

// Call applies a function or operator of the registry (package bind) whose overload is fixed by the types
// of Args. Operators bear their symbol, functions PostgreSQL's name.
type Call struct {
	Fn   string
	Args []Expr
	T    Type
}

// Cast converts to a type. Mod is set where the target carried modifiers that rounding or
// truncation depend on: numeric(p,s), varchar(n), time(p); otherwise nil.
type Cast struct {
	X   Expr
	To  Type
	Mod []int
}

// And and Or are n-ary; an empty And is true, an empty Or false.
type (
	And struct{ Args []Expr }
	Or  struct{ Args []Expr }
	Not struct{ X Expr }
)

// IsNull is x IS [NOT] NULL.
type IsNull struct {
	X   Expr
	Not bool
}

// IsBool is x IS [NOT] TRUE (Value) or FALSE.
type IsBool struct {
	X     Expr
	Value bool
	Not   bool
}

// In is x [NOT] IN (list), all of one type.
type In struct {
	X    Expr
	List []Expr
	Not  bool
}

// Case is a searched CASE; Else may be nil.
type Case struct {
	Whens []When
	Else  Expr
	T     Type
}

// When is one arm of a Case.
type When struct{ Cond, Then Expr }

func (e *Col) Type() Type   { return e.Column.Type }
func (e *Const) Type() Type { return e.T }
func (e *Param) Type() Type { return e.T }
func (e *Call) Type() Type  { return e.T }
func (e *Cast) Type() Type  { return e.To }
func (e *Case) Type() Type  { return e.T }
func (*And) Type() Type     { return T(Bool) }
func (*Or) Type() Type      { return T(Bool) }
func (*Not) Type() Type     { return T(Bool) }
func (*IsNull) Type() Type  { return T(Bool) }
func (*IsBool) Type() Type  { return T(Bool) }
func (*In) Type() Type      { return T(Bool) }

func (*Col) expr()    {}
func (*Const) expr()  {}
func (*Param) expr()  {}
func (*Call) expr()   {}
func (*Cast) expr()   {}
func (*Case) expr()   {}
func (*And) expr()    {}
func (*Or) expr()     {}
func (*Not) expr()    {}
func (*IsNull) expr() {}
func (*IsBool) expr() {}
func (*In) expr()     {}

// Agg is an aggregate call, valid only in an Aggregate node. Filter may be nil; Star is count(*). Order is set only
// where it matters: ORDER BY of string_agg, and WITHIN GROUP of mode and the percentiles, whose one item is Args[0].
type Agg struct {
	Fn       string
	Args     []Expr
	Star     bool
	Distinct bool
	Order    []WindowKey
	Filter   Expr
	T        Type
	Sketch   *Sketch // of the approximate aggregates; never changed once it stands in a plan
}

// Children returns the direct operands of e, in order.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Cast:
		return []Expr{e.X}
	case *And:
		return e.Args
	case *Or:
		return e.Args
	case *Not:
		return []Expr{e.X}
	case *IsNull:
		return []Expr{e.X}
	case *IsBool:
		return []Expr{e.X}
	case *In:
		return append([]Expr{e.X}, e.List...)
	case *Subquery:
		return e.X
	case *Case:
		var out []Expr
		for _, w := range e.Whens {
			out = append(out, w.Cond, w.Then)
		}
		if e.Else != nil {
			out = append(out, e.Else)
		}
		return out
	}
	return nil
}

// withChildren returns a copy of e over other operands; e itself if it has none.
func withChildren(e Expr, c []Expr) Expr {
	switch e := e.(type) {
	case *Call:
		return &Call{Fn: e.Fn, Args: c, T: e.T}
	case *Cast:
		return &Cast{X: c[0], To: e.To, Mod: e.Mod}
	case *And:
		return &And{Args: c}
	case *Or:
		return &Or{Args: c}
	case *Not:
		return &Not{X: c[0]}
	case *IsNull:
		return &IsNull{X: c[0], Not: e.Not}
	case *IsBool:
		return &IsBool{X: c[0], Value: e.Value, Not: e.Not}
	case *In:
		return &In{X: c[0], List: c[1:], Not: e.Not}
	case *Case:
		n := &Case{T: e.T, Whens: make([]When, len(e.Whens))}
		for i := range e.Whens {
			n.Whens[i] = When{c[2*i], c[2*i+1]}
		}
		if e.Else != nil {
			n.Else = c[len(c)-1]
		}
		return n
	}
	return e
}

// Walk calls f on e and then on its operands, as long as f returns true.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, c := range Children(e) {
		Walk(c, f)
	}
}

// Map rebuilds e bottom-up, replacing each expression x by f(x). Where nothing changes e itself is returned.
func Map(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	return f(MapChildren(e, func(k Expr) Expr { return Map(k, f) }))
}

// Substitute replaces columns by the expressions that define them.
func Substitute(e Expr, defs map[int]Expr) Expr {
	return Map(e, func(x Expr) Expr {
		if c, ok := x.(*Col); ok {
			if d, ok := defs[c.Column.ID]; ok {
				return d
			}
		}
		return x
	})
}

// Definitions are the expressions of items, by the IDs of their columns.
func Definitions(items []Assign) map[int]Expr {
	defs := make(map[int]Expr, len(items))
	for _, it := range items {
		defs[it.Col.ID] = it.Expr
	}
	return defs
}

// SubstituteItems replaces in each expression the columns that items define.
func SubstituteItems(list []Expr, items []Assign) []Expr {
	defs := Definitions(items)
	return mapList(list, func(e Expr) Expr { return Substitute(e, defs) })
}

// ColumnsOf adds the IDs of the columns that e reads to set; of a subquery, those from around it.
func ColumnsOf(e Expr, set map[int]bool) {
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *Col:
			set[x.Column.ID] = true
		case *Subquery:
			for id := range Free(x.Root) {
				set[id] = true
			}
		}
		return true
	})
}

// Conjuncts splits a condition at its ANDs; nil gives none.
func Conjuncts(e Expr) []Expr {
	if e == nil {
		return nil
	}
	if a, ok := e.(*And); ok {
		var out []Expr
		for _, x := range a.Args {
			out = append(out, Conjuncts(x)...)
		}
		return out
	}
	return []Expr{e}
}

// Conjunction is the inverse of Conjuncts; it returns nil for none.
func Conjunction(list []Expr) Expr {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return &And{Args: list}
}

// MapChildren rebuilds e over f of each of its direct operands, and of a subquery's expressions.
func MapChildren(e Expr, f func(Expr) Expr) Expr {
	if s, ok := e.(*Subquery); ok {
		n := *s
		n.X, n.Root = mapList(s.X, f), MapExpressions(s.Root, f)
		return &n
	}
	kids := Children(e)
	out := make([]Expr, len(kids))
	same := true
	for i, k := range kids {
		out[i] = f(k)
		same = same && out[i] == k
	}
	if same {
		return e
	}
	return withChildren(e, out)
}
