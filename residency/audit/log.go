package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Sync says when an entry counts as written.
type Sync uint8

// The sync policies.
const (
	// SyncGroup writes what is waiting at once and syncs it once: entries that are reported as written outlast a power cut.
	SyncGroup Sync = iota
	// SyncEach syncs for every append on its own. It promises no more than SyncGroup.
	SyncEach
	// SyncNone leaves the syncing to the operating system, but for checkpoints: entries outlast the process, and a power cut may take the latest.
	SyncNone
)

// ParseSync reads a policy's name: group, each, none; "" is group.
func ParseSync(name string) (Sync, error) {
	switch name {
	case "", "group":
		return SyncGroup, nil
	case "each":
		return SyncEach, nil
	case "none":
		return SyncNone, nil
	}
	return 0, fmt.Errorf("unknown sync policy %q: one of group, each, none", name)
}

// Options say where and how a log is kept.
type Options struct {
	Dir     string   // made if it does not exist
	Regions []string // whose logs may be written; those that the folder has are added
	Home    string   // the only region whose log may hold literals; "" for none
	Node    string   // of entries that name none
	Sync    Sync
	Key     ed25519.PrivateKey // signs checkpoints; nil: they are not signed
	// CheckpointEvery is the number of entries of a region after which a checkpoint follows; 0 for 1000.
	CheckpointEvery int
	// MaxFileBytes is the size from which on entries go to a further file; 0 for 16 MiB.
	MaxFileBytes int64
	Now          func() time.Time // nil for time.Now
	// LockWait is how long Open waits for another writer to finish; 0: not at all.
	LockWait time.Duration

	// create opens a file for appending; tests make it fail.
	create func(path string) (file, error)
}

// file is what the writer needs of an *os.File.
type file interface {
	Write([]byte) (int, error)
	Sync() error
	Close() error
}

func (o *Options) setDefaults() error {
	if o.Dir == "" {
		return errors.New("no folder is named")
	}
	if o.Sync > SyncNone {
		return fmt.Errorf("unknown sync policy %d", o.Sync)
	}
	if o.CheckpointEvery < 0 || o.MaxFileBytes < 0 {
		return errors.New("CheckpointEvery and MaxFileBytes must not be negative")
	}
	if o.Key != nil && len(o.Key) != ed25519.PrivateKeySize {
		return errors.New("the key is not an Ed25519 private key")
	}
	if o.CheckpointEvery == 0 {
		o.CheckpointEvery = 1000
	}
	if o.MaxFileBytes == 0 {
		o.MaxFileBytes = 16 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.create == nil {
		o.create = func(path string) (file, error) {
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		}
	}
	return nil
}

// Errors of appending.
var (
	ErrClosed = errors.New("the audit log is closed")
	// ErrBroken is the cause of every failure after the first to write or sync: whether what came before is on the disk is unknown from then on.
	ErrBroken = errors.New("the audit log failed before and takes no entry until it is opened anew")
)

// Log appends to the logs of regions. It is safe for concurrent use; one process at a time may have a folder's log open.
type Log struct {
	opts     Options
	lock     *os.File
	regions  map[string]*regionLog
	counters *Counters

	name   string // the log's own, in checkpoints
	idMu   sync.Mutex
	id     identity
	broken atomic.Pointer[error]
	close  sync.Once
	closed error
}

// Open opens the log of a folder, or begins one. Of each region it verifies the latest file, moves an incomplete last line aside, and counts what the day's
// entries used of limits. It fails, and changes nothing, if a file is altered or ends before its latest checkpoint: entries after that
// would only cover it up.
func Open(o Options) (*Log, error) {
	l, err := open(o)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return l, nil
}

func open(o Options) (_ *Log, err error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFolder(o.Dir, o.LockWait)
	if err != nil {
		return nil, err
	}
	l := &Log{opts: o, lock: lock, regions: map[string]*regionLog{}, counters: newCounters(o.Now, o.Home)}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.Close())
		}
	}()
	if l.id, err = makeIdentity(o.Dir); err != nil {
		return nil, err
	}
	l.name = l.id.Log
	for _, name := range append(slices.Clone(o.Regions), l.id.Regions...) {
		if err := l.addRegion(name); err != nil {
			return nil, err
		}
	}
	for _, r := range l.regions {
		if err := l.counters.restore(r.dir, r.name); err != nil {
			return nil, err
		}
	}
	l.counters.forgetQueries()
	for _, r := range l.regions {
		r.collect()
		go r.run()
	}
	return l, nil
}

func (l *Log) addRegion(name string) error {
	if name == "" {
		return errors.New("a region has no name")
	}
	if l.regions[name] != nil {
		return nil
	}
	r, err := openRegion(l, name, filepath.Join(l.opts.Dir, regionFolder(name)))
	if err != nil {
		return err
	}
	l.regions[name] = r
	return nil
}

// Regions lists the regions whose logs can be written, sorted.
func (l *Log) Regions() []string {
	names := make([]string, 0, len(l.regions))
	for name := range l.regions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Home returns the region whose log may hold literals, "" for none.
func (l *Log) Home() string { return l.opts.Home }

// Sync returns the log's sync policy.
func (l *Log) Sync() Sync { return l.opts.Sync }

// Append appends entries to a region's log, next to each other, and returns when they are written as the sync policy says. Any error means that what depends on
// the entries must not happen. If ctx ends before they are written, they may still be.
func (l *Log) Append(ctx context.Context, region string, events ...Event) error {
	return l.AppendAsync(region, events...).Wait(ctx)
}

// AppendAsync starts what Append does and returns at once. The entries' places in the chain are those of the order of calls. It does not keep
// the events.
func (l *Log) AppendAsync(region string, events ...Event) Ticket {
	r := l.regions[region]
	if r == nil {
		return Ticket{err: fmt.Errorf("audit log: region %q is not among those of the log", region)}
	}
	b, err := r.enqueue(events)
	if err != nil {
		return Ticket{err: fmt.Errorf("audit log of region %s: %w", region, err)}
	}
	return Ticket{batches: []*batch{b}}
}

// RecordAsync appends events to the home region's log as they are, and to those of other regions redacted. Without a home region, all are redacted.
func (l *Log) RecordAsync(regions []string, events ...Event) Ticket {
	redacted := make([]Event, len(events))
	for i := range events {
		redacted[i] = Redact(events[i])
	}
	var all Ticket
	done := map[string]bool{l.opts.Home: true}
	for _, name := range regions {
		if !done[name] {
			done[name] = true
			all = all.And(l.AppendAsync(name, redacted...))
		}
	}
	if l.opts.Home != "" {
		all = all.And(l.AppendAsync(l.opts.Home, events...))
	}
	return all
}

// Head returns a checkpoint of a region's latest written entry, signed if the log has a key. Keep it elsewhere as an anchor for Verify.
func (l *Log) Head(region string) (Checkpoint, error) {
	r := l.regions[region]
	if r == nil {
		return Checkpoint{}, fmt.Errorf("audit log: region %q is not among those of the log", region)
	}
	r.mu.Lock()
	durable := r.durable
	r.mu.Unlock()
	return l.checkpoint(region, durable, CheckpointHead), nil
}

// checkpoint makes a checkpoint of an end of a chain.
func (l *Log) checkpoint(region string, at tip, reason string) Checkpoint {
	c := Checkpoint{Log: l.name, Region: region, Sequence: at.sequence, Head: at.hash, Time: l.opts.Now(), Reason: reason}
	c.sign(l.opts.Key)
	return c
}

// Counters returns what rules permitted in the current day.
func (l *Log) Counters() *Counters { return l.counters }

// Used is Counters().Used.
func (l *Log) Used(rule string) (queries, rows int64) { return l.counters.Used(rule) }

// Close writes what is waiting, a last checkpoint for each region that has new entries, and lets others write the folder. The second call
// returns what the first did.
func (l *Log) Close() error {
	l.close.Do(func() {
		var errs []error
		for _, name := range l.Regions() {
			errs = append(errs, l.regions[name].finish())
		}
		errs = append(errs, l.lock.Close())
		if err := errors.Join(errs...); err != nil {
			l.closed = fmt.Errorf("audit log: %w", err)
		}
	})
	return l.closed
}

// fail remembers the first failure of a write or sync, and returns it.
func (l *Log) fail(err error) error {
	l.broken.CompareAndSwap(nil, &err)
	return err
}

// failure returns why nothing can be written any more, or nil.
func (l *Log) failure() error {
	if first := l.broken.Load(); first != nil {
		return fmt.Errorf("%w: %w", ErrBroken, *first)
	}
	return nil
}

// begun lists a region as one that has entries.
func (l *Log) begun(region string) error {
	l.idMu.Lock()
	defer l.idMu.Unlock()
	if slices.Contains(l.id.Regions, region) {
		return nil
	}
	id := identity{Log: l.id.Log, Regions: append(slices.Clone(l.id.Regions), region)}
	slices.Sort(id.Regions)
	if err := writeJSON(filepath.Join(l.opts.Dir, identityFile), id); err != nil {
		return err
	}
	l.id = id
	return nil
}
