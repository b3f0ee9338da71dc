package atoll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/pool"
	saga "github.com/atoll-sql/atoll/move"
	"github.com/atoll-sql/atoll/move/shards"
	"github.com/atoll-sql/atoll/residency/audit"
	"github.com/atoll-sql/atoll/shardmap"
)

// What moves of keys are told in and with; package move documents them.
type (
	MoveKeys     = shardmap.KeySet
	MoveSpec     = shardmap.MoveSpec
	MovePlan     = saga.Plan
	MoveReport   = saga.Report
	MoveProgress = saga.Progress
)

// MoveRequest asks for keys of a table, and of all tables colocated with it, to be moved to another shard.
type MoveRequest struct {
	ID    string // small letters, digits and hyphens; "" for one that is made up
	Table string
	Keys  MoveKeys
	From  string // "" for the shard that has them
	To    string
}

// MoveOptions say how a move is made. Zero values mean the defaults.
type MoveOptions struct {
	Batch int     // rows per transaction; default 10,000
	Rate  float64 // rows per second at most; 0 means as fast as it goes
	// Drain is how long a statement may still run under a version of the map that is not in force any more. Default, and the
	// least unless Alone is set: the most that a statement may take here, which is limits.timeout, else 10 minutes, and 10 seconds for commits.
	// Give the largest of all engines that go by this map.
	Drain time.Duration
	// Alone says that no other process reads this shard map, so that nobody has to be waited for but this engine's own statements.
	Alone bool
	// LeaveJurisdiction permits a move into another jurisdiction where no residency policy stands.
	LeaveJurisdiction bool
	// Progress, if not nil, hears of each step and batch, from the goroutine that called.
	Progress func(MoveProgress)

	step func(name string) error // for tests
}

// PlanMove checks a move and says what it would do, without changing anything.
func (e *Engine) PlanMove(ctx context.Context, q MoveRequest, o MoveOptions) (*MovePlan, error) {
	m, done, err := e.mover(o)
	if err != nil {
		return nil, err
	}
	defer done()
	p, err := m.Prepare(ctx, saga.Request(q))
	return p, moveError(err)
}

// Move moves keys from one shard to another while queries go on, each of which sees every row once. Writes to the keys are refused for the time around the
// switch. The configuration must name a store for its shard map. If it fails the error says whether the move was undone or can be resumed; the report, which
// is nil only if nothing was begun, names the move.
func (e *Engine) Move(ctx context.Context, q MoveRequest, o MoveOptions) (*MoveReport, error) {
	return e.moving(o, func(m *saga.Mover) (*MoveReport, error) { return m.Begin(ctx, saga.Request(q)) })
}

// ResumeMove goes on with a move that an earlier process has begun. Of one that is over it removes what a crash left behind, and the report is nil.
func (e *Engine) ResumeMove(ctx context.Context, id string, o MoveOptions) (*MoveReport, error) {
	return e.moving(o, func(m *saga.Mover) (*MoveReport, error) { return m.Resume(ctx, id) })
}

// UndoMove takes a move back. Once it has switched it is refused: then the keys can be moved back.
func (e *Engine) UndoMove(ctx context.Context, id string, o MoveOptions) (*MoveReport, error) {
	return e.moving(o, func(m *saga.Mover) (*MoveReport, error) { return m.Undo(ctx, id) })
}

// Moves lists the moves under way.
func (e *Engine) Moves(ctx context.Context) ([]MoveSpec, error) {
	if e.maps == nil {
		return nil, nil
	}
	out, err := saga.New(mapKeeper{e}, nil, saga.Options{}).Moves(ctx)
	return out, moveError(err)
}

func (e *Engine) moving(o MoveOptions, do func(*saga.Mover) (*MoveReport, error)) (*MoveReport, error) {
	m, done, err := e.mover(o)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := do(m)
	return r, moveError(err)
}

// mover makes a mover over the engine's shards; done lets go of them.
func (e *Engine) mover(o MoveOptions) (m *saga.Mover, done func(), err error) {
	if e.maps == nil {
		return nil, nil, usageError(errors.New("moves change the shard map, and this one stands in the configuration: keep it in a store (map: {store: …}), see docs/move.md"))
	}
	least := e.longest() + commitTimeout
	if o.Drain == 0 {
		o.Drain = least
	}
	if o.Drain < least && !o.Alone {
		return nil, nil, usageError(fmt.Errorf("a drain of %v is too short: a statement may take %v here (limits.timeout, and %v for its commits), and one under an older version of the map would miss rows",
			o.Drain, least, commitTimeout))
	}
	reach := &moveShards{engine: e, open: map[string]*openShard{}}
	mo := saga.Options{Batch: o.Batch, Rate: o.Rate, Drain: o.Drain, Region: e.cfg.Coordinator.Region, Policed: e.policy.Load() != nil,
		LeaveJurisdiction: o.LeaveJurisdiction, Progress: o.Progress, Step: o.step, Begins: e.moveRecorded, Reserve: e.admitMove}
	mo.Wait = func(ctx context.Context, d time.Duration) error { return e.everybodyKnows(ctx, d, o.Alone) }
	return saga.New(mapKeeper{e}, reach, mo), reach.close, nil
}

// admitMove takes places at the gates of a move's shards, as a query does, and room in the engine's budget: what waits for a lock of the move may have
// all other connections.
func (e *Engine) admitMove(ctx context.Context, each map[string]int64) (_ context.Context, release func(), err error) {
	t := e.hold()
	defer t.unpin()
	need := pool.Need{}
	for name, n := range each {
		need.Connections += int(n)
		need.Shards = append(need.Shards, name)
		if s := t.byName[name]; s != nil && s.gate != nil && n > s.gate.size {
			return nil, nil, &Error{SQLState: "53300", Pos: -1, Shard: name, Hint: "raise the shard's max_conns",
				Text: fmt.Sprintf("the move needs %d connections at once to shard %s, which allows %d", n, name, s.gate.size)}
		}
	}
	pass, err := t.pass(ctx, each)
	if err != nil {
		return nil, nil, err
	}
	r, err := t.budget.Reserve(ctx, need)
	if err != nil {
		pass()
		return nil, nil, beyondBudget(err)
	}
	return r.Context(ctx), func() {
		r.Release()
		pass()
	}, nil
}

// everybodyKnows waits for the readers of the map: for those of this engine as long as it takes, for those of others d.
func (e *Engine) everybodyKnows(ctx context.Context, d time.Duration, alone bool) error {
	if !alone {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	version, err := e.RefreshMap(ctx)
	if err != nil {
		return err
	}
	return e.outlive(ctx, version)
}

// moveRecorded writes into the audit log that a move enters a phase, before the map says so: into the logs of the coordinator's region and of both shards'.
func (e *Engine) moveRecorded(ctx context.Context, s MoveSpec, phase string) error {
	if e.audit == nil {
		return nil
	}
	if phase == "" {
		phase = "over"
	}
	t := e.hold()
	defer t.unpin()
	ev := audit.Event{Type: audit.TypeMove, Status: phase, Text: s.ID + " of table " + s.Table, FromSite: s.From, ToSite: s.To}
	regions := map[string]bool{e.cfg.Coordinator.Region: true}
	for name, into := range map[string]*string{s.From: &ev.FromRegion, s.To: &ev.ToRegion} {
		if i, ok := t.Map.ShardIndex(name); ok {
			*into = t.Map.Shard(i).Region
			regions[*into] = true
		}
	}
	var names []string
	for name := range regions {
		names = append(names, name)
	}
	return auditError(e.audit.RecordAsync(names, ev).Wait(ctx))
}

// moveShards reaches the engine's shards and keeps them open, whatever becomes of the versions of the map that name them.
type moveShards struct {
	engine *Engine

	mu   sync.Mutex
	open map[string]*openShard
}

type openShard struct {
	saga.Shard
	held *shard
}

// Shard implements [move.Shards].
func (m *moveShards) Shard(ctx context.Context, name string) (saga.Shard, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.open[name]; s != nil {
		return s.Shard, nil
	}
	t, err := m.engine.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	held := t.byName[name]
	if held == nil {
		return nil, &saga.Refusal{Text: "unknown shard " + name}
	}
	s, err := shards.New(ctx, held.Name, held.Region, held.Schema, held.primary)
	if err != nil {
		return nil, err
	}
	m.engine.keep(held)
	m.open[name] = &openShard{s, held}
	return s, nil
}

func (m *moveShards) close() {
	e := m.engine
	e.life.Lock()
	defer e.life.Unlock()
	for _, s := range m.open {
		e.release(s.held)
	}
	m.open = map[string]*openShard{}
}

// moveError makes an *Error of whatever ended a move.
func moveError(err error) error {
	var (
		law     *saga.ResidencyError
		refusal *saga.Refusal
		differ  *saga.Mismatch
		shard   *connectors.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &law):
		return &Error{Kind: KindResidency, SQLState: "42501", Text: law.Text, Hint: law.Hint, Pos: -1, cause: err}
	case errors.As(err, &refusal):
		return &Error{Kind: KindQuery, SQLState: "55000", Text: err.Error(), Pos: -1, cause: err}
	case errors.As(err, &differ):
		return &Error{Kind: KindQuery, SQLState: "XX001", Text: err.Error(), Pos: -1, cause: err}
	case errors.As(err, &shard):
		return &Error{SQLState: shard.SQLState, Text: err.Error(), Pos: -1, Shard: shard.Shard, cause: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{SQLState: "57014", Text: err.Error(), Pos: -1, cause: err}
	}
	return wrapError(err)
}
