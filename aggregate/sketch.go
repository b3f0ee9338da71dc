package aggregate

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// SketchOptions is what an approximate aggregate is told besides its arguments; see plan.Sketch.
type SketchOptions struct {
	Precision int     // of HyperLogLog: 4 to 18
	Hash      uint8   // plan.HashKind, as the number that a stored sketch keeps
	Key       []byte  // what identifies the key of a keyed hash, and what hashes under it; nil for the others
	K         int     // of approx_top_k
	Capacity  int     // of approx_top_k: how many values a shard sends for a group
	Share     float64 // of approx_heavy_hitters
	Alpha     float64 // of approx_percentile of numbers: the relative error
	Width     int64   // of approx_percentile of timestamps: the width of a bucket in microseconds
	ByValue   bool    // distinct values arrive (OpValue, and OpCountStar where numbers matter), not sketches of them
	Constant  *Constant
	// Mixed: some shards send hashes, others values; the partials are OpHashes, then OpValue. Of HyperLogLog only.
	Mixed bool
}

// sketchTable resolves approximate aggregates: it completes f, whose Kind and Args are set, or reports that there is no such form.
var sketchTable = map[string]func(f *Function, o SketchOptions) bool{
	"approx_count_distinct": distinctEstimate,
	"hll_sketch":            distinctSketch,
	"hll_merge":             mergedSketch,
	"approx_percentile":     quantiles,
	"approx_top_k":          topValues,
	"approx_heavy_hitters":  heavyHitters,
}

// IsSketch reports an approximate aggregate, which [LookupSketch] resolves, and [Lookup] does not.
func IsSketch(name string) bool { _, ok := sketchTable[name]; return ok }

// LookupSketch resolves an approximate aggregate. Rows whose first partial column is NULL bring nothing to it: they are other
// aggregates'. Errors are as those of [Lookup].
func LookupSketch(name string, args []arrow.DataType, o SketchOptions) (*Function, error) {
	resolve, ok := sketchTable[name]
	if !ok {
		return nil, &Error{SQLState: "42883", Text: fmt.Sprintf("there is no approximate aggregate %s", name)}
	}
	f := &Function{Kind: Kind(name), Args: slices.Clone(args)}
	if len(args) == 0 || !resolve(f, o) {
		return nil, &Error{SQLState: "42883", Text: fmt.Sprintf("aggregate %s does not take arguments %v", name, args)}
	}
	return f, nil
}
