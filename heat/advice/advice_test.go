package advice

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/heat"
	"github.com/atoll-sql/atoll/shardmap"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func ptr(s string) *string { return &s }

// archipelago is four shards in the EU's law, of two regions, and one in Brazil.
func archipelago(states map[string]shardmap.State, tables ...shardmap.TableSpec) *shardmap.Map {
	spec := shardmap.Spec{Version: 1, Regions: []shardmap.Region{{Name: "de", Jurisdiction: "EU"}, {Name: "fr", Jurisdiction: "EU"}, {Name: "br", Jurisdiction: "BR"}}}
	for _, s := range []shardmap.Shard{{Name: "eu-1", Region: "de"}, {Name: "eu-2", Region: "de"}, {Name: "eu-3", Region: "fr"}, {Name: "br-1", Region: "br"}} {
		s.State = states[s.Name]
		spec.Shards = append(spec.Shards, s)
	}
	spec.Tables = tables
	m, err := shardmap.New(spec)
	if err != nil {
		panic(err)
	}
	return m
}

func tenants() []shardmap.TableSpec {
	return []shardmap.TableSpec{
		{Name: "tenants", Sharding: shardmap.Sharding{Strategy: shardmap.KindLookup, Key: []string{"id"}, Map: []shardmap.Entry{
			{Shard: "eu-1", Keys: []string{"1", "2", "3"}}, {Shard: "eu-2", Keys: []string{"4", "5"}}, {Shard: "eu-3", Keys: []string{"6"}}, {Shard: "br-1", Keys: []string{"7"}}}}},
		{Name: "orders", Sharding: shardmap.Sharding{Key: []string{"tenant"}}, ColocatedWith: "tenants"},
		{Name: "currencies", Sharding: shardmap.Sharding{Strategy: shardmap.KindReference}},
	}
}

// rates makes a report: the shards' requests per second, and of some of them their hottest parts.
func rates(shards map[string]float64, hot map[string][]heat.Hot) *heat.Report {
	r := &heat.Report{Window: time.Hour}
	for name, n := range shards {
		r.Shards = append(r.Shards, heat.Shard{Name: name, Requests: n, Weight: n * 3600, Hot: hot[name]})
	}
	return r
}

func sizes(each ...map[string]Size) []map[string]Size { return each }

func held(rows int64) map[string]Size {
	return map[string]Size{"tenants": {rows / 10, rows * 10}, "orders": {rows, rows * 1000}, "currencies": {200, 1 << 40}}
}

var cases = []struct {
	name, about string
	in          Input
}{
	{"balanced", "nothing is much above the mean: no advice", Input{Map: archipelago(nil, tenants()...),
		Heat:  rates(map[string]float64{"eu-1": 12, "eu-2": 10, "eu-3": 8, "br-1": 9}, nil),
		Sizes: sizes(held(50000), held(60000), held(40000), held(500000))}},
	{"idle", "nothing was counted, nothing is known", Input{Map: archipelago(nil, tenants()...)}},
	{"few statements", "a rate with few statements behind it is no reason to move", Input{Map: archipelago(nil, tenants()...),
		Heat: &heat.Report{Shards: []heat.Shard{{Name: "eu-1", Requests: 50, Weight: 99, Hot: []heat.Hot{{Table: "tenants", Part: "key 1", Requests: 20}}}}}}},
	{"hot tenant", "the hot tenant goes to the coolest shard of its law; the idle shard abroad is no target. Bytes are those of both tables", Input{Map: archipelago(nil, tenants()...),
		Heat: rates(map[string]float64{"eu-1": 100, "eu-2": 10, "eu-3": 8, "br-1": 0}, map[string][]heat.Hot{"eu-1": {
			{Table: "tenants", Part: "key 2", Requests: 55}, {Table: "tenants", Part: "key 1", Requests: 25}, {Table: "tenants", Part: "key 3", Requests: 15}}}),
		Sizes: sizes(held(60000), held(60000), held(40000), held(0))}},
	{"one tenant alone", "a tenant that is nearly all of the heat would only take it along: it needs a shard for itself", Input{Map: archipelago(nil, tenants()...),
		Heat: rates(map[string]float64{"eu-1": 100, "eu-2": 5, "eu-3": 5, "br-1": 0}, map[string][]heat.Hot{"eu-1": {
			{Table: "tenants", Part: "key 2", Requests: 97}, {Table: "tenants", Part: "key 1", Requests: 2}}})}},
	{"hidden", "heat without parts: which keys it comes from is not known", Input{Map: archipelago(nil, tenants()...),
		Heat: rates(map[string]float64{"eu-1": 100, "eu-2": 5, "eu-3": 5}, map[string][]heat.Hot{"eu-1": {{Table: "tenants", Value: "#1234abcd", Hidden: true, Requests: 90}}})}},
	{"drain", "all that is on a draining shard goes to active shards of its law, big ones first to the emptiest", Input{
		Map:   archipelago(map[string]shardmap.State{"eu-1": shardmap.StateDraining}, tenants()...),
		Sizes: sizes(held(60000), held(60000), held(40000), held(0))}},
	{"drain with nowhere to go", "the only active shards are abroad, or read only", Input{
		Map: archipelago(map[string]shardmap.State{"eu-1": shardmap.StateDraining, "eu-2": shardmap.StateReadOnly, "eu-3": shardmap.StateDraining}, tenants()...)}},
	{"drain by hand", "what does not move in parts is said; keys with a default there, too", Input{
		Map: archipelago(map[string]shardmap.State{"eu-1": shardmap.StateDraining},
			shardmap.TableSpec{Name: "rings", Sharding: shardmap.Sharding{Strategy: shardmap.KindRing, Key: []string{"id"}, Shards: []string{"eu-1", "eu-2"}}},
			shardmap.TableSpec{Name: "settings", Sharding: shardmap.Sharding{Strategy: shardmap.KindSingle, Shard: "eu-1"}},
			shardmap.TableSpec{Name: "parts", Sharding: shardmap.Sharding{Strategy: shardmap.KindHash, Key: []string{"id"}, Partitions: []shardmap.Partition{{Shard: "eu-1", Modulus: 2}, {Shard: "eu-2", Modulus: 2, Remainder: 1}}}},
			shardmap.TableSpec{Name: "others", Sharding: shardmap.Sharding{Strategy: shardmap.KindList, Key: []string{"c"}, Lists: []shardmap.Entry{{Shard: "eu-1", Keys: []string{"it's", "--x"}}}, Default: "eu-1"}}),
		Sizes: sizes(map[string]Size{"rings": {5, 500}})}},
	{"retired", "a retired shard is neither", Input{Map: archipelago(map[string]shardmap.State{"eu-1": shardmap.StateRetired},
		shardmap.TableSpec{Name: "settings", Sharding: shardmap.Sharding{Strategy: shardmap.KindSingle, Shard: "eu-2"}})}},
	{"big shard", "virtual shards move until the sizes are even, and runs of them are one command", Input{
		Map: archipelago(nil, shardmap.TableSpec{Name: "events", Sharding: shardmap.Sharding{Strategy: shardmap.KindVirtual, Key: []string{"id"}, Virtual: 64,
			Assign: []shardmap.Entry{{Shard: "eu-1", Keys: []string{"0-47"}}, {Shard: "eu-2", Keys: []string{"48-55"}}, {Shard: "eu-3", Keys: []string{"56-63"}}}}}),
		Sizes: sizes(map[string]Size{"events": {480000, 48 << 20}}, map[string]Size{"events": {80000, 8 << 20}}, map[string]Size{"events": {80000, 8 << 20}})}},
	{"sizes unknown", "one shard does not know its bytes: rows are compared; one that knows neither ends it", Input{
		Map: archipelago(nil, tenants()...), Sizes: sizes(
			map[string]Size{"tenants": {100, -1}, "orders": {90000, -1}}, map[string]Size{"tenants": {10, 100}, "orders": {-1, -1}}, held(10), held(10))}},
	{"rows", "without bytes, rows are compared", Input{
		Map: archipelago(nil, tenants()...), Sizes: sizes(
			map[string]Size{"tenants": {0, -1}, "orders": {90000, -1}}, map[string]Size{"tenants": {0, 100}, "orders": {6000, -1}}, held(10), held(10))}},
	{"hot bucket", "one bucket for each shard cannot be spread", Input{
		Map:  archipelago(nil, shardmap.TableSpec{Name: "events", Sharding: shardmap.Sharding{Strategy: shardmap.KindHash, Key: []string{"id"}, Shards: []string{"eu-1", "eu-2", "eu-3"}}}),
		Heat: rates(map[string]float64{"eu-1": 100, "eu-2": 5, "eu-3": 5}, map[string][]heat.Hot{"eu-1": {{Table: "events", Part: "bucket 0", Requests: 99}}})}},
	{"split", "a hot range is cut where half of its rows are", Input{Map: archipelago(nil, ledger()),
		Heat:     rates(map[string]float64{"eu-1": 100, "eu-2": 5}, map[string][]heat.Hot{"eu-1": {{Table: "ledger", Part: "range (-∞, 1000)", Requests: 90}}}),
		Sizes:    sizes(map[string]Size{"ledger": {5000, 50000}}, map[string]Size{"ledger": {100, 1000}}),
		Boundary: func(string, shardmap.Part) (string, string) { return "640", "" }}},
	{"split under a policy", "the same, but keys must not be read", Input{Map: archipelago(nil, ledger()),
		Heat: rates(map[string]float64{"eu-1": 100, "eu-2": 5}, map[string][]heat.Hot{"eu-1": {{Table: "ledger", Part: "range (-∞, 1000)", Requests: 90}}})}},
	{"abroad", "the law's only shard is hot, and only those abroad are cool", Input{Alert: 3, Map: archipelago(nil, tenants()...),
		Heat: rates(map[string]float64{"eu-1": 5, "eu-2": 6, "eu-3": 4, "br-1": 90}, map[string][]heat.Hot{"br-1": {{Table: "tenants", Part: "key 7", Requests: 90}}})}},
	{"ring", "a hot shard of a ring gets a neighbour", Input{
		Map:  archipelago(nil, shardmap.TableSpec{Name: "rings", Sharding: shardmap.Sharding{Strategy: shardmap.KindRing, Key: []string{"id"}, Shards: []string{"eu-1", "eu-2"}}}),
		Heat: rates(map[string]float64{"eu-1": 100, "eu-2": 5}, nil)}},
	{"moving", "keys of a table that are moving are left alone", Input{Map: moving(),
		Heat: rates(map[string]float64{"eu-1": 100, "eu-2": 5}, map[string][]heat.Hot{"eu-1": {{Table: "tenants", Part: "key 2", Requests: 50}}})}},
}

func ledger() shardmap.TableSpec {
	return shardmap.TableSpec{Name: "ledger", Sharding: shardmap.Sharding{Strategy: shardmap.KindRange, Key: []string{"n"},
		Ranges: []shardmap.Bounds{{Shard: "eu-1", To: ptr("1000")}, {Shard: "eu-2", From: ptr("1000")}}}}
}

func moving() *shardmap.Map {
	m, err := shardmap.New(shardmap.Spec{Version: 1, Regions: []shardmap.Region{{Name: "de", Jurisdiction: "EU"}},
		Shards: []shardmap.Shard{{Name: "eu-1", Region: "de"}, {Name: "eu-2", Region: "de"}},
		Tables: []shardmap.TableSpec{{Name: "tenants", Sharding: shardmap.Sharding{Strategy: shardmap.KindLookup, Key: []string{"id"}, Map: []shardmap.Entry{
			{Shard: "eu-1", Keys: []string{"1", "2"}}, {Shard: "eu-2", Keys: []string{"3"}}}}}},
		Moves: []shardmap.MoveSpec{{ID: "m1", Table: "tenants", Keys: shardmap.KeySet{Values: []string{"2"}}, From: "eu-1", To: "eu-2", Phase: shardmap.PhaseCopying}}})
	if err != nil {
		panic(err)
	}
	return m
}

// TestAdvice holds the proposals for small worlds against goldens, and every proposal against the law.
func TestAdvice(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Advise(c.in)
			for _, x := range got {
				legal(t, c.in, x)
			}
			golden(t, c.name, "# "+c.about+"\n"+render(got))
		})
	}
}

// legal refuses what must never be proposed.
func legal(t *testing.T, in Input, x Advice) {
	t.Helper()
	if x.To == "" {
		if x.Command != "" {
			t.Errorf("a command without a target: %+v", x)
		}
		return
	}
	from, to := shardOf(in, x.From), shardOf(in, x.To)
	if law(in, from) != law(in, to) || to.State != "" && to.State != shardmap.StateActive || from.Name == to.Name {
		t.Errorf("illegal: %+v", x)
	}
}

func shardOf(in Input, name string) shardmap.Shard {
	i, _ := in.Map.ShardIndex(name)
	return in.Map.Shard(i)
}

func law(in Input, s shardmap.Shard) string {
	r, _ := in.Map.Region(s.Region)
	return r.Jurisdiction
}

func render(all []Advice) string {
	var b strings.Builder
	for _, x := range all {
		fmt.Fprintf(&b, "%s %s [%s] %s -> %s: %d rows, %d bytes (%s), %.3g requests/s\n  %s\n", x.Kind, x.Table, strings.Join(x.Parts, ", "), x.From, x.To, x.Rows, x.Bytes, x.Basis, x.Requests, x.Why)
		if x.Measure != "" && x.To != "" {
			fmt.Fprintf(&b, "  %s: %.4g and %.4g, then %.4g and %.4g\n", x.Measure, x.Before.From, x.Before.To, x.After.From, x.After.To)
		}
		if x.Command != "" {
			fmt.Fprintf(&b, "  $ %s\n", x.Command)
		}
	}
	if len(all) == 0 {
		b.WriteString("no advice\n")
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
