package logictest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// series is {{from..to: form}}: the form once for each number, which stands where it has %d, separated by commas.
var series = regexp.MustCompile(`\{\{(-?\d+)\.\.(-?\d+): (.*?)\}\}`)

// maxSeries bounds the elements of one series.
const maxSeries = 100_000

// expand writes out the series of a statement.
func expand(sql string) (string, error) {
	var err error
	out := series.ReplaceAllStringFunc(sql, func(match string) string {
		part := series.FindStringSubmatch(match)
		numbers, e := between(part[1], part[2])
		if e != nil {
			err = e
			return match
		}
		list := make([]string, len(numbers))
		for i, n := range numbers {
			list[i] = strings.ReplaceAll(part[3], "%d", strconv.FormatInt(n, 10))
		}
		return strings.Join(list, ", ")
	})
	return out, err
}

func between(from, to string) ([]int64, error) {
	a, errA := strconv.ParseInt(from, 10, 64)
	b, errB := strconv.ParseInt(to, 10, 64)
	if errA != nil || errB != nil || b < a || b-a >= maxSeries {
		return nil, fmt.Errorf("%s..%s is no series of at most %d numbers", from, to, maxSeries)
	}
	out := make([]int64, 0, b-a+1)
	for n := a; n <= b; n++ {
		out = append(out, n)
	}
	return out, nil
}

// rangeArgs reads the numbers of from..to as parameters.
func rangeArgs(text string) ([]any, error) {
	from, to, _ := strings.Cut(text, "..")
	numbers, err := between(from, to)
	out := make([]any, len(numbers))
	for i, n := range numbers {
		out[i] = n
	}
	return out, err
}
