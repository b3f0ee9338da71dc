package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
	"github.com/atoll-sql/atoll/shardmap"
)

func newShards(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shards",
		Short: "List the shards: do they answer, how far are they, what do they hold",
		Long: `Asks every shard and lists what it says: its version, the time of one question and its answer, and its own
estimates of the rows and bytes of the configured tables. A shard that does not answer is listed with its error. Replicas are listed with their
shard: whether they are read, how far they are behind, and why not. With --watch one process keeps asking, and shows what it learns of each
server meanwhile: its breaker, its last error, and how long statements took.

With --heat it lists how much each shard was asked, and for which keys, as far as that was counted; docs/heat.md says how. A shard that is
asked much more often than the median one is an alert, which does not change the exit status.`,
		Example: `  atoll shards -c atoll.yaml
  atoll shards -c atoll.yaml --watch 2s
  atoll shards -c atoll.yaml --format json
  atoll shards -c atoll.yaml --heat --format json`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newShardsImport(t))
	config := configFlag(cmd)
	heat := cmd.Flags().Bool("heat", false, "list what the shards were asked")
	format := cmd.Flags().String("format", "table", "table or json")
	watch := cmd.Flags().Duration("watch", 0, "list anew after each such time, until interrupted")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := tableOrJSON(*format); err != nil {
			return err
		}
		switch watched := cmd.Flags().Changed("watch"); {
		case watched && *heat:
			return usage("", "--watch does not go with --heat")
		case watched && *watch < leastWatch:
			return usage("", "--watch takes a time of at least %s, such as 2s", leastWatch)
		}
		return withEngine(cmd.Context(), *config, func(e *atoll.Engine) error {
			if *heat {
				return t.writeHeat(e.Heat(), *format)
			}
			if *watch > 0 {
				return t.watchShards(cmd.Context(), e, *watch, *format)
			}
			return t.writeShards(cmd.Context(), e, *format, "")
		})
	}
	return cmd
}

// listShards lists shards for people.
func listShards(shards []atoll.ShardStatus) string {
	g := grid{right: []bool{false, false, false, false, false, true, true, true, true}}
	g.add("shard", "region", "driver", "state", "version", "answers in", "tables", "rows", "size")
	for _, s := range shards {
		if s.Err != nil {
			g.add(s.Shard, s.Region, s.Driver, string(s.State), "does not answer")
			continue
		}
		if s.State == shardmap.StateRetired {
			g.add(s.Shard, s.Region, s.Driver, string(s.State), "not asked")
			continue
		}
		rows, bytes := held(s)
		g.add(s.Shard, s.Region, s.Driver, string(s.State), s.Version, millis(s.Latency), progress.Count(int64(len(s.Tables))), rows, bytes)
	}
	text := g.text("")
	for _, s := range shards {
		if s.Err != nil {
			text += printable(s.Err.Error()) + "\n"
		}
	}
	for _, s := range shards {
		if len(s.Missing) > 0 {
			text += printable(fmt.Sprintf("%s lacks %s: atoll check tells what follows from that", s.Shard, strings.Join(s.Missing, ", "))) + "\n"
		}
	}
	if g := listServers(shards); g != "" {
		text += "\n" + g
	}
	return text
}

// held sums up the estimates of a shard's tables; what no table knows is empty.
func held(s atoll.ShardStatus) (rows, bytes string) {
	r, b := int64(-1), int64(-1)
	for _, t := range s.Tables {
		r, b = plus(r, t.Rows), plus(b, t.Bytes)
	}
	if r >= 0 {
		rows = progress.Count(r)
	}
	if b >= 0 {
		bytes = progress.Bytes(b)
	}
	return rows, bytes
}

// plus adds two estimates of which -1 means unknown.
func plus(sum, n int64) int64 {
	if n < 0 {
		return sum
	}
	return max(sum, 0) + n
}

func tableLine(t atoll.TableStatus) string {
	if t.Rows < 0 {
		return t.Table
	}
	return fmt.Sprintf("%s (%s rows)", t.Table, progress.Count(t.Rows))
}
