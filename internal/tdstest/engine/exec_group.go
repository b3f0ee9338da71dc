package engine

import (
	"io"
	"math"
	"slices"
)

// group is one group while its rows are read.
type group struct {
	keys  []Value
	parts []*partial
}

// grouped reads all rows and yields one row of keys and aggregates for every group, in the order of their first rows.
func (n *selectNode) grouped(rows iterator, at *env) (iterator, error) {
	defer rows.close()
	g := n.group
	index := map[string]*group{}
	var groups []*group
	var buffer []byte
	keys := make([]Value, len(g.keys))
	for {
		row, err := rows.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = at.run.tick()
		}
		if err != nil {
			return nil, err
		}
		at.row, buffer = row, buffer[:0]
		if keys, err = evaluate(at, g.keys, keys); err != nil {
			return nil, err
		}
		for i, key := range g.keys {
			buffer = GroupKey(buffer, keys[i], key.typ)
		}
		found := index[string(buffer)]
		if found == nil {
			found = &group{keys: slices.Clone(keys), parts: g.partials()}
			index[string(buffer)] = found
			groups = append(groups, found)
		}
		for _, part := range found.parts {
			if err := part.add(at); err != nil {
				return nil, err
			}
		}
	}
	if n.whole && len(groups) == 0 {
		groups = append(groups, &group{parts: g.partials()})
	}
	out := make([][]Value, len(groups))
	for i, found := range groups {
		row := found.keys
		for _, part := range found.parts {
			v, err := part.result(at)
			if err != nil {
				return nil, err
			}
			row = append(row, v)
		}
		out[i] = row
	}
	return &rowsIterator{rows: out, run: at.run}, nil
}

func (g *grouping) partials() []*partial {
	parts := make([]*partial, len(g.aggregates))
	for i, call := range g.aggregates {
		parts[i] = newPartial(call)
	}
	return parts
}

func newPartial(call *aggregateCall) *partial {
	p := &partial{call: call}
	switch {
	case call.joiner != nil:
	case call.naive:
		p.state = &naiveVariance{name: call.name}
	default:
		p.state = NewAggregate(call.name, call.distinct, call.argType, call.natural)
	}
	return p
}

// partial is one aggregate of one group.
type partial struct {
	call  *aggregateCall
	state Accumulator
	texts [][]Value // of STRING_AGG: its sort keys, then the text
}

// add takes the current row's value; NULLs are left out, with a warning at the end.
func (p *partial) add(at *env) error {
	v, err := p.call.arg.eval(at)
	if err != nil {
		return err
	}
	if v == nil {
		at.run.nulls = true
		return nil
	}
	if p.call.joiner == nil {
		if p.call.naive {
			if v, err = asFloat(v, p.call.argType); err != nil {
				return err
			}
		}
		return lift(p.state.Add(v))
	}
	row := make([]Value, 0, len(p.call.order)+1)
	for _, key := range p.call.order {
		k, err := key.value.eval(at)
		if err != nil {
			return err
		}
		row = append(row, k)
	}
	p.texts = append(p.texts, append(row, v))
	return nil
}

func (p *partial) result(at *env) (Value, error) {
	if p.call.joiner == nil {
		v, err := p.state.Result()
		if err == nil && v != nil && p.call.natural != p.call.result {
			v, err = Convert(v, p.call.natural, p.call.result, -1)
		}
		return v, lift(err)
	}
	if len(p.texts) == 0 {
		return nil, nil
	}
	order := make([]orderColumn, len(p.call.order))
	for i, key := range p.call.order {
		order[i] = orderColumn{index: i, typ: Settle(key.value.typ), desc: key.desc}
	}
	sortRows(p.texts, order)
	separator, err := p.call.joiner.eval(at)
	if err != nil {
		return nil, err
	}
	between, _ := separator.(String16)
	whole := NewStringAgg(between, p.call.argType, p.call.result)
	for _, row := range p.texts {
		if err := whole.Add(row[len(order)]); err != nil {
			return nil, err
		}
	}
	v, bad := whole.Result()
	return v, lift(bad)
}

func asFloat(v Value, from Type) (Value, error) {
	v, err := Convert(v, from, Type{Kind: Float}, -1)
	return v, lift(err)
}

// naiveVariance is the textbook formula over sums of squares, which loses its digits far from zero: MissingStableVariance.
type naiveVariance struct {
	name           string
	n, sum, square float64
}

func (a *naiveVariance) Add(v Value) *Error {
	x := v.(float64)
	a.n, a.sum, a.square = a.n+1, a.sum+x, a.square+x*x
	return nil
}

func (a *naiveVariance) Result() (Value, *Error) {
	over := a.n
	if a.name == "VAR" || a.name == "STDEV" {
		over--
	}
	if over < 1 {
		return nil, nil
	}
	v := math.Max(0, (a.square-a.sum*a.sum/a.n)/over)
	if a.name == "STDEV" || a.name == "STDEVP" {
		v = math.Sqrt(v)
	}
	return v, nil
}
