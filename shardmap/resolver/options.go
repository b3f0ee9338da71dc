package resolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// What zero values of Options stand for.
const (
	DefaultTTL      = 5 * time.Second
	DefaultMaxStale = time.Minute
	DefaultTimeout  = 10 * time.Second
)

// Pauses after failures: the first, doubled with each further one up to the last, each drawn between half of it and all of it.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Options adjust a resolver. Zero values mean the defaults.
type Options struct {
	TTL      time.Duration // up to this age the store is not asked again
	MaxStale time.Duration // beyond this age a snapshot is not served; at least TTL
	Timeout  time.Duration // bounds one request to the store

	// For tests. Now is the clock, Sleep waits until the time is over or ctx ends, and Jitter draws from [0, 1).
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Jitter func() float64
}

func (o Options) withDefaults() (Options, error) {
	ttlless := o.TTL == 0
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
		name     string
	}{{&o.MaxStale, max(DefaultMaxStale, o.TTL), "max_stale"}, {&o.TTL, DefaultTTL, "ttl"}, {&o.Timeout, DefaultTimeout, "timeout"}} {
		if *d.value < 0 {
			return o, fmt.Errorf("the shard map's %s is negative: %s", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if ttlless {
		o.TTL = min(o.TTL, o.MaxStale)
	}
	if o.TTL > o.MaxStale {
		return o, fmt.Errorf("the shard map's ttl, %s, is longer than its max_stale, %s", o.TTL, o.MaxStale)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return o, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// pause is how long to wait after a number of failures, from 1, in a row.
func (o *Options) pause(failures int) time.Duration {
	d := lastPause
	if failures < 8 { // 50 ms * 2^7 is more than the last pause
		d = min(firstPause<<(failures-1), lastPause)
	}
	return d/2 + time.Duration(o.Jitter()*float64(d/2))
}

// age is how long ago a moment was, by the clock that says more.
func age(now, then time.Time) time.Duration {
	return max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
}
