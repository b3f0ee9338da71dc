package demo

import (
	_ "embed"
	"fmt"
	"strings"
)

// marker is how a demo's configuration begins. Its number changes with the rows.
const marker = "# The demo of atoll, world 2."

//go:embed residency.yaml
var policy []byte

//go:embed verdicts.yaml
var examples []byte

// Policy returns the text of the demo's residency policy.
func Policy() string { return string(policy) }

// Verdicts returns the text of a file of queries with the verdicts that the policy gives them.
func Verdicts() string { return string(examples) }

// Config returns the text of the demo's configuration. The shards' files stand beside it.
func Config() string {
	var b strings.Builder
	b.WriteString(marker + ` Housing cooperatives in three countries,
# each country's rows on a shard in its own region. The shards are DuckDB files beside this one.
version: 1
coordinator: {region: eu-central-1}
dialect: postgres

regions:
`)
	for _, s := range Sites {
		fmt.Fprintf(&b, "  %-13s {jurisdiction: %s}  # %s\n", s.Region+":", s.Jurisdiction, s.Place)
	}
	b.WriteString("\nshards:\n")
	for _, s := range Sites {
		fmt.Fprintf(&b, "  %s: {region: %-13s driver: duckdb, dsn: %q}\n", s.Shard, s.Region+",", s.File())
	}
	b.WriteString(`
tables:
  # Which cooperative lives where is written down, one list per shard.
  cooperatives:
    sharding:
      strategy: lookup
      key: [id]
      map:
`)
	for _, s := range Sites {
		ids := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(s.Cooperatives()), "[]")), ", ")
		fmt.Fprintf(&b, "        %s: [%s]\n", s.Shard, ids)
	}
	b.WriteString(`
  # Everything else of a cooperative lives with it, so joins between these tables stay on the shard.
`)
	for _, table := range []string{"units", "members", "payments"} {
		fmt.Fprintf(&b, "  %-9s {sharding: {strategy: lookup, key: [cooperative_id]}, colocated_with: cooperatives}\n", table+":")
	}
	b.WriteString(`
  # Every shard holds all currencies.
  currencies: {sharding: {strategy: reference}}

# What may leave a region; without this line nothing is checked. Each query is recorded in the folder audit.
residency: ` + PolicyFile + `
`)
	return b.String()
}
