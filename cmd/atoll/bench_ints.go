package main

import (
	"fmt"
	"strconv"
	"strings"
)

// maxInts bounds a list: a range mistyped is an error and does not take all memory.
const maxInts = 10_000

// intList is a flag of whole numbers: "1,2,8", or a range "1-22", or both. Order and repetitions are kept; numbers are not negative.
func intList(text string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err1 := wholeNumber(first)
		to, err2 := wholeNumber(last)
		switch {
		case err1 != nil || err2 != nil:
			return nil, fmt.Errorf("%q is no list of numbers such as 1,2,8 or 1-22", text)
		case from > to:
			return nil, fmt.Errorf("%q: the range %d-%d runs backwards", text, from, to)
		case to-from >= maxInts-len(out):
			return nil, fmt.Errorf("%q: more than %d numbers", text, maxInts)
		}
		for ; from <= to; from++ {
			out = append(out, from)
		}
	}
	return out, nil
}

// wholeNumber reads digits, without a sign.
func wholeNumber(text string) (int, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return int(n), err
}

// intFlag is intList of a flag that may be left out; a mistake names it.
func intFlag(flag, text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	list, err := intList(text)
	if err != nil {
		return nil, usage("", "--%s: %v", flag, err)
	}
	return list, nil
}
