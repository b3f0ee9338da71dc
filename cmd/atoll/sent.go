package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/demo"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/output"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

// sent says what each region sent for a query of the demo.
func sent(s *atoll.QueryStats) string {
	places := map[string]string{}
	for _, site := range demo.Sites {
		places[site.Shard] = site.Place
	}
	g := grid{right: []bool{false, false, false, true, true, true}}
	g.add("shard", "region", "", "rows", "bytes", "time")
	for _, sh := range s.Shards {
		if sh.Pruned {
			g.add(sh.Shard, sh.Region, places[sh.Shard], "", "", "not asked")
			continue
		}
		g.add(sh.Shard, sh.Region, places[sh.Shard], progress.Count(sh.Rows), progress.Bytes(sh.Bytes), millis(sh.Total))
	}
	return fmt.Sprintf("What each region sent (answered in %s, of which %s planning):\n%s",
		millis(s.Total), millis(s.Planning), g.text("  "))
}

// millis writes a duration the way people compare them.
func millis(d time.Duration) string {
	switch {
	case d < 100*time.Microsecond:
		return "<0.1 ms"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < 10*time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// grid lays out short texts in columns.
type grid struct {
	right []bool // columns aligned to the right
	rows  [][]string
}

func (g *grid) add(cells ...string) {
	for i := range cells {
		cells[i] = output.Printable(cells[i])
	}
	g.rows = append(g.rows, cells)
}

// text returns the rows, each behind indent, without spaces at the ends of lines.
func (g *grid) text(indent string) string {
	var widths []int
	for _, row := range g.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], output.Width(c))
		}
	}
	var b strings.Builder
	for _, row := range g.rows {
		line := indent
		for i, c := range row {
			pad := strings.Repeat(" ", widths[i]-output.Width(c))
			if i < len(g.right) && g.right[i] {
				line += pad + c + "  "
			} else {
				line += c + pad + "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
