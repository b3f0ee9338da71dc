package atoll

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/connectors/failover"
	"github.com/atoll-sql/atoll/shardmap"
)

// How servers are watched in the background.
const (
	defaultProbes = 5 * time.Second  // between two probes of a shard with replicas, unless health.every says otherwise
	probeLook     = time.Second      // between two looks for shards that are due
	probeTimeout  = 10 * time.Second // of one probe of all of a shard's servers
	probesAtOnce  = 16
	probesIdle    = 10 * time.Minute // after which an engine that is asked nothing leaves the servers alone
)

// prober asks servers in the background how they are: those of shards with replicas, whose staleness is proven by that, those that keep failing, and all
// others if health.every says so. An engine that nobody asks anything stops after a while, so that it keeps no server awake; the next query starts it again.
type prober struct {
	engine *Engine
	look   time.Duration // between two rounds
	idle   time.Duration
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // of one element
	used   atomic.Int64  // when the engine was last asked something, in nanoseconds since start
	start  time.Time
	paused atomic.Bool

	places chan struct{} // one for each probe that runs
	probes sync.WaitGroup
	mu     sync.Mutex // guards what follows
	due    map[*shard]time.Time
	busy   map[*shard]bool
}

// newProber makes a prober, which does nothing before its begin.
func newProber(e *Engine) *prober {
	p := &prober{engine: e, look: probeLook, idle: probesIdle, cancel: func() {}, wake: make(chan struct{}, 1), start: time.Now(),
		places: make(chan struct{}, probesAtOnce), due: map[*shard]time.Time{}, busy: map[*shard]bool{}}
	if every := e.cfg.Health.Every; every > 0 {
		p.look = min(p.look, every)
	}
	return p
}

// begin starts to watch, until close.
func (p *prober) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel, p.done = cancel, make(chan struct{})
	go p.run(ctx)
}

// close stops all probes and waits for their end.
func (p *prober) close() {
	p.cancel()
	if p.done != nil {
		<-p.done
	}
}

// asked takes note that the engine is in use.
func (p *prober) asked() {
	p.used.Store(int64(time.Since(p.start)))
	if p.paused.Load() {
		p.rouse()
	}
}

// rouse has the prober look at once.
func (p *prober) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// adopted has the replicas probed at once for a new version of the map: they are read for it only after that.
func (p *prober) adopted() {
	p.mu.Lock()
	for s := range p.due {
		if len(s.Replicas) > 0 {
			delete(p.due, s)
		}
	}
	p.mu.Unlock()
	p.rouse()
}

func (p *prober) run(ctx context.Context) {
	defer close(p.done)
	defer p.probes.Wait()
	for {
		timer := time.NewTimer(p.look)
		after := timer.C
		idle := time.Since(p.start)-time.Duration(p.used.Load()) > p.idle
		p.paused.Store(idle)
		if idle {
			after = nil
		} else {
			p.round(ctx)
		}
		select {
		case <-after:
		case <-p.wake:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// round begins the probes that are due.
func (p *prober) round(ctx context.Context) {
	t := p.engine.hold()
	defer t.unpin()
	now := time.Now()
	for i, s := range t.shards {
		every := p.every(s)
		if every == 0 || t.Map.State(i) == shardmap.StateRetired || !p.take(s, now, every) {
			continue
		}
		t.keep(s)
		p.probes.Go(func() {
			defer t.drop(s)
			p.probe(ctx, s)
		})
	}
	p.forget(t)
}

// every is how long to wait between two probes of a shard; 0 for one that is not to be probed.
func (p *prober) every(s *shard) time.Duration {
	every := max(0, p.engine.cfg.Health.Every)
	switch {
	case len(s.Replicas) > 0:
		every = cmp.Or(every, defaultProbes)
		if s.MaxStaleness >= 0 {
			every = min(every, cmp.Or(s.MaxStaleness, failover.DefaultStaleness)/3)
		}
	case s.conn.Failing():
		every = cmp.Or(every, probeLook)
	}
	return every
}

// take takes a shard that is due. Probes are spread, so that the servers of many shards, and many engines, do not get theirs at once.
func (p *prober) take(s *shard, now time.Time, every time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[s] || now.Before(p.due[s]) {
		return false
	}
	p.busy[s] = true
	p.due[s] = now.Add(every - time.Duration(rand.Int64N(int64(every)/5+1)))
	return true
}

func (p *prober) probe(ctx context.Context, s *shard) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.busy, s)
	}()
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-p.places }()
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	s.conn.Probe(ctx)
}

// forget lets go of shards that the newest version of the map has no more.
func (p *prober) forget(t *topology) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.due {
		if t.byName[s.Name] != s {
			delete(p.due, s)
		}
	}
}
