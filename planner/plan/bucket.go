package plan

import "strconv"

// BucketFn is the name of the call that gives the number of the bucket of a histogram that x is in, from x and the width of a bucket: of a
// number that of its logarithm, of a timestamp in microseconds. It has a value for every x, and is NULL of NULL.
const BucketFn = "quantile_bucket"

// Bucket is the number of the bucket of x, which is a number, a date or a timestamp.
func (s *Sketch) Bucket(x Expr) Expr {
	width, t := &Const{Text: strconv.FormatInt(s.Width, 10), T: T(Int8)}, T(Int4)
	switch k := x.Type().Kind; {
	case x.Type().IsNumber():
		width = &Const{Text: strconv.FormatFloat(2*s.Alpha, 'g', -1, 64), T: T(Float8)}
	case k == Timestamp || k == TimestampTZ:
		t = T(Int8)
	}
	return &Call{Fn: BucketFn, Args: []Expr{x, width}, T: t}
}
