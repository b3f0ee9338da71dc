package scalar

import (
	"slices"
	"strconv"
)

// arrayItemFunctions lists the functions that look for elements.
func arrayItemFunctions() []Function {
	return []Function{
		arrayFn("pg_array_item", kOut, 1, func(r *arrayRow) ([]byte, error) {
			r.buf = appendArrayItem(r.buf[:0], ArrayItem{Text: r.text(0)})
			return r.buf, nil
		}, tArr),
		arrayFn("pg_array_key", kBin, 2, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err != nil {
				return nil, err
			}
			return arrayKey(nil, r.text(1), a)
		}, tArr, tArr),
		arrayFn("pg_array_position", kInt4, 1, arrayPosition, tArr, tArr, tArr),
		arrayFn("pg_array_position", kInt4, 1, arrayPosition, tArr, tArr, tArr, tDim),
		arrayFn("pg_array_positions", kOut, 1, func(r *arrayRow) ([]byte, error) {
			a, found, err := r.places(0)
			if err != nil {
				return nil, err
			}
			var items []ArrayItem
			for i, yes := range found {
				if yes {
					items = append(items, ArrayItem{Text: strconv.Itoa(a.Lower[0] + i)})
				}
			}
			return r.put(VectorOf(items), nil)
		}, tArr, tArr, tArr),
		arrayFn("pg_array_any", kBool, 1, func(r *arrayRow) (bool, error) { return r.quantified(false) }, tArr, tArr, tArr, tArr),
		arrayFn("pg_array_all", kBool, 1, func(r *arrayRow) (bool, error) { return r.quantified(true) }, tArr, tArr, tArr, tArr),
	}
}

var errSearchDims = fail("0A000", "searching for elements in multidimensional arrays is not supported")

// places tells which elements of array 0 are argument 1, of the type that argument 2 names.
func (r *arrayRow) places(from int) (Array, []bool, error) {
	a, err := r.array(0)
	if err != nil {
		return a, nil, err
	}
	if len(a.Dims) > 1 {
		return a, nil, errSearchDims
	}
	found, x := make([]bool, len(a.Items)), r.item(1)
	for i := max(from, 0); i < len(a.Items); i++ {
		if found[i], err = sameItem(r.text(2), a.Items[i], x); err != nil {
			return a, nil, err
		}
	}
	return a, found, nil
}

func arrayPosition(r *arrayRow) (int32, error) {
	from := 0
	if r.n > 3 {
		a, err := r.array(0)
		switch {
		case err != nil:
			return 0, err
		case len(a.Dims) > 1:
			return 0, errSearchDims
		case len(a.Dims) == 0, r.null(1) && !slices.ContainsFunc(a.Items, func(it ArrayItem) bool { return it.Null }):
			return 0, errNull
		case r.null(3):
			return 0, fail("22004", "initial position must not be null")
		}
		from = r.int(3) - a.Lower[0]
	}
	a, found, err := r.places(from)
	if err != nil {
		return 0, err
	}
	for i, yes := range found {
		if yes {
			return int32(a.Lower[0] + i), nil
		}
	}
	return 0, errNull
}

// quantified is x op ANY or ALL (array): its arguments are the array, x, op and the type of both.
func (r *arrayRow) quantified(all bool) (bool, error) {
	a, err := r.array(0)
	if err != nil || len(a.Items) == 0 {
		return all, err
	}
	x, unknown := r.item(1), false
	if x.Null {
		return false, errNull
	}
	for _, it := range a.Items {
		if it.Null {
			unknown = true
			continue
		}
		c, err := compareItems(r.text(3), x.Text, it.Text)
		if err != nil {
			return false, err
		}
		if arrayHolds(r.text(2), c) != all {
			return !all, nil
		}
	}
	if unknown {
		return false, errNull
	}
	return all, nil
}

// arrayHolds evaluates a comparison whose operands compare as c says.
func arrayHolds(op string, c int) bool {
	switch op {
	case "=":
		return c == 0
	case "<>":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}
