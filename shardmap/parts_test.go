package shardmap

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestParts says of each strategy what its parts are, and that every part's own shard is where its keys are routed.
func TestParts(t *testing.T) {
	m := worldMap(t)
	for name, want := range map[string]string{
		"cooperatives": "[key 1:0 key 2:0 key 3:1]", "tenants": "[key 1:0 key 2:0]", "members": "[key BR:1 key DE:0 key FR:0]",
		"events": "[bucket 0:0 bucket 1:1 bucket 2:2]", "names": "[range (-∞, m):0 range [m, +∞):1]",
		"holes":  "[range (-∞, 10):2 range [10, 20):0 range [20, 30):2 range [30, 40):1 range [40, +∞):2]",
		"people": "[]", "rings": "[]", "jumps": "[]", "visits": "[]", "currencies": "[]", "settings": "[]",
	} {
		tab, _ := m.Table(name)
		got := []string{}
		for _, p := range tab.Parts() {
			got = append(got, fmt.Sprintf("%s:%d", p.Name, p.Shard))
			if p.Pinned {
				t.Errorf("%s: %s is pinned", name, p.Name)
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	if tab, _ := m.Table("slots"); len(tab.Parts()) != 16 || tab.Parts()[9] != (Part{Name: "virtual shard 9", Shard: 2, Bucket: 9}) {
		t.Errorf("%v", tab.Parts())
	}
	rest := map[string]int{"tenants": 2, "members": 2, "cooperatives": -1, "holes": -1, "events": -1}
	for name, want := range rest {
		tab, _ := m.Table(name)
		if at, ok := tab.Rest(); ok != (want >= 0) || ok && at != want {
			t.Errorf("%s: rest on %d, %v", name, at, ok)
		}
	}
	pinned := table(Sharding{Strategy: KindHash, Key: []string{"id"}, Partitions: []Partition{{"eu-1", 2, 0}, {"us-1", 2, 1}}})
	m, err := New(pinned)
	if err != nil {
		t.Fatal(err)
	}
	if tab, _ := m.Table("t"); !tab.Parts()[0].Pinned {
		t.Error("partitions are not pinned")
	}
}

func TestTouched(t *testing.T) {
	m := worldMap(t)
	one := func(column string, c Constraint) map[string]Constraint { return map[string]Constraint{column: c} }
	for _, c := range []struct {
		table string
		by    map[string]Constraint
		want  string
	}{
		{"cooperatives", one("id", In(Int(1), Int(3))), "[{0 key 1 } {1 key 3 }]"},
		{"payments", one("cooperative_id", In(Int(2))), "[{0 key 2 }]"},
		{"cooperatives", one("id", In(Int(77))), "[]"}, // nobody knows where it is
		{"tenants", one("id", In(Int(77))), "[{2 keys not listed 77}]"},
		{"tenants", nil, "[]"},
		{"tenants", one("name", In(Text("x"))), "[]"},
		{"ledger", one("booked_on", Range(Date(18262), true, Date(18270), true)), "[{1 range [2020-01-01, 2021-01-01) }]"},
		{"ledger", one("booked_on", In(Date(18262))), "[{1 range [2020-01-01, 2021-01-01) 2020-01-01}]"},
		{"names", one("name", Range(Text("a"), true, Text("m"), false)), "[{0 range (-∞, m) }]"},
		{"names", one("name", Range(Text("a"), true, Text("m"), true)), "[{0 range (-∞, m) } {1 range [m, +∞) }]"},
		{"people", one("country", In(Text("BR"))), "[{1  BR}]"},
		{"people", one("country", In(Text("??"))), "[]"},
		{"visits", map[string]Constraint{"country": In(Text("DE")), "id": In(Int(4))}, "[{0  DE, 4}]"},
		{"visits", one("country", In(Text("DE"))), "[]"},
		{"currencies", nil, "[]"},
		{"settings", nil, "[]"},
	} {
		tab, _ := m.Table(c.table)
		if got := fmt.Sprint(tab.Touched(c.by, 16)); got != c.want {
			t.Errorf("%s: %s, want %s", c.table, got, c.want)
		}
	}
	many := make([]Value, 17)
	for i := range many {
		many[i] = Int(int64(i))
	}
	tab, _ := m.Table("events")
	if got := tab.Touched(one("id", In(many...)), 16); got != nil {
		t.Errorf("more than the limit: %v", got)
	}
}

// TestTouchedAgreesWithRoute asks for single keys of every table: the touch's shard is the route's, and its part one of the table's on that shard.
func TestTouchedAgreesWithRoute(t *testing.T) {
	m := worldMap(t)
	rnd := rand.New(rand.NewPCG(11, 12))
	tab, _ := m.Table("pairs")
	for _, table := range []*Table{tab, m.tables["slots"], m.tables["events"], m.tables["holes"], m.tables["jumps"]} {
		for range 200 {
			key, by := make([]Value, len(table.key)), map[string]Constraint{}
			for i, k := range table.kinds {
				key[i] = Int(int64(rnd.IntN(60)))
				if k == TextValue {
					key[i] = Text(key[i].String())
				}
				by[table.key[i]] = In(key[i])
			}
			shard, _ := table.Route(key)
			got := table.Touched(by, 1)
			if one, ok := table.TouchOf(key); len(got) != 1 || got[0].Shard != shard || !ok || one != got[0] {
				t.Fatalf("%s %v: %v, routed to %d", table.name, key, got, shard)
			}
			found := table.Parts() == nil
			for _, p := range table.Parts() {
				found = found || p.Name == got[0].Part && p.Shard == shard
			}
			if !found {
				t.Fatalf("%s: no part %q", table.name, got[0].Part)
			}
		}
	}
}
