package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	c, err := parse(base + `
limits: {memory: 100MiB, timeout: 90s, concurrency: 4, batch_rows: 100, connections: 70, open_shards: 8, idle: 10s, queries: 12, per_user: 3, waiting: 40,
  queue: 5s, planning: 2s, shard_timeout: 20s, total_memory: 1GiB, rows: 1000000, egress: 2GB, retries: 7}
spill: {dir: tmp/spill, limit: 10GiB, encrypt: true}
health: {every: 5s}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Limits{Memory: 100 << 20, Timeout: 90 * time.Second, Concurrency: 4, BatchRows: 100, Connections: 70, OpenShards: 8, Idle: 10 * time.Second,
		Queries: 12, PerUser: 3, Waiting: 40, Queue: 5 * time.Second, Planning: 2 * time.Second, ShardTimeout: 20 * time.Second, TotalMemory: 1 << 30,
		Rows: 1_000_000, Egress: 2_000_000_000, Retries: 7}
	if c.Limits != want {
		t.Errorf("%+v\nwant %+v", c.Limits, want)
	}
	if want := (Spill{Dir: "tmp/spill", Limit: 10 << 30, Encrypt: true}); c.Spill.Limit != want.Limit || !c.Spill.Encrypt || !strings.HasSuffix(c.Spill.Dir, want.Dir) {
		t.Errorf("%+v", c.Spill)
	}
	if c.Health.Every != 5*time.Second {
		t.Errorf("%+v", c.Health)
	}
}

// TestLimitsOfNone: 0 says that there are none, which is not the same as saying nothing.
func TestLimitsOfNone(t *testing.T) {
	c, err := parse(base + "\nlimits: {queries: 1, waiting: 0, retries: 0}\nhealth: {every: off}\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits.Waiting != -1 || c.Limits.Retries != -1 || c.Health.Every != -1 {
		t.Errorf("%+v %+v", c.Limits, c.Health)
	}
	c, err = parse(base)
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits != (Limits{}) || c.Spill != (Spill{}) || c.Health != (Health{}) {
		t.Errorf("%+v %+v %+v", c.Limits, c.Spill, c.Health)
	}
}

// contradictions are limits that cannot all be meant, and what must be said of the first of them.
var contradictions = []struct{ text, says string }{
	{"limits: {timeout: 10s, shard_timeout: 11s}", "limits.shard_timeout is longer than limits.timeout"},
	{"limits: {timeout: 10s, queries: 1, queue: 11s}", "limits.queue is longer than limits.timeout"},
	{"limits: {timeout: 10s, planning: 11s}", "limits.planning is longer than limits.timeout"},
	{"limits: {queries: 2, per_user: 3}", "limits.per_user is more than limits.queries"},
	{"limits: {memory: 300MiB, total_memory: 200MiB}", "limits.memory is more than limits.total_memory"},
	{"limits: {memory: 101MiB, total_memory: 200MiB}", "limits.memory is more than half of limits.total_memory"},
	{"limits: {total_memory: 127MiB}", "limits.total_memory must be at least 128MiB"},
	{"limits: {waiting: 3}", "limits.waiting says how queries wait for their turn, but nothing makes them"},
	{"limits: {queue: 3s}", "limits.queue says how queries wait for their turn, but nothing makes them"},
	{"limits: {queries: 2, queue: 3s, waiting: 0}", "waiting: 0 lets none wait"},
	{"limits: {concurrency: 9, connections: 8}", "limits.concurrency is more than limits.connections"},
	{"limits: {concurrency: 9, open_shards: 8}", "limits.concurrency is more than limits.open_shards"},
	{"limits: {open_shards: 9, connections: 8}", "limits.open_shards is more than limits.connections"},
	{"limits: {queries: 9, connections: 8}", "limits.queries is more than limits.connections"},
}

func TestLimitsThatContradict(t *testing.T) {
	validate := compileSchema(t)
	for _, c := range contradictions {
		_, err := parse(base + "\n" + c.text)
		var all Errors
		if !errors.As(err, &all) || len(all) != 1 || !strings.Contains(all[0].Text, c.says) {
			t.Errorf("%s: %v, want %q", c.text, err, c.says)
			continue
		}
		if strings.Count(all[0].Text, ": ") == 0 && !strings.Contains(all[0].Text, "add ") {
			t.Errorf("%s: no remedy in %q", c.text, all[0].Text)
		}
		key := strings.TrimPrefix(strings.Fields(all[0].Text)[0], "limits.")
		line := strings.Split(base+"\n"+c.text, "\n")[all[0].Line-1]
		if from := strings.Index(line, key+":"); from < 0 || all[0].Column < from+1 || all[0].Column > from+1+len(key)+2 {
			t.Errorf("%s: the fault is at column %d, not at %s", c.text, all[0].Column, key)
		}
		if err := validate(base + "\n" + c.text); err != nil {
			t.Errorf("%s: the schema judges what is for the loader: %v", c.text, err)
		}
	}
	for _, ok := range []string{
		"limits: {timeout: 10s, shard_timeout: 10s, planning: 10s, queries: 3, per_user: 3, queue: 10s, waiting: 1}",
		"limits: {total_memory: 128MiB, memory: 64MiB, queue: 1s}",
		"limits: {per_user: 1, waiting: 0}",
		"limits: {concurrency: 8, connections: 8, open_shards: 8, queries: 8}",
	} {
		if _, err := parse(base + "\n" + ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}

// TestLimitsOfShardsThatContradict: the fault is at the shard's key.
func TestLimitsOfShardsThatContradict(t *testing.T) {
	text := strings.Replace(base, "driver: postgres,", "driver: postgres, max_conns: 9,", 1)
	if text == base {
		t.Fatal("the base has no such shard")
	}
	_, err := parse(text + "\nlimits: {connections: 8}")
	if err == nil || !strings.Contains(err.Error(), ".max_conns is more than limits.connections") {
		t.Error(err)
	}
}

// TestAllContradictionsAtOnce: a file with several faults is told of all of them.
func TestAllContradictionsAtOnce(t *testing.T) {
	_, err := parse(base + `
limits:
  timeout: 10s
  shard_timeout: 20s
  planning: 1h
  queries: 2
  per_user: 3
  memory: 2GiB
  total_memory: 1GiB
  rows: 0
  egress: much
  retries: -1
health: {every: 1ms}
spill: {limit: 0}
`)
	var all Errors
	if !errors.As(err, &all) {
		t.Fatal(err)
	}
	var got []string
	for _, e := range all {
		got = append(got, fmt.Sprint(e.Line-strings.Count(base, "\n")-1, " ", strings.Fields(e.Text)[0]))
	}
	want := "3 limits.shard_timeout, 4 limits.planning, 6 limits.per_user, 7 limits.memory, 9 limits.rows, 10 limits.egress, 11 limits.retries, 12 health.every, 13 spill.limit"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("%s\nwant %s\n%v", s, want, err)
	}
}

func TestFormsOfLimits(t *testing.T) {
	validate := compileSchema(t)
	for _, text := range []string{
		"limits: {queries: 0}", "limits: {per_user: 0}", "limits: {waiting: -1, queries: 1}", "limits: {queue: 3, queries: 1}", "limits: {planning: 0s1}", "limits: {rows: 1.5}",
		"limits: {egress: 5}", "limits: {retries: 1001}", "limits: {total_memory: 1}", "limits: {shard_timeout: soon}", "spill: {dir: ''}", "spill: {encrypt: perhaps}",
		"spill: {folder: x}", "health: {every: never}", "health: {each: 1s}", "health: 5",
	} {
		if _, err := parse(base + "\n" + text); err == nil {
			t.Errorf("%s was loaded", text)
		}
		if validate(base+"\n"+text) == nil {
			t.Errorf("%s passes the schema", text)
		}
	}
}
