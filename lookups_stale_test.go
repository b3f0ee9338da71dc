package atoll

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/shardmap"
)

// TestLookupsAreRememberedForTheirTime changes a directory and an index and looks when queries see it.
func TestLookupsAreRememberedForTheirTime(t *testing.T) {
	p := openPort(t, "{table: coop_directory, cache: {ttl: 30s, negative_ttl: 5s}}", "{ttl: 30s, negative_ttl: 5s}")
	expect := func(sql, shards string, cached, asked int) {
		t.Helper()
		on, x := p.asked(sql)
		if on != shards || len(x.Lookups) != 1 || x.Lookups[0].Cached != cached || x.Lookups[0].Asked != asked || x.Lookups[0].Values != 1 {
			t.Errorf("%s: asks %q after %v, want %q, %d remembered and %d asked for", sql, on, x.Lookups, shards, cached, asked)
		}
	}
	const coop, nobody, member = "SELECT * FROM coops WHERE id = 4", "SELECT * FROM coops WHERE id = 99", "SELECT id FROM members WHERE email = 'new@x'"
	expect(coop, "s1", 0, 1)
	expect(nobody, "s0 s1 s2", 0, 1)
	expect(member, "s0", 0, 1)
	p.exec["s0"]("UPDATE coop_directory SET shard = 's2' WHERE id = 4; INSERT INTO coop_directory VALUES (99, 's1')")
	for _, shard := range []string{"s0", "s1", "s2"} {
		p.exec[shard]("INSERT INTO email_index VALUES ('new@x', 7, 'BR')")
	}
	home := p.home("members", shardmap.Int(7), shardmap.Text("BR"))
	p.now = p.now.Add(5*time.Second - 1)
	expect(coop, "s1", 1, 0)
	expect(nobody, "s0 s1 s2", 1, 0)
	expect(member, "s0", 1, 0)
	p.now = p.now.Add(1)
	expect(nobody, "s1", 0, 1)
	expect(member, home, 0, 1)
	p.now = p.now.Add(25*time.Second - 1)
	expect(coop, "s1", 1, 0)
	p.now = p.now.Add(1)
	expect(coop, "s2", 0, 1)
	expect(coop, "s2", 1, 0)
}

// TestLookupsInTheBackground: up to max_stale an old answer is given, and nobody waits for the new one.
func TestLookupsInTheBackground(t *testing.T) {
	p := openPort(t, "{table: coop_directory, cache: {ttl: 30s, max_stale: 60s}}", "none")
	const sql = "SELECT * FROM coops WHERE id = 4"
	asks := func(shards string, cached int) bool {
		on, x := p.asked(sql)
		return on == shards && len(x.Lookups) == 1 && x.Lookups[0].Cached == cached
	}
	if !asks("s1", 0) {
		t.Fatal("the directory is not asked")
	}
	p.exec["s0"]("UPDATE coop_directory SET shard = 's2' WHERE id = 4")
	p.now = p.now.Add(30 * time.Second)
	if !asks("s1", 1) {
		t.Error("an answer within max_stale is not given")
	}
	for limit := time.Now().Add(time.Minute); !asks("s2", 1); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the directory is not asked in the background")
		}
	}
	p.exec["s0"]("UPDATE coop_directory SET shard = 's0' WHERE id = 4")
	p.now = p.now.Add(60*time.Second + 1)
	if !asks("s0", 0) {
		t.Error("an answer beyond max_stale is given")
	}
}

// TestNothingIsStaleUnderAPolicy: there an answer is not given beyond its ttl, whatever max_stale says.
func TestNothingIsStaleUnderAPolicy(t *testing.T) {
	for name, beyond := range map[string]bool{"": true, "residency.yaml": false} {
		top := &topology{Engine: &Engine{cfg: &config.Config{Residency: name}}}
		if got := top.behind(&lookupTable{}) != nil; got != beyond {
			t.Errorf("policy %q: asks in the background: %t", name, got)
		}
	}
	now := time.Unix(0, 0)
	c, err := newLookupCache(shardmap.Cache{TTL: time.Minute, MaxStale: time.Hour}, func() time.Time { return now }, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := shardmap.Int(1)
	if _, _, err := c.resolve(t.Context(), 1, []shardmap.Value{v}, func(context.Context, []shardmap.Value) (map[shardmap.Value]*found, error) {
		return map[shardmap.Value]*found{v: {rows: 1}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if now = now.Add(time.Minute - 1); c.get(lookupKey{1, v}) == nil {
		t.Error("forgotten before its time")
	}
	if now = now.Add(1); c.get(lookupKey{1, v}) != nil {
		t.Error("given beyond its time")
	}
}

// TestLookupsThatFail has a directory that cannot be read: the query goes to all shards and says why.
func TestLookupsThatFail(t *testing.T) {
	p := openPort(t, "coop_directory", "none")
	p.exec["s0"]("ALTER TABLE coop_directory RENAME TO elsewhere")
	const sql = "SELECT name FROM coops WHERE id = 4"
	for range 2 {
		on, x := p.asked(sql)
		if on != "s0 s1 s2" || len(x.Lookups) != 1 || x.Lookups[0].Unknown == "" {
			t.Errorf("asks %q after %v", on, x.Lookups)
		}
	}
	answers(t, p.Engine, sql, "coop 4")
	p.exec["s0"]("ALTER TABLE elsewhere RENAME TO coop_directory")
	p.now = p.now.Add(afterFailure)
	if on, x := p.asked(sql); on != "s1" {
		t.Error(on, x.Text())
	}
	if r, err := p.Route("coops", "4"); err != nil || r.Shard != "s1" || r.Why != `lookup: table coop_directory lists key "4" for s1` {
		t.Error(r, err)
	}
	if r, err := p.Route("accounts", "30"); err != nil || r.Shard != "s0, s1, s2" {
		t.Error(r, err)
	}
}

// TestLookupsAreForTheirClass: what one class of callers was told, another asks for itself.
func TestLookupsAreForTheirClass(t *testing.T) {
	c, err := newLookupCache(shardmap.Cache{}, func() time.Time { return time.Unix(0, 0) }, nil)
	if err != nil {
		t.Fatal(err)
	}
	values := []shardmap.Value{shardmap.Int(1), shardmap.Int(2)}
	questions := 0
	for _, class := range []uint32{0, 1, 0, 1, 2} {
		got, asked, err := c.resolve(t.Context(), class, values, func(_ context.Context, values []shardmap.Value) (map[shardmap.Value]*found, error) {
			questions++
			return map[shardmap.Value]*found{values[0]: {rows: 1, shards: []int{int(class)}}, values[1]: {}}, nil
		})
		if err != nil || len(got) != 2 || got[values[0]].shards[0] != int(class) || got[values[1]].rows != 0 || asked != 0 && asked != 2 {
			t.Error(class, got, asked, err)
		}
		if shard, ok := c.one(lookupKey{class, values[0]}); !ok || shard != int(class) {
			t.Error(class, shard, ok)
		}
		if _, ok := c.one(lookupKey{class, values[1]}); ok || c.get(lookupKey{class, values[1]}) != notThere {
			t.Error(class, "what is not there has a shard")
		}
	}
	if questions != 3 || c.get(lookupKey{3, values[0]}) != nil {
		t.Errorf("%d questions", questions)
	}
}

// BenchmarkLocated routes keys by a directory that is remembered.
func BenchmarkLocated(b *testing.B) {
	for _, kind := range []string{"text", "bigint"} {
		for _, keys := range []int{10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, keys), func(b *testing.B) {
				top, table, values := remembering(b, kind, keys)
				q, key, ctx, i := &query{lookups: &lookups{t: top}}, make([]shardmap.Value, 1), b.Context(), 0
				b.ReportAllocs()
				before := processor(b)
				for b.Loop() {
					key[0] = values[i]
					if _, ok := top.located(ctx, q, table, key); !ok {
						b.Fatal("not remembered")
					}
					if i++; i == len(values) {
						i = 0
					}
				}
				b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// processor is the processor time that this process has used.
func processor(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestLocatingAllocatesNothing routes keys of each kind by a directory that is remembered.
func TestLocatingAllocatesNothing(t *testing.T) {
	for _, kind := range []string{"text", "bigint"} {
		top, table, values := remembering(t, kind, 1000)
		q, key, i := &query{lookups: &lookups{t: top}}, make([]shardmap.Value, 1), 0
		if n := testing.AllocsPerRun(900, func() {
			key[0] = values[i]
			if shard, ok := top.located(t.Context(), q, table, key); !ok || shard != i%3 {
				t.Fatal(shard, ok)
			}
			i++
		}); n != 0 {
			t.Errorf("%s: %v allocations", kind, n)
		}
	}
}

// remembering is a topology that remembers of each of some keys one shard.
func remembering(tb testing.TB, kind string, keys int) (*topology, *shardmap.Table, []shardmap.Value) {
	c, err := newLookupCache(shardmap.Cache{TTL: time.Hour, Size: 2 * keys}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	values := make([]shardmap.Value, keys)
	for i := range values {
		if values[i] = shardmap.Int(int64(i)); kind == "text" {
			values[i] = shardmap.Text(fmt.Sprintf("tenant-%06d", i))
		}
	}
	if _, _, err := c.resolve(tb.Context(), 0, values, func(_ context.Context, values []shardmap.Value) (map[shardmap.Value]*found, error) {
		out := map[shardmap.Value]*found{}
		for i, v := range values {
			out[v] = &found{rows: 1, shards: []int{i % 3}}
		}
		return out, nil
	}); err != nil {
		tb.Fatal(err)
	}
	m, err := shardmap.New(directoryMap(kind))
	if err != nil {
		tb.Fatal(err)
	}
	table, _ := m.Table("coops")
	in := &lookupTable{directory: true, table: "coops", cache: c}
	return &topology{lookups: &lookupTables{directories: map[string]*lookupTable{"coops": in}}}, table, values
}

func directoryMap(kind string) shardmap.Spec {
	return shardmap.Spec{Regions: []shardmap.Region{{Name: "r"}}, Shards: []shardmap.Shard{{Name: "s0", Region: "r"}, {Name: "s1", Region: "r"}, {Name: "s2", Region: "r"}},
		Tables: []shardmap.TableSpec{
			{Name: "coops", Sharding: shardmap.Sharding{Strategy: shardmap.KindLookup, Key: []string{"id"}, KeyType: []string{kind}, Directory: "d", Shards: []string{"s0", "s1", "s2"}}},
			{Name: "d", Sharding: shardmap.Sharding{Strategy: shardmap.KindSingle, Shard: "s0"}},
		}}
}
