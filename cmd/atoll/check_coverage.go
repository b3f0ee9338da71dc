package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

// someShares are the most shards whose share of the keys is shown.
const someShares = 8

// writeCoverage writes of every table's sharding whether it has a shard for each key. Open keys are no fault: queries for them ask all shards.
func (t *terminal) writeCoverage(tables []atoll.Coverage) error {
	g := grid{right: []bool{false, false, true}}
	g.add("sharding", "strategy", "parts", "keys")
	for _, c := range tables {
		g.add(c.Table, c.Strategy, progress.Count(int64(c.Parts)), covered(c))
		for _, o := range c.Open {
			g.add("", "", "", "open: "+o)
		}
	}
	_, err := io.WriteString(t.out, g.text(""))
	return err
}

// covered says in a few words which keys have a shard.
func covered(c atoll.Coverage) string {
	if len(c.Open) > 0 {
		return "some have no known shard"
	}
	text := "each has one shard"
	switch c.Strategy {
	case "reference":
		return "on every shard"
	case "single":
		return "all on one shard"
	}
	var shares []string
	for i, s := range c.Shares {
		if i == someShares {
			shares = append(shares, fmt.Sprintf("… (%d in all)", len(c.Shares)))
			break
		}
		shares = append(shares, fmt.Sprintf("%s %.1f %%", s.Shard, 100*s.Of))
	}
	if len(shares) > 0 {
		text += ": " + strings.Join(shares, ", ")
	}
	return text
}
