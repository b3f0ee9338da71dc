package world

import (
	"fmt"
	"strings"
)

// place is a shard as a configuration has it.
type place struct {
	name, region, driver, dsn string
	conns                     int // 0: as many as the adapter likes
}

// table is one as a configuration has it: sharding is what stands between the braces.
type table struct{ name, sharding string }

// writeConfig is the one place that knows what a benchmark's configuration looks like. The coordinator is in the first region; rest is what follows.
func writeConfig(regions []string, places []place, tables []table, rest string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\ncoordinator: {region: %s}\nregions:\n", regions[0])
	for _, r := range regions {
		fmt.Fprintf(&b, "  %s: {}\n", r)
	}
	b.WriteString("shards:\n")
	for _, p := range places {
		conns := ""
		if p.conns > 0 {
			conns = fmt.Sprintf("max_conns: %d, ", p.conns)
		}
		dsn := p.dsn
		if !strings.HasPrefix(dsn, "${") { // which is a variable, that holds a password
			dsn = strings.ReplaceAll(dsn, "$", "$$")
		}
		fmt.Fprintf(&b, "  %s: {region: %s, driver: %s, %sdsn: %q}\n", p.name, p.region, p.driver, conns, dsn)
	}
	b.WriteString("tables:\n")
	for _, t := range tables {
		fmt.Fprintf(&b, "  %s: {sharding: {%s}}\n", t.name, t.sharding)
	}
	return b.String() + rest
}

// Turns are the regions of the shards of [HashConfig], in turn; the coordinator is in the first.
var Turns = []string{"eu-central-1", "brazilsouth", "us-east-1"}

// HashConfig describes one shard per DSN, s0, s1, …, in [Turns], and tables that are spread over all of them by a hash of id: for benchmarks with servers and rows of their own.
// A DSN may be the name of an environment variable, as ${NAME}.
func HashConfig(driver string, dsns []string, tables ...string) string {
	places := make([]place, len(dsns))
	for i, dsn := range dsns {
		places[i] = place{name: fmt.Sprintf("s%d", i), region: Turns[i%len(Turns)], driver: driver, dsn: dsn}
	}
	var spread []table
	for _, t := range tables {
		spread = append(spread, table{t, fmt.Sprintf("strategy: hash, key: [id], shards: [%s]", names(places))})
	}
	return writeConfig(Turns, places, spread, "")
}

func names(places []place) string {
	out := make([]string, len(places))
	for i, p := range places {
		out[i] = p.name
	}
	return strings.Join(out, ", ")
}

// policyFile holds the residency policy in the world's folder.
const policyFile = "residency.yaml"

// Config is the configuration of an engine over the first so many shards, as YAML; 0 means all. Relative paths in it start at Dir. The limits do not bind: as many
// queries as Options.Concurrency says run at once without waiting for connections.
func (w *World) Config(shards int) string {
	of := w.Shards[:w.count(shards)]
	var places []place
	var ranges []string
	for i, s := range of {
		places = append(places, place{s.Name, s.Region, s.Driver, s.DSN, w.options.conns()})
		bounds := "shard: " + s.Name
		if i > 0 {
			bounds += fmt.Sprintf(", from: %d", s.First)
		}
		if i < len(of)-1 {
			bounds += fmt.Sprintf(", to: %d", s.Last+1)
		}
		ranges = append(ranges, "{"+bounds+"}")
	}
	spread := table{Payments, fmt.Sprintf("strategy: range, key: [id], key_type: [bigint], ranges: [%s]", strings.Join(ranges, ", "))}
	rest := fmt.Sprintf("limits: {connections: %d, open_shards: %d, idle: 1h}\n", len(of)*w.options.conns(), len(of))
	if w.options.Policy != "" {
		rest += "residency: " + policyFile + "\n"
	}
	return writeConfig(w.options.Profile.Names(), places, []table{spread}, rest)
}

// conns is how many statements may run on a shard at once: a query may ask a shard more than once.
func (o Options) conns() int { return max(8, 2*o.Concurrency) }

// count is how many shards are meant.
func (w *World) count(shards int) int {
	if shards <= 0 || shards > len(w.Shards) {
		return len(w.Shards)
	}
	return shards
}
