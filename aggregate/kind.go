package aggregate

import "github.com/apache/arrow/go/v17/arrow"

// Kind names an aggregate, synonyms resolved: "variance" is [VarSamp], "every" is [BoolAnd].
type Kind string

// The aggregates.
const (
	Count         Kind = "count"
	Sum           Kind = "sum"
	Avg           Kind = "avg"
	Min           Kind = "min"
	Max           Kind = "max"
	BoolAnd       Kind = "bool_and"
	BoolOr        Kind = "bool_or"
	BitAnd        Kind = "bit_and"
	BitOr         Kind = "bit_or"
	BitXor        Kind = "bit_xor"
	VarPop        Kind = "var_pop"
	VarSamp       Kind = "var_samp"
	StddevPop     Kind = "stddev_pop"
	StddevSamp    Kind = "stddev_samp"
	CovarPop      Kind = "covar_pop"
	CovarSamp     Kind = "covar_samp"
	Corr          Kind = "corr"
	RegrCount     Kind = "regr_count"
	RegrAvgX      Kind = "regr_avgx"
	RegrAvgY      Kind = "regr_avgy"
	RegrSXX       Kind = "regr_sxx"
	RegrSYY       Kind = "regr_syy"
	RegrSXY       Kind = "regr_sxy"
	RegrSlope     Kind = "regr_slope"
	RegrIntercept Kind = "regr_intercept"
	RegrR2        Kind = "regr_r2"

	StringAgg      Kind = "string_agg"
	Mode           Kind = "mode"
	PercentileDisc Kind = "percentile_disc"
	PercentileCont Kind = "percentile_cont"

	ApproxCountDistinct Kind = "approx_count_distinct"
	HLLSketch           Kind = "hll_sketch"
	HLLMerge            Kind = "hll_merge"

	ApproxPercentile Kind = "approx_percentile"
)

// PartialOp is what a shard computes over the rows of one group, in words that no dialect owns.
type PartialOp string

// The partial operations. x is the argument that [Partial].Arg tells; the regr ones take the pair (Y, X) of
// arguments 0 and 1 as float8 and, like PostgreSQL's functions of those names, see only rows where both
// are not NULL.
const (
	OpCountStar  PartialOp = "count_star"  // rows
	OpCount      PartialOp = "count"       // rows where x is not NULL
	OpSum        PartialOp = "sum"         // sum of x cast to the partial's type
	OpSumSquares PartialOp = "sum_squares" // sum of x*x, x cast to numeric first
	OpMin        PartialOp = "min"
	OpMax        PartialOp = "max"
	OpBoolAnd    PartialOp = "bool_and"
	OpBoolOr     PartialOp = "bool_or"
	OpBitAnd     PartialOp = "bit_and"
	OpBitOr      PartialOp = "bit_or"
	OpBitXor     PartialOp = "bit_xor"
	OpFloatMean  PartialOp = "float_mean" // avg(x::float8)
	OpFloatM2    PartialOp = "float_m2"   // var_pop(x::float8) * count(x): NaN if x is ever infinite or NaN
	OpRegrCount  PartialOp = "regr_count"
	OpRegrAvgX   PartialOp = "regr_avgx"
	OpRegrAvgY   PartialOp = "regr_avgy"
	OpRegrSXX    PartialOp = "regr_sxx"
	OpRegrSYY    PartialOp = "regr_syy"
	OpRegrSXY    PartialOp = "regr_sxy"
	OpValue      PartialOp = "value" // x itself, the shard grouping by it beside the group's keys

	// OpHashes is bytea: of each HyperLogLog register that the group's values touch, the smallest hash, in any order, 8 bytes each with
	// the most significant first. More hashes than that, or the same again, do no harm.
	OpHashes PartialOp = "hashes"
	// Of histograms, see quantiles.
	OpBucket      PartialOp = "bucket"       // the number of the bucket of x, the shard grouping by it beside the group's keys; NULL of NULL
	OpBucketCount PartialOp = "bucket_count" // rows of the bucket
	// Of lists of values, see topValues and heavyHitters.
	OpTopTimes     PartialOp = "times"      // how often a listed value occurs, or those that a counter counts
	OpTopFloor     PartialOp = "floor"      // how often, at most, a value occurs that is not in the list
	OpTopFloorOnce PartialOp = "floor_once" // the same in one row of a list, 0 in the others
	OpTopCell      PartialOp = "cell"       // a listed value's hash, or the number of a counter
)

// Partial is one column that a shard sends for an aggregate, and how it computes it. A NULL in it means
// that the shard's group held no value; a count is 0 then.
type Partial struct {
	Op   PartialOp
	Arg  int            // index of the aggregate's argument; meaningless for OpCountStar, 0 for the regr pair; see LookupOrdered
	Type arrow.DataType // exactly what the shard must send
}

// Wide is the type of numerics without a bound: 38 digits on either side of the point. A column of it
// carries the metadata of [Function.Field].
var Wide = &arrow.Decimal256Type{Precision: 76, Scale: 38}
