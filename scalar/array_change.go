package scalar

import (
	"slices"
	"strconv"
)

// arrayChangeFunctions lists the functions that make an array of another.
func arrayChangeFunctions() []Function {
	return []Function{
		arrayFn("pg_array_cat", kOut, 0, arrayCat, tArr, tArr),
		arrayFn("pg_array_append", kOut, 0, func(r *arrayRow) ([]byte, error) { return r.extended(0, 1, false) }, tArr, tArr),
		arrayFn("pg_array_prepend", kOut, 0, func(r *arrayRow) ([]byte, error) { return r.extended(1, 0, true) }, tArr, tArr),
		arrayFn("pg_array_remove", kOut, 1, arrayRemove, tArr, tArr, tArr),
		arrayFn("pg_array_replace", kOut, 1, arrayReplace, tArr, tArr, tArr, tArr),
		arrayFn("pg_array_fill", kOut, 0, arrayFill, tArr, tArr),
		arrayFn("pg_array_fill", kOut, 0, arrayFill, tArr, tArr, tArr),
		arrayFn("pg_trim_array", kOut, 2, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err != nil {
				return nil, err
			}
			n, have := r.int(1), 0
			if len(a.Dims) > 0 {
				have = a.Dims[0]
			}
			switch {
			case n < 0 || n > have:
				return nil, fail("2202E", "number of elements to trim must be between 0 and the array's length")
			case n == have:
				return r.put(Array{}, nil)
			}
			return r.put(a.slice(":" + strconv.Itoa(a.Lower[0]+have-n-1)))
		}, tArr, tDim),
	}
}

var (
	errArrayCat      = fail("2202E", "cannot concatenate incompatible arrays")
	errArrayOneDim   = fail("22000", "argument must be empty or one-dimensional array")
	errArrayRemove   = fail("0A000", "removing elements from multidimensional arrays is not supported")
	errArrayFillNull = fail("22004", "dimension array or low bound array, or a value of them, cannot be null")
)

func arrayCat(r *arrayRow) ([]byte, error) {
	if r.null(0) || r.null(1) {
		for i := range 2 {
			if !r.null(i) {
				return r.put(r.array(i))
			}
		}
		return nil, errNull
	}
	a, err := r.array(0)
	if err != nil {
		return nil, err
	}
	b, err := r.array(1)
	if err != nil {
		return nil, err
	}
	return r.put(a.concat(b))
}

// concat appends b, an array of as many dimensions, or an element of the outermost dimension before or behind the others.
func (a Array) concat(b Array) (Array, error) {
	na, nb := len(a.Dims), len(b.Dims)
	switch {
	case na == 0 && nb > 0:
		return b, nil
	case nb == 0:
		return a, nil
	case na < nb-1 || nb < na-1:
		return Array{}, errArrayCat
	}
	outer := a
	if nb > na {
		outer = b
	}
	out := Array{Dims: slices.Clone(outer.Dims), Lower: outer.Lower, Items: slices.Concat(a.Items, b.Items)}
	n := len(out.Dims)
	for _, x := range []Array{a, b} {
		if len(x.Dims) == n {
			x.Dims, x.Lower = x.Dims[1:], x.Lower[1:]
		}
		if !slices.Equal(x.Dims, out.Dims[1:]) || !slices.Equal(x.Lower, out.Lower[1:]) {
			return Array{}, errArrayCat
		}
	}
	out.Dims[0]++
	if na == nb {
		out.Dims[0] = a.Dims[0] + b.Dims[0]
	}
	_, err := arrayCount(out.Dims)
	return out, err
}

// extended puts argument item behind or before the elements of argument at.
func (r *arrayRow) extended(at, item int, before bool) ([]byte, error) {
	a, err := Array{}, error(nil)
	if !r.null(at) {
		a, err = r.array(at)
	}
	x := []ArrayItem{r.item(item)}
	switch {
	case err != nil:
		return nil, err
	case len(a.Dims) == 0:
		return r.put(VectorOf(x), nil)
	case len(a.Dims) > 1:
		return nil, errArrayOneDim
	}
	items := slices.Concat(a.Items, x)
	if before {
		items = slices.Concat(x, a.Items)
	}
	return r.put(Array{Dims: []int{len(items)}, Lower: a.Lower, Items: items}, nil)
}

func arrayRemove(r *arrayRow) ([]byte, error) {
	if a, err := r.array(0); err == nil && len(a.Dims) > 1 {
		return nil, errArrayRemove
	}
	a, found, err := r.places(0)
	if err != nil {
		return nil, err
	}
	var left []ArrayItem
	for i, it := range a.Items {
		if !found[i] {
			left = append(left, it)
		}
	}
	if len(left) == 0 {
		return r.put(Array{}, nil)
	}
	return r.put(Array{Dims: []int{len(left)}, Lower: a.Lower, Items: left}, nil)
}

func arrayReplace(r *arrayRow) ([]byte, error) {
	a, err := r.array(0)
	if err != nil {
		return nil, err
	}
	from, to := r.item(1), r.item(2)
	items := slices.Clone(a.Items)
	for i, it := range items {
		same, err := sameItem(r.text(3), it, from)
		if err != nil {
			return nil, err
		}
		if same {
			items[i] = to
		}
	}
	return r.put(Array{Dims: a.Dims, Lower: a.Lower, Items: items}, nil)
}

func arrayFill(r *arrayRow) ([]byte, error) {
	dims, err := r.numbers(1)
	if err != nil {
		return nil, err
	}
	lower := slices.Repeat([]int{1}, len(dims))
	if r.n > 2 {
		if lower, err = r.numbers(2); err != nil {
			return nil, err
		}
	}
	switch {
	case len(dims) > maxArrayDims:
		return nil, errArrayDims
	case len(lower) != len(dims):
		return nil, errArraySubscript
	case len(dims) == 0:
		return r.put(Array{}, nil)
	}
	n, err := arrayCount(dims)
	if err == nil {
		err = checkBounds(dims, lower)
	}
	if err != nil || n == 0 {
		return r.put(Array{}, err)
	}
	return r.put(Array{Dims: dims, Lower: lower, Items: slices.Repeat([]ArrayItem{r.item(0)}, n)}, nil)
}

// numbers reads an argument as a list of integers.
func (r *arrayRow) numbers(i int) ([]int, error) {
	if r.null(i) {
		return nil, errArrayFillNull
	}
	a, err := r.array(i)
	switch {
	case err != nil:
		return nil, err
	case len(a.Dims) > 1:
		return nil, errArraySubscript
	}
	out := make([]int, len(a.Items))
	for k, it := range a.Items {
		if it.Null {
			return nil, errArrayFillNull
		}
		if out[k], err = strconv.Atoi(it.Text); err != nil {
			return nil, errSyntax
		}
	}
	return out, nil
}
