package config

import (
	"strconv"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// LeastTotalMemory is the smallest limits.total_memory: the program alone takes more than half of it.
const LeastTotalMemory = 128 << 20

// QueriesShare is the part of limits.total_memory that the operators of all queries may hold together.
func QueriesShare(total int64) int64 { return total / 2 }

// ResidualShare is the part of limits.total_memory of the residual engine, which all queries share: it spills beyond.
func ResidualShare(total int64) int64 { return total / 8 }

// GoShare is the part of limits.total_memory at which Go's collector begins to work harder: what the queries hold, and as much as the residual engine's part for
// garbage, plans and buffers of connections. What all parts leave is for the program itself, and for what the residual engine does not count.
func GoShare(total int64) int64 { return QueriesShare(total) + total/8 }

// agree refuses limits that contradict each other: those of which one makes the other one pointless, so that it is not clear which was meant.
func (l *loader) agree(f *yamldoc.Fields, v Limits) {
	for _, part := range []struct {
		key  string
		of   time.Duration
		what string
	}{
		{"shard_timeout", v.ShardTimeout, "one statement on one shard"},
		{"queue", v.Queue, "a query's wait for its turn"},
		{"planning", v.Planning, "a query's planning"},
	} {
		if v.Timeout > 0 && part.of > v.Timeout {
			l.contradicts(f, part.key, "timeout", "is longer than", part.what+" would outlast the whole query: lower it, or raise the timeout")
		}
	}
	for _, pair := range []struct {
		key, limit string
		of, within int
		remedy     string
	}{
		{"per_user", "queries", v.PerUser, v.Queries, "one user would have more than all together: lower it, or raise queries"},
		{"concurrency", "connections", v.Concurrency, v.Connections, "each shard that is asked takes a connection: lower it, or raise connections"},
		{"concurrency", "open_shards", v.Concurrency, v.OpenShards, "a shard that is asked is open: lower it, or raise open_shards"},
		{"open_shards", "connections", v.OpenShards, v.Connections, "a shard that is open has a connection: lower it, or raise connections"},
		{"queries", "connections", v.Queries, v.Connections, "a query that runs takes a connection: lower it, or raise connections"},
	} {
		if pair.of > 0 && pair.within > 0 && pair.of > pair.within {
			l.contradicts(f, pair.key, pair.limit, "is more than", pair.remedy)
		}
	}
	l.agreeOnMemory(f, v)
	l.agreeOnWaiting(f, v)
}

func (l *loader) agreeOnMemory(f *yamldoc.Fields, v Limits) {
	switch {
	case v.TotalMemory == 0:
	case v.TotalMemory < LeastTotalMemory:
		n := f.Get("total_memory")
		l.Fail(n.At, "%s must be at least 128MiB: the program alone takes half of that", n.Path)
	case v.Memory > v.TotalMemory:
		l.contradicts(f, "memory", "total_memory", "is more than", "one query would hold more than all together: lower it, or raise total_memory")
	case v.Memory > QueriesShare(v.TotalMemory):
		l.contradicts(f, "memory", "total_memory", "is more than half of", "half is what the operators of all queries get together: lower it, or raise total_memory")
	}
}

// agreeOnWaiting refuses a line in which nobody ever stands.
func (l *loader) agreeOnWaiting(f *yamldoc.Fields, v Limits) {
	limited := f.Get("queries") != nil || f.Get("per_user") != nil || f.Get("total_memory") != nil
	for _, key := range []string{"waiting", "queue"} {
		if n := f.Get(key); n != nil && !limited {
			l.Fail(n.KeyAt, "%s says how queries wait for their turn, but nothing makes them: add queries, per_user or total_memory, or leave it out", n.Path)
		}
	}
	if n := f.Get("queue"); n != nil && v.Waiting < 0 {
		l.Fail(n.KeyAt, "%s says how long a query waits for its turn, but waiting: 0 lets none wait: leave one of them out", n.Path)
	}
}

// contradicts reports two keys at the place of the first one's value.
func (l *loader) contradicts(f *yamldoc.Fields, key, other, how, remedy string) {
	n := f.Get(key)
	l.Fail(n.Place(), "%s %s %s.%s: %s", n.Path, how, f.Node.Path, other, remedy)
}

// agreeOnShards refuses timeouts of shards that outlast the whole query, and shards with more connections than there may be in all. The shards are those of the
// file itself: a map's document is for many engines, each with limits of its own.
func (l *loader) agreeOnShards(shards *yamldoc.Node, v Limits) {
	if shards == nil || shards.Kind != yamldoc.Mapping {
		return
	}
	for _, s := range shards.Children {
		if n := s.Child("statement_timeout"); n != nil && v.Timeout > 0 {
			if d, err := time.ParseDuration(n.Text); err == nil && d > v.Timeout {
				l.Fail(n.Place(), "%s is longer than limits.timeout: a statement would outlast the whole query: lower it, or raise the timeout", n.Path)
			}
		}
		if n := s.Child("max_conns"); n != nil && v.Connections > 0 {
			if most, err := strconv.Atoi(n.Text); err == nil && most > v.Connections {
				l.Fail(n.Place(), "%s is more than limits.connections: no shard ever gets so many: lower it, or raise connections", n.Path)
			}
		}
	}
}
