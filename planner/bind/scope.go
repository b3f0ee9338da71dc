package bind

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// scope is what names can mean at one place: the columns of FROM, in order.
type scope struct {
	tables []scopeTable
	cols   []scopeCol
	// outerJoined says that a row of some table may be missing, with NULLs in place of its columns.
	outerJoined bool
	lateral     bool // they are those on the left of a LATERAL item, seen from it
}

type scopeTable struct {
	alias     string
	reference bool
	scheme    string
	pseudo    []plan.Column // atoll_shard, atoll_region; none for derived tables
}

// scopeCol is a name that stands for an expression over the columns of FROM.
type scopeCol struct {
	table   string
	name    string
	expr    plan.Expr
	merged  bool   // a USING column: visible without qualification only once
	shadow  bool   // hidden behind a merged column, reachable by its table's name
	problem string // why it must not be used
	state   string // SQLSTATE of the problem
}

func joinScopes(l, r *scope) *scope {
	return &scope{
		tables: append(append([]scopeTable(nil), l.tables...), r.tables...),
		cols:   append(append([]scopeCol(nil), l.cols...), r.cols...),

		outerJoined: l.outerJoined || r.outerJoined,
	}
}

func (s *scope) table(alias string) *scopeTable {
	for i := range s.tables {
		if s.tables[i].alias == alias {
			return &s.tables[i]
		}
	}
	return nil
}

// resolve finds what a column reference means.
func (b *binder) resolve(ref *ast.ColumnRef, s *scope) (plan.Expr, error) {
	table, name := "", ref.Parts[len(ref.Parts)-1]
	switch len(ref.Parts) {
	case 1:
	case 2:
		table = ref.Parts[0]
		if s.table(table) == nil {
			if x, err := b.fromOutside(ref); x != nil || err != nil {
				return b.place(x, ref), err
			}
			return nil, errorAt(ref, "42P01", "missing FROM-clause entry for table %q", table)
		}
	default:
		return nil, unsupported(ref, "a column qualified by a schema")
	}
	found, err := s.lookup(ref, table, name)
	if err != nil || found != nil {
		return b.place(found, ref), err
	}
	if name == plan.PseudoShard || name == plan.PseudoRegion {
		e, err := s.pseudo(ref, table, name)
		return b.place(e, ref), err
	}
	if x, err := b.fromOutside(ref); table == "" && (x != nil || err != nil) {
		return b.place(x, ref), err
	}
	if table == "" && s.table(name) != nil {
		return nil, unsupported(ref, "a whole-row reference")
	}
	return nil, unknownColumn(ref, s)
}

// place notes where in the text a column was named; each reference is an expression of its own.
func (b *binder) place(e plan.Expr, ref ast.Node) plan.Expr {
	if c, ok := e.(*plan.Col); ok {
		e = &plan.Col{Column: c.Column}
		b.at[e] = ref.Position()
	}
	return e
}

func (s *scope) lookup(ref ast.Node, table, name string) (plan.Expr, error) {
	var hit *scopeCol
	for i := range s.cols {
		c := &s.cols[i]
		if c.name != name || table != "" && c.table != table || table == "" && c.shadow {
			continue
		}
		if hit != nil {
			return nil, errorAt(ref, "42702", "column reference %q is ambiguous", name)
		}
		hit = c
	}
	if hit == nil {
		return nil, nil
	}
	if hit.problem != "" {
		return nil, errorAt(ref, hit.state, "column %q of table %q cannot be used: %s", name, hit.table, hit.problem)
	}
	return hit.expr, nil
}

// pseudo resolves atoll_shard and atoll_region. Unqualified they mean the first table that is not replicated,
// provided that all others live with it.
func (s *scope) pseudo(ref ast.Node, table, name string) (plan.Expr, error) {
	var hit *scopeTable
	for i := range s.tables {
		t := &s.tables[i]
		switch {
		case table != "" && t.alias != table, len(t.pseudo) == 0, table == "" && t.reference:
		case hit == nil:
			hit = t
		case hit.scheme != t.scheme:
			return nil, errorAt(ref, "42702", "column reference %q is ambiguous: the tables of this query live on different shards", name)
		}
	}
	if hit == nil || hit.reference {
		return nil, errorAt(ref, "42703", "column %q does not exist: a replicated table has no shard of its own", name)
	}
	for _, c := range hit.pseudo {
		if c.Name == name {
			return col(c), nil
		}
	}
	return nil, errorAt(ref, "42703", "column %q does not exist", name)
}

func unknownColumn(ref *ast.ColumnRef, s *scope) error {
	err := ast.Errorf("42703", ref.Position(), "column %q does not exist", strings.Join(ref.Parts, "."))
	var names []string
	for _, c := range s.cols {
		names = append(names, c.name)
	}
	err.Hint = suggestion(ref.Parts[len(ref.Parts)-1], names)
	return err
}

// suggestion offers the nearest name, if one is near.
func suggestion(name string, names []string) string {
	best, bestDist := "", 3
	for _, n := range names {
		if d := editDistance(name, n); d < bestDist && d < len(name) {
			best, bestDist = n, d
		}
	}
	if best == "" {
		return ""
	}
	return "perhaps you meant " + `"` + best + `"`
}

// editDistance is Levenshtein's, over bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
