package lookup

import (
	"fmt"
	"hash/maphash"
	"time"
)

// What zero values of Options stand for.
const (
	DefaultTTL         = 10 * time.Second
	DefaultMaxStale    = time.Minute
	DefaultNegativeTTL = time.Second
	DefaultTimeout     = 10 * time.Second
	DefaultSize        = 100_000
	DefaultBatch       = 1_000
	DefaultParallel    = 4
)

// Hash spreads keys: equal keys have equal hashes under one seed, and others seldom.
type Hash[K comparable] func(seed maphash.Seed, key K) uint64

// Options adjust a cache. Zero values mean the defaults.
type Options struct {
	TTL         time.Duration // up to this age an answer is not asked for again
	MaxStale    time.Duration // beyond this age an answer is not given; at least TTL
	NegativeTTL time.Duration // up to this age it is believed that a key has no answer; at most MaxStale
	Timeout     time.Duration // bounds one request
	Size        int           // keys remembered
	Batch       int           // keys of one request
	Parallel    int           // requests under way at once

	Now func() time.Time // the clock, for tests; nil for that of the system, which is faster to read
}

func (o Options) withDefaults() (Options, error) {
	ttlless := o.TTL == 0
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
		name     string
	}{
		{&o.MaxStale, max(DefaultMaxStale, o.TTL, o.NegativeTTL), "max_stale"}, {&o.TTL, DefaultTTL, "ttl"},
		{&o.NegativeTTL, DefaultNegativeTTL, "negative_ttl"}, {&o.Timeout, DefaultTimeout, "timeout"},
	} {
		if *d.value < 0 {
			return o, fmt.Errorf("the lookup's %s is negative: %s", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	o.NegativeTTL = min(o.NegativeTTL, o.MaxStale)
	if ttlless {
		o.TTL = min(o.TTL, o.MaxStale)
	}
	if o.TTL > o.MaxStale {
		return o, fmt.Errorf("the lookup's ttl, %s, is longer than its max_stale, %s", o.TTL, o.MaxStale)
	}
	for _, n := range []struct {
		value    *int
		standard int
		name     string
	}{{&o.Size, DefaultSize, "size"}, {&o.Batch, DefaultBatch, "batch"}, {&o.Parallel, DefaultParallel, "parallel"}} {
		if *n.value < 0 {
			return o, fmt.Errorf("the lookup's %s is negative: %d", n.name, *n.value)
		}
		if *n.value == 0 {
			*n.value = n.standard
		}
	}
	return o, nil
}
