package plan

import (
	"maps"
	"slices"
)

// Step is a plan of its own that runs before the rest of the query. What it brings becomes parameters of later
// statements: an edge from the coordinator to the shards that get them. Its parameters are numbered after the query's own.
type Step struct {
	Root Node // as Plan.Root
	Cols []Column
	Why  string // what it is for, in a few words
	// Value: the step is a subquery that gives one value, its one column. No row makes it NULL, more than one are error
	// 21000. Its parameter is Params[0].
	Value bool
	// Params are, of any other step, a parameter for each column: an array of its values in the order of the rows. Rows is
	// one that holds all of them, for engines without arrays: JSON, a list of rows, each a list of texts and nulls.
	Params []int
	Rows   int
	// MaxRows is the most rows that may be sent, 0 for a Value. More make the query be planned anew without the step.
	MaxRows int64
	EstRows float64 // estimate of the rows
}

// Shipped is a leaf whose rows a shard gets as parameters of the statement: those of a step.
type Shipped struct {
	Cols   []Column
	Params []int // as in Step
	Rows   int
}

// Columns implements Node.
func (n *Shipped) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (*Shipped) Inputs() []Node { return nil }
func (*Shipped) node()          {}

// StepParams is how many parameters more than the query's own a statement may name; not each of them has a step.
func (p *Plan) StepParams() int {
	last := len(p.Args)
	for _, s := range p.Steps {
		last = max(last, s.Rows, slices.Max(s.Params))
	}
	return last - len(p.Args)
}

// Roots are the trees of the plan in the order in which they run: those of the steps, and what the coordinator does then.
func (p *Plan) Roots() []Node {
	out := make([]Node, 0, len(p.Steps)+1)
	for _, s := range p.Steps {
		out = append(out, s.Root)
	}
	return append(out, p.Root)
}

// ReadParams are the parameters that the plan's statements read.
func (p *Plan) ReadParams() map[int]bool {
	out := map[int]bool{}
	for _, root := range p.Roots() {
		maps.Copy(out, ParamsOf(root))
	}
	return out
}

// ParamsOf are the parameters that the statements of a placed tree read.
func ParamsOf(root Node) map[int]bool {
	out := map[int]bool{}
	note := func(s Statement) {
		for _, n := range s.Params {
			out[n] = true
		}
	}
	Visit(root, func(n Node) {
		switch n := n.(type) {
		case *Gather:
			for _, t := range n.Fragment.Targets {
				note(t.Statement)
			}
		case *Residual:
			note(n.Statement)
		}
	})
	return out
}
