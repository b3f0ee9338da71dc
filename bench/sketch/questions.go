package sketch

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// question is asked for an estimate and exactly.
type question struct {
	name          string
	approx, exact string
	// allowed is how far off an estimate may be, as a share of the exact answer: four standard errors, or the bound that the function keeps; 0 where the
	// estimate itself says how far off it may be.
	allowed float64
	// off compares the estimate with the exact answer, as a share of that. An error means that one of them cannot be read, or that a promise was broken.
	off func(approx, exact [][]string) (float64, error)
}

// sigmas is how many standard errors off an estimate may be: one in 15,000 would be beyond, if errors were normally distributed.
const sigmas = 4

// precision is that of approx_count_distinct if a query does not say.
const precision = 14

// percentileError is the bound that approx_percentile keeps if a query does not say.
const percentileError = 0.005

// top is how many of the most frequent values are asked for.
const top = 10

// questions are all of them; docs/approx.md says what each estimate promises.
func questions(o Options) []question {
	deviation := 1.04 / math.Sqrt(1<<precision)
	var out []question
	for _, kind := range []struct{ name, column string }{{"bigint", "who"}, {"text", "mail"}} {
		for _, n := range o.Distinct {
			column := fmt.Sprintf("%s_%d", kind.column, n)
			out = append(out, question{
				name:   fmt.Sprintf("%d distinct %s", n, kind.name),
				approx: "SELECT approx_count_distinct(" + column + ") FROM visits", exact: "SELECT count(DISTINCT " + column + ") FROM visits",
				allowed: sigmas * deviation, off: relative,
			})
		}
	}
	return append(out,
		question{name: "percentile 99", approx: "SELECT approx_percentile(amount, 0.99) FROM visits",
			exact: "SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY amount) FROM visits", allowed: percentileError, off: relative},
		question{name: "median", approx: "SELECT approx_median(amount) FROM visits",
			exact: "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY amount) FROM visits", allowed: percentileError, off: relative},
		question{name: "top 10", approx: fmt.Sprintf("SELECT approx_top_k(product, %d) FROM visits", top),
			exact: fmt.Sprintf("SELECT product, count(*) AS n FROM visits GROUP BY product ORDER BY n DESC, product LIMIT %d", top),
			off:   topOff})
}

// relative is how far one number is from another.
func relative(approx, exact [][]string) (float64, error) {
	a, err := number(approx)
	if err != nil {
		return 0, err
	}
	e, err := number(exact)
	if err != nil {
		return 0, err
	}
	if e == 0 {
		return 0, fmt.Errorf("the exact answer is 0")
	}
	return math.Abs(a-e) / math.Abs(e), nil
}

func number(rows [][]string) (float64, error) {
	if len(rows) != 1 || len(rows[0]) != 1 {
		return 0, fmt.Errorf("%d rows where one number is expected", len(rows))
	}
	return strconv.ParseFloat(rows[0][0], 64)
}

// topOff is the largest error that the list of an approx_top_k leaves open, as a share of the value's count. It fails where a true count is beyond what the
// list says, or a frequent value is missing from it though its count is above what any missing one's may be.
func topOff(approx, exact [][]string) (float64, error) {
	if len(approx) != 1 || len(approx[0]) != 1 {
		return 0, fmt.Errorf("%d rows where one list is expected", len(approx))
	}
	var list []struct {
		Value   string
		Count   int64
		Error   int64
		Certain bool
	}
	if err := json.Unmarshal([]byte(approx[0][0]), &list); err != nil {
		return 0, fmt.Errorf("the list of the most frequent values: %w", err)
	}
	truth := map[string]int64{}
	for _, row := range exact {
		n, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			return 0, err
		}
		truth[row[0]] = n
	}
	var worst float64
	certain := len(list) == len(exact)
	for _, v := range list {
		certain = certain && v.Certain
		n, known := truth[v.Value]
		switch {
		case known && (n < v.Count || n > v.Count+v.Error):
			return 0, fmt.Errorf("a value occurs %d times, and the list says %d to %d", n, v.Count, v.Count+v.Error)
		case v.Certain && !known:
			return 0, fmt.Errorf("a value is said to be certain, and is not among the %d most frequent", top)
		}
		worst = max(worst, float64(v.Error)/float64(v.Count))
		delete(truth, v.Value)
	}
	if certain && len(truth) > 0 {
		return 0, fmt.Errorf("all values are said to be certain, and %d of the most frequent are missing", len(truth))
	}
	return worst, nil
}
