package scalar

import (
	"math"
	"strconv"
	"strings"
)

// arrayShapeFunctions lists the functions that tell an array's form, and those that read elements and slices.
func arrayShapeFunctions() []Function {
	dimension := func(f func(a Array, dim int) int) func(*arrayRow) (int32, error) {
		return func(r *arrayRow) (int32, error) {
			a, err := r.array(0)
			dim := r.int(1)
			if err != nil {
				return 0, err
			}
			if dim < 1 || dim > len(a.Dims) {
				return 0, errNull
			}
			return int32(f(a, dim-1)), nil
		}
	}
	return []Function{
		arrayFn("pg_array_in", kOut, 2, func(r *arrayRow) ([]byte, error) {
			s, err := CanonicalArray(r.text(1), r.text(0))
			return []byte(s), err
		}, tArr, tArr),
		arrayFn("pg_array_length", kInt4, 2, dimension(func(a Array, i int) int { return a.Dims[i] }), tArr, tDim),
		arrayFn("pg_array_lower", kInt4, 2, dimension(func(a Array, i int) int { return a.Lower[i] }), tArr, tDim),
		arrayFn("pg_array_upper", kInt4, 2, dimension(func(a Array, i int) int { return a.Lower[i] + a.Dims[i] - 1 }), tArr, tDim),
		arrayFn("pg_array_ndims", kInt4, 1, func(r *arrayRow) (int32, error) {
			a, err := r.array(0)
			if err == nil && len(a.Dims) == 0 {
				err = errNull
			}
			return int32(len(a.Dims)), err
		}, tArr),
		arrayFn("pg_cardinality", kInt4, 1, func(r *arrayRow) (int32, error) {
			a, err := r.array(0)
			return int32(len(a.Items)), err
		}, tArr),
		arrayFn("pg_array_dims", kOut, 1, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err == nil && len(a.Dims) == 0 {
				err = errNull
			}
			return a.appendDims(nil), err
		}, tArr),
		arrayFn("pg_array_get", kOut, 2, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err != nil {
				return nil, err
			}
			return a.get(r.text(1))
		}, tArr, tArr),
		arrayFn("pg_array_at", kOut, 2, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			switch n := r.int(1); {
			case err != nil:
				return nil, err
			case n < 1 || n > len(a.Items) || a.Items[n-1].Null:
				return nil, errNull
			default:
				return []byte(a.Items[n-1].Text), nil
			}
		}, tArr, tBig),
		arrayFn("pg_array_slice", kOut, 2, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err != nil {
				return nil, err
			}
			return r.put(a.slice(r.text(1)))
		}, tArr, tArr),
	}
}

// get reads the element at the subscripts, integers between commas; there is none unless each dimension has one.
func (a Array) get(subscripts string) ([]byte, error) {
	parts := strings.Split(subscripts, ",")
	if len(parts) > maxArrayDims {
		return nil, errArrayDims
	}
	if len(parts) != len(a.Dims) {
		return nil, errNull
	}
	at := 0
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, errSyntax
		}
		if n -= a.Lower[i]; n < 0 || n >= a.Dims[i] {
			return nil, errNull
		}
		at = at*a.Dims[i] + n
	}
	if a.Items[at].Null {
		return nil, errNull
	}
	return []byte(a.Items[at].Text), nil
}

// slice cuts out what lies within bounds, written lower:upper between commas, either of them possibly left out. Dimensions
// beyond the last bounds are taken whole; those of the result begin at 1.
func (a Array) slice(bounds string) (Array, error) {
	parts := strings.Split(bounds, ",")
	if len(parts) > maxArrayDims {
		return Array{}, errArrayDims
	}
	if len(parts) > len(a.Dims) {
		return Array{}, nil
	}
	out := Array{}
	from := make([]int, len(a.Dims))
	for i := range a.Dims {
		low, high := math.MinInt32, math.MaxInt32
		if i < len(parts) {
			lowText, highText, _ := strings.Cut(parts[i], ":")
			var err error
			if low, err = sliceBound(lowText, low); err == nil {
				high, err = sliceBound(highText, high)
			}
			if err != nil {
				return Array{}, err
			}
		}
		low, high = max(low, a.Lower[i]), min(high, a.Lower[i]+a.Dims[i]-1)
		if low > high {
			return Array{}, nil
		}
		from[i] = low - a.Lower[i]
		out.Dims, out.Lower = append(out.Dims, high-low+1), append(out.Lower, 1)
	}
	a.copyBox(&out, from, 0, 0)
	return out, nil
}

func sliceBound(text string, absent int) (int, error) {
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, errSyntax
	}
	return n, nil
}

// copyBox appends the items of the box that begins at from and has out's lengths.
func (a Array) copyBox(out *Array, from []int, level, at int) {
	for i := range out.Dims[level] {
		n := at*a.Dims[level] + from[level] + i
		if level+1 == len(a.Dims) {
			out.Items = append(out.Items, a.Items[n])
		} else {
			a.copyBox(out, from, level+1, n)
		}
	}
}
