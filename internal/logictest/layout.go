package logictest

import (
	"fmt"
	"strings"
)

// Shard is one site of a layout, as the configuration names it.
type Shard struct {
	Name, Region string
	Driver       string // "postgres", "duckdb" or "sqlserver"
	DSN          string
	Schema       string // "" leaves the engine's default
}

// Layout says which shards hold the rows. The same number and names of shards give the same placement.
type Layout struct {
	Shards []Shard
	// Hash returns the name of the shard that holds a key of a hash-sharded table; the key is in PostgreSQL's text.
	Hash func(table string, key []Cell) (shard string, err error)
}

// sites are the first shards of every layout; a layout of more shards goes on in the last region.
var sites = []Shard{
	{Name: "eu-1", Region: "eu-central-1"},
	{Name: "br-1", Region: "brazilsouth"},
	{Name: "us-1", Region: "us-east-1"},
}

var jurisdictions = map[string]string{"eu-central-1": "EU", "brazilsouth": "BR", "us-east-1": "US"}

// NewShards returns n shards named eu-1, br-1, us-1, us-2, … without driver and DSN.
func NewShards(n int) []Shard {
	shards := make([]Shard, n)
	for i := range shards {
		shards[i] = sites[min(i, len(sites)-1)]
		if i >= len(sites) {
			shards[i].Name = fmt.Sprintf("us-%d", i-1)
		}
	}
	return shards
}

// strategy says how a table's rows are spread. The placement below is written apart from package shardmap,
// whose pruning the cases test, and shares only the hash function with it.
type strategy struct {
	kind      string // lookup, hash, range, list, reference
	key       []string
	colocated string         // table whose map this one shares
	slots     map[string]int // lookup, list: key → shard number
	other     int            // list: shard number of keys not listed
	cuts      []string       // range: ascending; values below cuts[i] belong to interval i
	less      func(a, b string) bool
}

// Place returns the names of the shards that hold a row: all for a reference table, otherwise one.
func (l Layout) Place(t Table, row []Cell) ([]string, error) {
	s := t.strategy
	if s.kind == "reference" {
		names := make([]string, len(l.Shards))
		for i, shard := range l.Shards {
			names[i] = shard.Name
		}
		return names, nil
	}
	key := make([]Cell, len(s.key))
	for i, name := range s.key {
		key[i] = row[t.column(name)]
	}
	if s.kind == "hash" {
		name, err := l.Hash(t.Name, key)
		return []string{name}, err
	}
	slot, err := s.slot(key[0])
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.Name, err)
	}
	return []string{l.shardAt(slot)}, nil
}

func (l Layout) shardAt(slot int) string { return l.Shards[slot%len(l.Shards)].Name }

func (s strategy) slot(key Cell) (int, error) {
	switch s.kind {
	case "lookup", "list":
		if slot, listed := s.slots[key.Text]; listed && !key.Null {
			return slot, nil
		}
		if s.kind == "list" {
			return s.other, nil
		}
	case "range":
		if key.Null {
			break
		}
		slot := 0
		for slot < len(s.cuts) && !s.less(key.Text, s.cuts[slot]) {
			slot++
		}
		return slot, nil
	}
	return 0, fmt.Errorf("no shard for key %v under strategy %s", key, s.kind)
}

// ConfigYAML writes the configuration of the layout: its shards, and the tables that every driver can hold, or all
// tables where every shard is PostgreSQL.
func (d *Dataset) ConfigYAML(l Layout) string {
	var b strings.Builder
	b.WriteString("version: 1\ncoordinator: {region: eu-central-1}\ndialect: postgres\nregions:\n")
	seen := map[string]bool{}
	for _, s := range l.Shards {
		if !seen[s.Region] {
			fmt.Fprintf(&b, "  %s: {jurisdiction: %s}\n", s.Region, jurisdictions[s.Region])
		}
		seen[s.Region] = true
	}
	b.WriteString("shards:\n")
	for _, s := range l.Shards {
		fmt.Fprintf(&b, "  %s: {region: %s, driver: %s, dsn: %q", s.Name, s.Region, s.Driver, s.DSN)
		if s.Schema != "" {
			fmt.Fprintf(&b, ", schema: %s", s.Schema)
		}
		b.WriteString("}\n")
	}
	b.WriteString("tables:\n")
	for _, t := range d.tablesFor(l) {
		b.WriteString("  " + t.Name + ": {" + l.shardingYAML(t.strategy))
		if t.strategy.colocated != "" {
			b.WriteString(", colocated_with: " + t.strategy.colocated)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func (l Layout) shardingYAML(s strategy) string {
	text := "sharding: {strategy: " + s.kind
	if len(s.key) > 0 {
		text += ", key: [" + strings.Join(s.key, ", ") + "]"
	}
	switch {
	case s.colocated != "":
	case s.kind == "hash":
		names := make([]string, len(l.Shards))
		for i, shard := range l.Shards {
			names[i] = shard.Name
		}
		text += ", shards: [" + strings.Join(names, ", ") + "]"
	case s.kind == "lookup":
		text += ", map: " + l.slotsYAML(s.slots)
	case s.kind == "list":
		text += ", lists: " + l.slotsYAML(s.slots) + ", default: " + l.shardAt(s.other)
	case s.kind == "range":
		text += ", ranges: " + l.rangesYAML(s.cuts)
	}
	return text + "}"
}

// slotsYAML writes {shard: [key, …], …} in the order of the shards.
func (l Layout) slotsYAML(slots map[string]int) string {
	byShard := map[string][]string{}
	for _, key := range sortedKeys(slots) {
		name := l.shardAt(slots[key])
		byShard[name] = append(byShard[name], key)
	}
	var parts []string
	for _, shard := range l.Shards {
		if keys := byShard[shard.Name]; len(keys) > 0 {
			parts = append(parts, shard.Name+": ["+strings.Join(keys, ", ")+"]")
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (l Layout) rangesYAML(cuts []string) string {
	var parts []string
	for i := 0; i <= len(cuts); i++ {
		part := "{shard: " + l.shardAt(i)
		if i > 0 {
			part += ", from: " + cuts[i-1]
		}
		if i < len(cuts) {
			part += ", to: " + cuts[i]
		}
		parts = append(parts, part+"}")
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
