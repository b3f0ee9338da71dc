package scalar

import "github.com/apache/arrow/go/v17/arrow/decimal256"

// SmallAvg is [Avg] of a sum of sum / 10^scale over n > 0 values, as the unscaled integer of scale 38, without allocating. ok is false where
// 128 bits do not do: then Avg answers.
func SmallAvg(n, sum int64, scale int) (avg decimal256.Num, ok bool) {
	x := small{coef: uint64(sum), scale: scale, negative: sum < 0}
	if sum < 0 {
		x.coef = -x.coef
	}
	avg, ok, err := divSmalls(x, small{coef: uint64(n)}, 0)
	return avg, ok && err == nil
}

// Avg returns sum / n as PostgreSQL's avg of exact numbers does; ok is false, for NULL, if n is 0.
func Avg(n int64, sum Decimal) (avg Decimal, ok bool, err error) {
	if n == 0 {
		return Decimal{}, false, nil
	}
	avg, err = sum.Div(DecimalFromInt64(n))
	return avg, true, err
}

// VarPop returns the population variance of n exact numbers from their sum and sum of squares, with
// PostgreSQL's scale; ok is false, for NULL, if n is 0. For integers the scales are 0.
func VarPop(n int64, sum, sumSq Decimal) (v Decimal, ok bool, err error) {
	return moments(n, sum, sumSq, false, true)
}

// VarSamp returns the sample variance; ok is false, for NULL, if n is below 2.
func VarSamp(n int64, sum, sumSq Decimal) (v Decimal, ok bool, err error) {
	return moments(n, sum, sumSq, true, true)
}

// StddevPop returns the population standard deviation; ok is false, for NULL, if n is 0.
func StddevPop(n int64, sum, sumSq Decimal) (v Decimal, ok bool, err error) {
	return moments(n, sum, sumSq, false, false)
}

// StddevSamp returns the sample standard deviation; ok is false, for NULL, if n is below 2.
func StddevSamp(n int64, sum, sumSq Decimal) (v Decimal, ok bool, err error) {
	return moments(n, sum, sumSq, true, false)
}

// moments computes (n·Σx² - (Σx)²) / (n·(n or n-1)) and, for a deviation, its root at the variance's scale.
func moments(n int64, sum, sumSq Decimal, sample, variance bool) (v Decimal, ok bool, err error) {
	if n == 0 || sample && n == 1 {
		return Decimal{}, false, nil
	}
	count := DecimalFromInt64(n)
	top := count.Mul(sumSq).Sub(sum.Mul(sum)).Round(2 * sum.scale)
	if top.Sign() <= 0 {
		return Decimal{}, true, nil
	}
	bottom := count.Mul(count)
	if sample {
		bottom = count.Mul(DecimalFromInt64(n - 1))
	}
	v, err = top.Div(bottom)
	if err != nil || variance {
		return v, true, err
	}
	v, err = v.sqrt(v.scale)
	return v, true, err
}
