package scalar

import "math"

// The numbers of the buckets that percentiles are estimated from, whose order is that of the values in them. Of numbers they are int4: a value x
// that is neither zero nor infinite has sign(x) * (BucketOffset + floor(ln |x| / (2 α))), zero 0, NaN BucketNaN. Of dates they are int4, too: the
// days since 1970-01-01; of timestamps int8: the widths of a bucket since then, rounded down. The infinities of the three kinds are the
// bounds here and their negatives.
const (
	BucketOffset        = 1 << 20
	BucketInfinity      = 1 << 30
	BucketNaN           = math.MaxInt32
	BucketInfiniteDay   = math.MaxInt32
	BucketInfiniteWidth = math.MaxInt64
)

// The bounds of α, the relative error of a percentile of numbers, and of the width of buckets of timestamps in microseconds. Below the first the
// last digits of logarithms would count, in which engines differ.
const (
	LeastAlpha, MostAlpha = 0.001, 0.1
	LeastWidth, MostWidth = 1e6, 366 * 86400e6
)
