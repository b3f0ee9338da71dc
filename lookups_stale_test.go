package atoll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// TestLookupsAreAskedOnce asks one thing from many sides at the same time.
func TestLookupsAreAskedOnce(t *testing.T) {
	now := time.Unix(0, 0)
	c := newLookupCache(shardmap.Cache{}, func() time.Time { return now })
	values := []shardmap.Value{shardmap.Int(1), shardmap.Int(2)}
	var questions atomic.Int64
	begun, answer := make(chan struct{}), make(chan struct{})
	ask := func(_ context.Context, values []shardmap.Value) (map[shardmap.Value]*found, error) {
		if questions.Add(1) == 1 {
			close(begun)
		}
		<-answer
		out := map[shardmap.Value]*found{}
		for _, v := range values {
			out[v] = &found{rows: 1, shards: []int{1}}
		}
		return out, nil
	}
	var all sync.WaitGroup
	resolve := func() {
		got, asked, err := c.resolve(t.Context(), 0, values, ask)
		if err != nil || len(got) != 2 || got[values[0]].shards[0] != 1 || asked != 2 {
			t.Error(got, asked, err)
		}
	}
	all.Go(resolve)
	<-begun
	waiting := make(chan struct{}, 20)
	for range 20 {
		all.Go(func() {
			waiting <- struct{}{}
			resolve()
		})
	}
	for range 20 {
		<-waiting
	}
	c.mu.Lock() // the last of them may be on their way; they find the answer, if not the question
	flights := len(c.flights)
	c.mu.Unlock()
	close(answer)
	all.Wait()
	if n := questions.Load(); n != 1 || flights != 2 {
		t.Errorf("%d questions, %d under way", n, flights)
	}
	// Another class of callers is not told.
	if _, _, err := c.resolve(t.Context(), 1, values, ask); err != nil || questions.Load() != 2 {
		t.Errorf("%d questions, %v", questions.Load(), err)
	}
}

// TestLookupsOfOneWhoGivesUp are taken over by who waits; those that fail fail for all who wait.
func TestLookupsOfOneWhoGivesUp(t *testing.T) {
	c := newLookupCache(shardmap.Cache{}, nil)
	values := []shardmap.Value{shardmap.Text("a")}
	gone, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_, _, err := c.resolve(gone, 0, values, func(ctx context.Context, _ []shardmap.Value) (map[shardmap.Value]*found, error) {
			close(begun)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	<-begun
	all.Go(func() {
		got, _, err := c.resolve(t.Context(), 0, values, func(context.Context, []shardmap.Value) (map[shardmap.Value]*found, error) {
			return map[shardmap.Value]*found{values[0]: {rows: 1}}, nil
		})
		if err != nil || got[values[0]] == nil {
			t.Error(got, err)
		}
	})
	cancel()
	all.Wait()
	boom := errors.New("boom")
	fails := func(context.Context, []shardmap.Value) (map[shardmap.Value]*found, error) { return nil, boom }
	if _, _, err := c.resolve(t.Context(), 0, []shardmap.Value{shardmap.Text("b")}, fails); !errors.Is(err, boom) || len(c.flights) != 0 {
		t.Error(err, len(c.flights))
	}
}

// TestLookupsStayWithinTheirSize keeps what is used.
func TestLookupsStayWithinTheirSize(t *testing.T) {
	c := newLookupCache(shardmap.Cache{Size: 10}, nil)
	ask := func(_ context.Context, values []shardmap.Value) (map[shardmap.Value]*found, error) {
		out := map[shardmap.Value]*found{}
		for _, v := range values {
			out[v] = &found{rows: 1}
		}
		return out, nil
	}
	hot := []shardmap.Value{shardmap.Int(-1)}
	for i := range 1000 {
		if _, _, err := c.resolve(t.Context(), 0, []shardmap.Value{shardmap.Int(int64(i))}, ask); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			_, _, _ = c.resolve(t.Context(), 0, hot, ask)
		}
		if c.get(lookupKey{0, hot[0]}) == nil {
			t.Fatalf("what is used all the time was forgotten after %d", i)
		}
		if len(c.entries) > 10 || len(c.ring) > 10 {
			t.Fatal(len(c.entries), len(c.ring))
		}
	}
}

// BenchmarkLocated routes keys by a directory that is remembered.
func BenchmarkLocated(b *testing.B) {
	for _, kind := range []string{"text", "bigint"} {
		b.Run(kind, func(b *testing.B) {
			const keys = 10_000
			c := newLookupCache(shardmap.Cache{Size: keys}, nil)
			values := make([]shardmap.Value, keys)
			for i := range values {
				if values[i] = shardmap.Int(int64(i)); kind == "text" {
					values[i] = shardmap.Text(fmt.Sprintf("tenant-%06d", i))
				}
				c.put(lookupKey{0, values[i]}, &found{rows: 1, shards: []int{i % 3}}, time.Hour)
			}
			t := &lookupTable{directory: true, table: "t", cache: c}
			top := &topology{lookups: &lookupTables{directories: map[string]*lookupTable{"coops": t}}}
			m, err := shardmap.New(directoryMap(kind))
			if err != nil {
				b.Fatal(err)
			}
			table, _ := m.Table("coops")
			q := &query{lookups: &lookups{t: top}}
			key := make([]shardmap.Value, 1)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				key[0] = values[i%keys]
				if _, ok := top.located(b.Context(), q, table, key); !ok {
					b.Fatal("not remembered")
				}
			}
		})
	}
}

func directoryMap(kind string) shardmap.Spec {
	return shardmap.Spec{Regions: []shardmap.Region{{Name: "r"}}, Shards: []shardmap.Shard{{Name: "s0", Region: "r"}, {Name: "s1", Region: "r"}, {Name: "s2", Region: "r"}},
		Tables: []shardmap.TableSpec{
			{Name: "coops", Sharding: shardmap.Sharding{Strategy: shardmap.KindLookup, Key: []string{"id"}, KeyType: []string{kind}, Directory: "d", Shards: []string{"s0", "s1", "s2"}}},
			{Name: "d", Sharding: shardmap.Sharding{Strategy: shardmap.KindSingle, Shard: "s0"}},
		}}
}
