package config

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

// MapDocument is one version of a shard map that is kept apart from the configuration.
type MapDocument struct {
	Version uint64
	Shards  []Shard // in the order of Map.Shards
	Tables  []shardmap.TableSpec
	Map     *shardmap.Map
}

// mapSections are the sections that stand either in the configuration or in a map document.
var mapSections = []string{"shards", "tables", "colocation", "moves"}

// ParseMap reads a map document; name stands in errors, which are of type [Errors]. Regions, paths and variables are the configuration's.
func (c *Config) ParseMap(data []byte, name string) (*MapDocument, error) {
	r, root, err := yamldoc.Parse(data, name, "docs/shardmap.md shows an example")
	if err != nil {
		return nil, err
	}
	l := &loader{Reader: r, name: name, dir: c.dir, env: c.env, stored: true}
	doc := &MapDocument{}
	f := l.Fields(root, append([]string{"map_version"}, mapSections...)...)
	if f == nil {
		return nil, r.Err()
	}
	if n := f.Need("map_version", "map_version: 1, and one more with each change"); n != nil {
		v, _ := l.Integer(n, 1, 1<<62)
		doc.Version = uint64(v)
	}
	spec := l.mapSpec(f, c.Regions, doc)
	spec.Version = doc.Version
	if !l.Failed() {
		doc.Map = l.buildMap(root, spec)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return doc, nil
}

// mapSpec reads the sections of a map document, or those in the configuration.
func (l *loader) mapSpec(f *yamldoc.Fields, regions []shardmap.Region, doc *MapDocument) shardmap.Spec {
	spec := shardmap.Spec{Regions: regions}
	var tenants tenantKeys
	doc.Shards, tenants = l.shards(f.Need("shards", `shards: {eu-1: {region: …, driver: postgres, dsn: "${EU1_DSN}"}}`), regions)
	for _, s := range doc.Shards {
		spec.Shards = append(spec.Shards, shardmap.Shard{Name: s.Name, Region: s.Region, State: s.State, Tenants: tenants[s.Name]})
	}
	doc.Tables = l.tables(f.Need("tables", "tables: {orders: {sharding: {…}}}"))
	spec.Tables = doc.Tables
	spec.Classes = l.classes(f.Get("colocation"))
	spec.Moves = l.moves(f.Get("moves"))
	return spec
}

// moves reads the list of moves.
func (l *loader) moves(n *yamldoc.Node) []shardmap.MoveSpec {
	if n == nil || !l.Is(n, yamldoc.List) {
		return nil
	}
	var out []shardmap.MoveSpec
	for _, c := range n.Children {
		f := l.Fields(c, "id", "table", "keys", "range", "buckets", "from", "to", "phase")
		if f == nil {
			continue
		}
		var m shardmap.MoveSpec
		var phase string
		for key, target := range map[string]*string{"id": &m.ID, "table": &m.Table, "from": &m.From, "to": &m.To, "phase": &phase} {
			if n := f.Need(key, key+": …; moves are written by atoll move"); n != nil {
				*target = l.Text(n)
			}
		}
		m.Phase = shardmap.Phase(phase)
		m.Keys = l.keySet(f)
		out = append(out, m)
	}
	return out
}

func (l *loader) keySet(f *yamldoc.Fields) shardmap.KeySet {
	var k shardmap.KeySet
	if n := f.Get("keys"); n != nil && l.Is(n, yamldoc.List) {
		for _, c := range n.Children {
			if text, ok := l.Scalar(c); ok {
				k.Values = append(k.Values, text)
			}
		}
	}
	if n := f.Get("range"); n != nil {
		if ends := l.Fields(n, "from", "to"); ends != nil {
			k.From, k.To = l.bound(ends.Get("from")), l.bound(ends.Get("to"))
		}
	}
	if n := f.Get("buckets"); n != nil && l.Is(n, yamldoc.List) {
		for _, c := range n.Children {
			v, _ := l.Integer(c, 0, 1<<30)
			k.Buckets = append(k.Buckets, int(v))
		}
	}
	return k
}

// MapEdit is a change of a map document.
type MapEdit struct {
	Version  uint64                       // the new one
	Sharding map[string]shardmap.Sharding // by table, the settings that name shards: where keys live
	Moves    []shardmap.MoveSpec          // all that are under way from now on
}

// EditMap returns a map document with a change made. Other settings and references to variables stay as they are, and so do comments at the head
// of the text; others get lost, and the layout is our own.
func EditMap(data []byte, e MapEdit) ([]byte, error) {
	_, root, err := yamldoc.Parse(data, "shard map", "docs/shardmap.md shows an example")
	if err != nil {
		return nil, err
	}
	tables := root.Child("tables")
	if tables == nil {
		return nil, fmt.Errorf("the shard map has no tables")
	}
	for name, s := range e.Sharding {
		table := tables.Child(name)
		if table == nil || table.Child("sharding") == nil {
			return nil, fmt.Errorf("the shard map has no table %s with a sharding of its own", name)
		}
		tables = tables.With(name, table.With("sharding", placed(table.Child("sharding"), s)))
	}
	root = root.With("map_version", yamldoc.IntegerNode(e.Version)).With("tables", tables)
	var moves *yamldoc.Node
	if len(e.Moves) > 0 {
		moves = yamldoc.ListNode()
		for _, m := range e.Moves {
			moves.Children = append(moves.Children, moveNode(m))
		}
	}
	return append(head(data), yamldoc.Format(root.With("moves", moves))...), nil
}

// head is the comments and empty lines with which a text begins.
func head(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		if text := bytes.TrimSpace(line); len(text) > 0 && text[0] != '#' {
			break
		}
		out = append(out, line...)
	}
	return out
}

// placed writes the settings that name shards into a sharding.
func placed(n *yamldoc.Node, s shardmap.Sharding) *yamldoc.Node {
	for key, entries := range map[string][]shardmap.Entry{"map": s.Map, "lists": s.Lists, "assign": s.Assign} {
		if old := n.Child(key); entries != nil {
			n = n.With(key, entriesNode(old, entries))
		}
	}
	if s.Ranges != nil {
		ranges := yamldoc.ListNode()
		kind := scalarKind(n.Child("ranges"))
		for _, r := range s.Ranges {
			ranges.Children = append(ranges.Children, boundsNode(r, kind))
		}
		n = n.With("ranges", ranges)
	}
	if s.Buckets != nil {
		n = n.With("shards", nil).With("buckets", textsNode(s.Buckets))
	}
	return n
}

func textsNode(texts []string) *yamldoc.Node {
	out := yamldoc.ListNode()
	for _, t := range texts {
		out.Children = append(out.Children, yamldoc.TextNode(t))
	}
	return out
}

// entriesNode writes lists of keys. A key keeps the type in which it stood, since the types of keys may be inferred from how they are written.
func entriesNode(old *yamldoc.Node, entries []shardmap.Entry) *yamldoc.Node {
	written := map[string]*yamldoc.Node{}
	if old != nil {
		for _, shard := range old.Children {
			for _, key := range shard.Children {
				written[key.Text] = key
			}
		}
	}
	out := yamldoc.MappingNode()
	for _, e := range entries {
		list := yamldoc.ListNode()
		for _, text := range e.Keys {
			if n := written[text]; n != nil {
				list.Children = append(list.Children, n)
			} else {
				list.Children = append(list.Children, yamldoc.TextNode(text))
			}
		}
		out.Children = append(out.Children, yamldoc.Keyed(e.Shard, list))
	}
	return out
}

// scalarKind is how the bounds of ranges are written: as numbers, or as texts.
func scalarKind(ranges *yamldoc.Node) yamldoc.Kind {
	if ranges != nil {
		for _, r := range ranges.Children {
			for _, end := range r.Children {
				if end.Key != "shard" {
					return end.Kind
				}
			}
		}
	}
	return yamldoc.Text
}

func boundsNode(r shardmap.Bounds, kind yamldoc.Kind) *yamldoc.Node {
	out := yamldoc.MappingNode(yamldoc.Keyed("shard", yamldoc.TextNode(r.Shard)))
	for key, end := range map[string]*string{"from": r.From, "to": r.To} {
		if end != nil {
			out = out.With(key, boundNode(*end, kind))
		}
	}
	slices.SortStableFunc(out.Children[1:], func(a, b *yamldoc.Node) int { return len(b.Key) - len(a.Key) }) // from before to
	return out
}

func boundNode(text string, kind yamldoc.Kind) *yamldoc.Node {
	if _, err := strconv.ParseInt(text, 10, 64); kind == yamldoc.Integer && err == nil {
		return &yamldoc.Node{Kind: yamldoc.Integer, Text: text}
	}
	return yamldoc.TextNode(text)
}

func moveNode(m shardmap.MoveSpec) *yamldoc.Node {
	out := yamldoc.MappingNode(yamldoc.Keyed("id", yamldoc.TextNode(m.ID)), yamldoc.Keyed("table", yamldoc.TextNode(m.Table)))
	switch k := m.Keys; {
	case len(k.Values) > 0:
		out = out.With("keys", textsNode(k.Values))
	case len(k.Buckets) > 0:
		list := yamldoc.ListNode()
		for _, n := range k.Buckets {
			list.Children = append(list.Children, yamldoc.IntegerNode(uint64(n)))
		}
		out = out.With("buckets", list)
	default:
		ends := yamldoc.MappingNode()
		if k.From != nil {
			ends = ends.With("from", yamldoc.TextNode(*k.From))
		}
		if k.To != nil {
			ends = ends.With("to", yamldoc.TextNode(*k.To))
		}
		out = out.With("range", ends)
	}
	return out.With("from", yamldoc.TextNode(m.From)).With("to", yamldoc.TextNode(m.To)).With("phase", yamldoc.TextNode(string(m.Phase)))
}
