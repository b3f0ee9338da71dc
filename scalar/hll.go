package scalar

import "github.com/atoll-sql/atoll/aggregate/hll"

var errSketch = fail("22023", "not a sketch: the bytes are not those that hll_sketch and hll_merge give")

// sketchFunctions lists what reads stored HyperLogLog sketches.
func sketchFunctions() []Function {
	return []Function{
		fn1("pg_hll_estimate", kBin, kInt8, func(v []byte) (int64, error) {
			s, err := hll.Parse(v)
			if err != nil {
				return 0, errSketch
			}
			n, err := s.Estimate()
			if err != nil {
				return 0, errRange
			}
			return n, nil
		}),
		fn1("pg_hll_error", kBin, kF8, func(v []byte) (float64, error) {
			s, err := hll.Parse(v)
			if err != nil {
				return 0, errSketch
			}
			return s.StandardError(), nil
		}),
	}
}
