package engine

import "math"

// moments gathers a variance or deviation, by updating the mean and the squared distances from it, or naively.
type moments struct {
	name  string
	arg   Type
	naive bool

	n        float64
	mean, m2 float64 // Welford's
	sum, sq  float64 // the naive sums
}

// NewNaiveDeviation is NewAggregate of VAR, VARP, STDEV and STDEVP as a lesser server computes them: from the sum of squares,
// which loses all digits where the mean is large beside the deviation.
func NewNaiveDeviation(name string, distinct bool, arg Type) Accumulator {
	var a Accumulator = &moments{name: name, arg: arg, naive: true}
	if distinct {
		a = &distinctOnly{a: a, t: arg, seen: map[string]bool{}}
	}
	return a
}

func (m *moments) Add(v Value) *Error {
	if v == nil {
		return nil
	}
	f, err := Convert(v, m.arg, Type{Kind: Float}, -1)
	if err != nil {
		return err
	}
	x := f.(float64)
	m.n++
	delta := x - m.mean
	m.mean += delta / m.n
	m.m2 += delta * (x - m.mean)
	m.sum += x
	m.sq += x * x
	return nil
}

// Result is NULL of no values, and of a single one for the sample's VAR and STDEV.
func (m *moments) Result() (Value, *Error) {
	divisor := m.n
	if m.name == "VAR" || m.name == "STDEV" {
		divisor--
	}
	if divisor <= 0 {
		return nil, nil
	}
	squares := m.m2
	if m.naive {
		squares = math.Max(0, m.sq-m.sum*m.sum/m.n)
	}
	f := squares / divisor
	if isDeviation(m.name) {
		f = math.Sqrt(f)
	}
	return narrowFloat(f, Type{Kind: Float}, Type{Kind: Float})
}
