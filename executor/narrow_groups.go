package executor

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// groupKeys numbers groups in the order in which their keys are first seen, and keeps those. NULL equals NULL.
type groupKeys struct {
	enc     *column.Encoder
	ids     map[string]int
	kept    []*column.Vector
	n       int
	text    int64 // bytes of encoded keys
	encoded column.Encoded
}

// newGroups makes the groups of a first round; without keys there is one, whether it has rows or not.
func (n *Narrow) newGroups() (*groupKeys, error) {
	g := &groupKeys{ids: map[string]int{}}
	if n.round > 1 {
		return g, nil
	}
	fields := n.input.Schema().Fields()
	if fields = fields[:len(fields)-2]; len(fields) == 0 {
		g.n = 1
		return g, nil
	}
	keys := make([]column.Key, len(fields))
	for i, f := range fields {
		keys[i] = column.Key{Field: f}
		v, err := column.NewVector(n.alloc, f.Type)
		if err != nil {
			g.release()
			return nil, err
		}
		g.kept = append(g.kept, v)
	}
	var err error
	if g.enc, err = column.NewEncoder(keys); err != nil {
		g.release()
		return nil, err
	}
	return g, nil
}

// number returns the group of each row.
func (g *groupKeys) number(cols []arrow.Array, rows int) ([]int, error) {
	out := make([]int, rows)
	if g.enc == nil {
		return out, nil
	}
	g.enc.Encode(cols, rows, &g.encoded)
	var fresh []int32
	for i := range out {
		key := g.encoded.Row(i)
		id, ok := g.ids[string(key)]
		if !ok {
			id = g.n
			g.ids[string(key)] = id
			g.n++
			g.text += int64(len(key))
			fresh = append(fresh, int32(i))
		}
		out[i] = id
	}
	for i, v := range g.kept {
		if err := v.AppendRows(cols[i], fresh); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bytes is about the memory held beyond Arrow's.
func (g *groupKeys) bytes() int64 { return g.text + 48*int64(len(g.ids)) }

// arrays hands the groups' keys over.
func (g *groupKeys) arrays() []arrow.Array {
	out := make([]arrow.Array, len(g.kept))
	for i, v := range g.kept {
		out[i] = v.Array()
	}
	return out
}

func (g *groupKeys) release() {
	for _, v := range g.kept {
		v.Release()
	}
}
