package atoll

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/shardmap"
	"github.com/atoll-sql/atoll/shardmap/lookup"
)

// What zero values of [shardmap.Cache] stand for.
const (
	lookupTTL         = shardmap.DefaultCacheTTL
	lookupNegativeTTL = time.Second
	lookupSize        = 100_000
)

// found is what a directory or an index table said of one value. It is never changed.
type found struct {
	shards []int              // of a directory: those that it names for the key; none if it does not list it
	keys   [][]shardmap.Value // of an index: the sharding keys of the value's rows; the zero Value stands for NULL
	rows   int                // that it has of the value
	open   bool               // it says nothing that can be relied on: a shard that the table has not, or too many keys
}

// notThere is said of a value that a table has no row of.
var notThere = &found{}

// lookupKey is a value, and the callers who may know of it the same.
type lookupKey struct {
	class uint32
	value shardmap.Value
}

func hashLookupKey(seed maphash.Seed, k lookupKey) uint64 {
	return k.value.Hash(seed) ^ uint64(k.class)*0x9e3779b97f4a7c15 // two classes may meet in a hash, and seldom do
}

// kept is an answer that is remembered.
type kept struct {
	one int32 // the only shard that a directory names, -1 for any other answer; here, so that a key is routed without looking further
	*found
}

func keep(f *found) kept {
	if len(f.shards) == 1 && !f.open {
		return kept{int32(f.shards[0]), f}
	}
	return kept{-1, f}
}

// lookupCache remembers what a table said. A nil one remembers nothing, and nobody waits there for a question that was sent before theirs.
type lookupCache struct {
	answers *lookup.Cache[lookupKey, kept]
}

// newLookupCache is empty, nil if nothing is to be remembered. Its clock is now, or that of the system if there is none. What is older than its TTL is asked for anew
// by behind; if that is nil it is not given.
func newLookupCache(c shardmap.Cache, now func() time.Time, behind lookup.Fetch[lookupKey, kept]) (*lookupCache, error) {
	if c.Off {
		return nil, nil
	}
	opts := lookup.Options{TTL: lookupTTL, NegativeTTL: lookupNegativeTTL, Size: lookupSize, Timeout: 2 * lookupTimeout, Now: now}
	if c.TTL > 0 {
		opts.TTL = c.TTL
	}
	if c.NegativeTTL > 0 {
		opts.NegativeTTL = c.NegativeTTL
	}
	opts.NegativeTTL = min(opts.NegativeTTL, opts.TTL)
	if c.Size > 0 {
		opts.Size = c.Size
	}
	if opts.MaxStale = max(opts.TTL, c.MaxStale); opts.MaxStale == opts.TTL {
		behind = nil
	}
	answers, err := lookup.NewHashed(behind, hashLookupKey, opts)
	if err != nil {
		return nil, usageError(err)
	}
	return &lookupCache{answers}, nil
}

// get returns an answer that may be given, nil if there is none. It does not allocate.
func (c *lookupCache) get(k lookupKey) *found {
	if c == nil {
		return nil
	}
	switch a, there, ok := c.answers.Peek(k); {
	case !ok:
		return nil
	case !there:
		return notThere
	default:
		return a.found
	}
}

// one is the only shard that a directory is remembered to name. It does not allocate.
func (c *lookupCache) one(k lookupKey) (shard int, ok bool) {
	if c == nil {
		return 0, false
	}
	a, there, ok := c.answers.Peek(k)
	return int(a.one), ok && there && a.one >= 0
}

// question asks a table for values. Every value gets an answer.
type question func(context.Context, []shardmap.Value) (map[shardmap.Value]*found, error)

// resolve returns what is said of each value. Of those not remembered, one caller at a time asks, for all who want them; of a caller who gave up, another one takes
// over. The error is of the questions that failed; what was found stands beside it.
func (c *lookupCache) resolve(ctx context.Context, class uint32, values []shardmap.Value, ask question) (map[shardmap.Value]*found, int, error) {
	if c == nil {
		out, err := ask(ctx, values)
		if err != nil {
			out = nil
		}
		return out, len(values), err
	}
	keys := make([]lookupKey, len(values))
	for i, v := range values {
		keys[i] = lookupKey{class, v}
	}
	got, asked, err := c.answers.GetBy(ctx, keys, func(ctx context.Context, keys []lookupKey) (map[lookupKey]kept, error) { return asking(ctx, keys, ask) })
	out := make(map[shardmap.Value]*found, len(got))
	for k, a := range got {
		if out[k.value] = notThere; a.Found {
			out[k.value] = a.Value.found
		}
	}
	return out, asked, err
}

// asking asks for the values of keys of one class.
func asking(ctx context.Context, keys []lookupKey, ask question) (map[lookupKey]kept, error) {
	values := make([]shardmap.Value, len(keys))
	for i, k := range keys {
		values[i] = k.value
	}
	answers, err := ask(ctx, values)
	if err != nil {
		return nil, err
	}
	out := make(map[lookupKey]kept, len(keys))
	for _, k := range keys {
		if f := answers[k.value]; f.rows > 0 {
			out[k] = keep(f)
		}
	}
	return out, nil
}

// close ends what is asked in the background, and waits for it.
func (c *lookupCache) close() error {
	if c == nil {
		return nil
	}
	return c.answers.Close()
}

var errLookupGone = errors.New("the version of the shard map is no longer in use")

// behind asks a table for answers that get old, as nobody in particular; nil under a residency policy, which nobody is asked past.
func (t *topology) behind(in *lookupTable) lookup.Fetch[lookupKey, kept] {
	if t.cfg.Residency != "" {
		return nil
	}
	return func(ctx context.Context, keys []lookupKey) (map[lookupKey]kept, error) {
		if !t.pinAgain() {
			return nil, errLookupGone
		}
		defer t.unpin()
		q, err := t.newQuery("", nil)
		if err != nil {
			return nil, err
		}
		cat := t.snapshot()
		if why := in.unfit(cat); why != "" {
			return nil, errors.New(why)
		}
		return asking(ctx, keys, func(ctx context.Context, values []shardmap.Value) (map[shardmap.Value]*found, error) {
			return t.ask(ctx, cat, q, in, values)
		})
	}
}

// pinAgain pins a version that somebody may still go by; false if nobody does.
func (t *topology) pinAgain() bool {
	for n := t.pins.Load(); n > 0; n = t.pins.Load() {
		if t.pins.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

// close ends what the version asks in the background, and waits for it. Who calls it has the version pinned, or nobody has.
func (l *lookupTables) close() error {
	if l == nil {
		return nil
	}
	var errs []error
	for _, in := range l.directories {
		errs = append(errs, in.cache.close())
	}
	for _, in := range l.indexes {
		errs = append(errs, in.cache.close())
	}
	return errors.Join(errs...)
}

// closeLookups ends what is asked in the background of the newest version and of earlier ones.
func (e *Engine) closeLookups(newest *topology) error {
	e.change.Lock()
	versions := append(slices.Clone(e.older), newest)
	e.change.Unlock()
	var errs []error
	for _, t := range versions {
		errs = append(errs, t.lookups.close())
	}
	return errors.Join(errs...)
}
