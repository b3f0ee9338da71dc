package scalar

import (
	"bytes"
	"slices"
	"strings"
)

// arraySetFunctions lists the functions that take an array for a set of elements.
func arraySetFunctions() []Function {
	return []Function{
		arrayFn("pg_arraycontains", kBool, 3, func(r *arrayRow) (bool, error) { return r.shared(0, 1, true) }, tArr, tArr, tArr),
		arrayFn("pg_arraycontained", kBool, 3, func(r *arrayRow) (bool, error) { return r.shared(1, 0, true) }, tArr, tArr, tArr),
		arrayFn("pg_arrayoverlap", kBool, 3, func(r *arrayRow) (bool, error) { return r.shared(0, 1, false) }, tArr, tArr, tArr),
		arrayFn("pg_array_sort", kOut, 3, arraySort, tArr, tArr, tArr),
		arrayFn("pg_array_extreme", kOut, 3, arrayExtreme, tArr, tArr, tArr),
	}
}

// shared tells whether all, or any, of the elements of argument b are among those of a. NULL equals nothing.
func (r *arrayRow) shared(a, b int, all bool) (bool, error) {
	x, err := r.array(a)
	if err != nil {
		return false, err
	}
	y, err := r.array(b)
	if err != nil {
		return false, err
	}
	elem := r.text(2)
	have := map[string]bool{}
	var key []byte
	for _, it := range x.Items {
		if it.Null {
			continue
		}
		if key, err = itemKey(key[:0], elem, it.Text); err != nil {
			return false, err
		}
		have[string(key)] = true
	}
	for _, it := range y.Items {
		found := false
		if !it.Null {
			if key, err = itemKey(key[:0], elem, it.Text); err != nil {
				return false, err
			}
			found = have[string(key)]
		}
		if found != all {
			return !all, nil
		}
	}
	return all, nil
}

// arraySort puts the distinct elements in order: of the type that argument 1 names, as argument 2 says in letters, d for
// descending and n for NULL first.
func arraySort(r *arrayRow) ([]byte, error) {
	a, err := r.array(0)
	if err != nil {
		return nil, err
	}
	type keyed struct {
		item ArrayItem
		key  []byte
	}
	list := make([]keyed, len(a.Items))
	for i, it := range a.Items {
		list[i].item = it
		if !it.Null {
			if list[i].key, err = itemKey(nil, r.text(1), it.Text); err != nil {
				return nil, err
			}
		}
	}
	down, nullsFirst := strings.Contains(r.text(2), "d"), strings.Contains(r.text(2), "n")
	slices.SortStableFunc(list, func(x, y keyed) int {
		switch {
		case x.item.Null != y.item.Null:
			if x.item.Null == nullsFirst {
				return -1
			}
			return 1
		case down:
			return bytes.Compare(y.key, x.key)
		}
		return bytes.Compare(x.key, y.key)
	})
	list = slices.CompactFunc(list, func(x, y keyed) bool { return x.item.Null == y.item.Null && bytes.Equal(x.key, y.key) })
	items := make([]ArrayItem, len(list))
	for i, k := range list {
		items[i] = k.item
	}
	return r.put(VectorOf(items), nil)
}

// arrayExtreme picks from texts of arrays the least, or with max as argument 2 the greatest; NULL if there is none.
func arrayExtreme(r *arrayRow) ([]byte, error) {
	list, err := r.array(0)
	if err != nil {
		return nil, err
	}
	var best []byte
	var found []byte
	for _, it := range list.Items {
		a, err := ParseArray(it.Text)
		if err != nil {
			return nil, err
		}
		key, err := arrayKey(nil, r.text(1), a)
		if err != nil {
			return nil, err
		}
		if c := bytes.Compare(key, best); found == nil || c != 0 && c > 0 == (r.text(2) == "max") {
			best, found = key, []byte(it.Text)
		}
	}
	if found == nil {
		return nil, errNull
	}
	return found, nil
}
