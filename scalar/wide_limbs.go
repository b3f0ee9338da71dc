package scalar

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// limbs is the number of 32-bit limbs of a wide.
const limbs = 8

// wideFromLimbs makes pg_wide_from_limbs: the decimal texts of the eight sums of limbs, the lowest first, back
// to a wide. It is NULL if any is, as it is over no rows; more than 76 digits are error 22003.
func wideFromLimbs() Function {
	types := make([]arrow.DataType, limbs)
	for i := range types {
		types[i] = kText.dt
	}
	return Function{Name: "pg_wide_from_limbs", Args: types, Result: wideType, Strict: true,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			var cols [limbs]column[string]
			for i := range cols {
				c, err := kText.in(args, i)
				if err != nil {
					return nil, err
				}
				cols[i] = c
			}
			s := new(scratch)
			null := func(row int) bool {
				for _, c := range cols {
					if c.IsNull(row) {
						return true
					}
				}
				return false
			}
			return collect(kWide, alloc, rows, null, func(row int) (wide, error) { return joinLimbs(s, cols[:], row) })
		}}
}

func joinLimbs(s *scratch, cols []column[string], row int) (wide, error) {
	total, part := &s.a, &s.b
	total.SetInt64(0)
	for i := len(cols) - 1; i >= 0; i-- {
		if _, ok := part.SetString(cols[i].Value(row), 10); !ok {
			return wide{}, errSyntax
		}
		total.Add(total.Lsh(total, 32), part)
	}
	return s.toWide(total, 38)
}
