package merge

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/executor"
)

// The states that can be merged.
const (
	Sums    = "sums"
	Avg     = "avg"
	Text    = "text keys"
	HLL     = "hll"
	Ordered = "ordered"
	TopN    = "top-n"
)

// States are the names of what can be measured.
func States() []string { return []string{Sums, Avg, Text, HLL, Ordered, TopN} }

// precision is that of the sketches of HLL, and hashes how many hashes a partial row of it brings.
const (
	precision = 14
	hashes    = 4
)

// state is a way to merge rows, and DuckDB's statement for the same.
type state struct {
	name string
	// hash is the merge into groups; keys that of sorted streams, and limit how many of their rows are wanted, 0 for all.
	hash  aggregate.HashSpec
	keys  []executor.SortKey
	limit int
	// input is what shards send, output what is made of it.
	input, output *arrow.Schema
	// sql reads the input as a table rows, with columns named as the input's; "" where DuckDB has no such merge.
	sql string
}

func (s *state) sorted() bool { return s.keys != nil }

// stateOf makes the state of a name.
func stateOf(name string, limit int) (*state, error) {
	k := arrow.Field{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true}
	switch name {
	case Ordered, TopN:
		return sortedState(name, k, limit), nil
	case Text:
		k.Type = arrow.BinaryTypes.String
		return sumsState(name, k)
	case Sums:
		return sumsState(name, k)
	case Avg:
		f, err := aggregate.Lookup("avg", []arrow.DataType{arrow.PrimitiveTypes.Int32}, false)
		if err != nil {
			return nil, err
		}
		// DuckDB's quotient is a float, ours PostgreSQL's numeric.
		return hashState(name, k, "SELECT k, sum(a0) / sum(a1) AS a FROM rows GROUP BY k", f)
	}
	f, err := aggregate.LookupSketch("approx_count_distinct", []arrow.DataType{arrow.PrimitiveTypes.Int64}, aggregate.SketchOptions{Precision: precision})
	if err != nil {
		return nil, err
	}
	return hashState(name, k, "", f)
}

func sumsState(name string, k arrow.Field) (*state, error) {
	f, err := aggregate.Lookup("sum", []arrow.DataType{arrow.PrimitiveTypes.Int32}, false)
	if err != nil {
		return nil, err
	}
	return hashState(name, k, "SELECT k, sum(a0)::BIGINT AS a, sum(b0)::BIGINT AS b FROM rows GROUP BY k", f, f)
}

// hashState merges functions named a, b, … by k; their partials are columns a0, a1, …, b0, ….
func hashState(name string, k arrow.Field, sql string, functions ...*aggregate.Function) (*state, error) {
	s := &state{name: name, sql: sql}
	in, out := []arrow.Field{k}, []arrow.Field{k}
	for i, f := range functions {
		letter := string(rune('a' + i))
		agg := aggregate.Agg{Function: f, Name: letter, Field: f.Field(letter)}
		for p := range f.Partials {
			agg.Inputs = append(agg.Inputs, len(in))
			in = append(in, f.PartialField(p, letter+string(rune('0'+p))))
		}
		out = append(out, agg.Field)
		s.hash.Aggs = append(s.hash.Aggs, agg)
	}
	s.input, s.output = arrow.NewSchema(in, nil), arrow.NewSchema(out, nil)
	s.hash.Input, s.hash.Keys, s.hash.Output = s.input, []int{0}, s.output
	return s, nil
}

// sortedState merges streams that are sorted by k and v; no two rows have the same v.
func sortedState(name string, k arrow.Field, limit int) *state {
	s := &state{name: name, sql: "SELECT k, v FROM rows ORDER BY k, v", keys: []executor.SortKey{{Column: 0}, {Column: 1}}}
	s.input = arrow.NewSchema([]arrow.Field{k, {Name: "v", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	s.output = s.input
	if name == TopN {
		s.limit = limit
	}
	return s
}
