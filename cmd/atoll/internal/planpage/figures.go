package planpage

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-sql/atoll"
)

// facts are the figures at the top of the page.
func facts(x *atoll.Explanation, edges []edge) []fact {
	asked, crossing := map[string]bool{}, 0
	for _, e := range edges {
		asked[e.Shard] = true
		if e.Border == leavesJurisdiction {
			crossing++
		}
	}
	all := 0
	for _, r := range x.Regions {
		all += len(r.Shards)
	}
	out := []fact{
		{"shards asked", fmt.Sprintf("%d of %d", len(asked), all)},
		{"edges", strconv.Itoa(len(edges))},
		{"leaving a jurisdiction", strconv.Itoa(crossing)},
		{"planned in", duration(x.Planning)},
	}
	if x.Analyzed == nil {
		return append(out, fact{"rows to travel", "about " + rowCount(estimated(edges))})
	}
	rows, bytes := travelled(edges)
	out = append(out, fact{"travelled", rowCount(rows) + ", " + byteCount(bytes)}, fact{"answer", rowCount(x.Analyzed.Rows)},
		fact{"answered in", duration(x.Analyzed.Total)})
	if x.Analyzed.Slowest != "" {
		out = append(out, fact{"slowest shard", x.Analyzed.Slowest})
	}
	return out
}

// estimated adds up the edges' rows, -1 if those of one are unknown.
func estimated(edges []edge) int64 {
	n := int64(0)
	for _, e := range edges {
		if e.Estimated < 0 {
			return -1
		}
		n += e.Estimated
	}
	return n
}

func travelled(edges []edge) (rows, bytes int64) {
	for _, e := range edges {
		if e.Actual != nil {
			rows, bytes = rows+e.Actual.Rows, bytes+e.Actual.Bytes
		}
	}
	return rows, bytes
}

// rowCount writes a number of rows, -1 for one that is unknown.
func rowCount(n int64) string {
	switch n {
	case -1:
		return "? rows"
	case 1:
		return "1 row"
	}
	return grouped(n) + " rows"
}

// grouped writes a number that is not negative, its digits in threes.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// byteCount writes a size with at most three digits.
func byteCount(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	size, unit := float64(n), 0
	for size >= 999.5 {
		size, unit = size/1000, unit+1
	}
	if unit > 0 && size < 9.95 {
		return fmt.Sprintf("%.1f %s", size, units[unit])
	}
	return fmt.Sprintf("%.0f %s", size, units[unit])
}

// duration writes a time with two or three digits that tell something.
func duration(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= 10*unit {
			return d.Round(unit / 10).String()
		}
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}

func columnList(cols []atoll.ExplainColumn) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = show(c.Name) + " " + show(c.Type)
	}
	return strings.Join(parts, ", ")
}
