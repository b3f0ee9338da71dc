package move

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// run is one process's work on one move.
type run struct {
	*Mover
	spec     shardmap.MoveSpec
	table    *shardmap.Table
	tables   []groupTable // those that come along, the one with the strategy first
	from, to Shard
	token    string // by which the shard To knows who has the move
	limit    *rate.Limiter
	read     func(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) // of From
	locked   bool                                                                            // the tables at From are locked
	report   Report
	left     map[string]left // by table, as verified
}

// groupTable is a table whose rows move.
type groupTable struct {
	name    string
	columns []string
	types   []string
	primary []keyColumn
	place   []keyColumn // of the sharding key
	native  map[string][]connectors.Column
	// Other tables refer to this one at To: rows that differ are updated there.
	referred bool
}

// newRun learns the tables of a move on both shards, and checks that rows of the one fit the other.
func (m *Mover) newRun(ctx context.Context, snap *Snapshot, spec shardmap.MoveSpec) (*run, error) {
	t, ok := snap.Map.Table(spec.Table)
	if !ok {
		return nil, refuse("unknown table %q", spec.Table)
	}
	r := &run{Mover: m, spec: spec, table: t, token: newToken(), limit: rate.NewLimiter(rate.Inf, 0)}
	if m.options.Rate > 0 {
		r.limit = rate.NewLimiter(rate.Limit(m.options.Rate), max(1, int(m.options.Rate)))
	}
	var err error
	if r.from, err = m.shards.Shard(ctx, spec.From); err != nil {
		return nil, err
	}
	if r.to, err = m.shards.Shard(ctx, spec.To); err != nil {
		return nil, err
	}
	r.read = r.from.Query
	r.report.Move = spec
	if err := r.inspect(ctx, snap.Map); err != nil {
		return nil, err
	}
	if len(spec.Keys.Buckets) > 0 { // they exist unless the move is about to begin
		for _, s := range []Shard{r.from, r.to} {
			if _, err := s.Learn(ctx, shardmap.KeyTable(spec.ID)); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// reload takes over what the map says of the move.
func (r *run) reload(ctx context.Context) error {
	snap, err := r.maps.Load(ctx)
	if err != nil {
		return err
	}
	spec, ok := specOf(snap.Map, r.spec.ID)
	if !ok {
		return fmt.Errorf("move %s: %w any more", r.spec.ID, ErrUnknown)
	}
	r.spec.Phase, r.report.Move.Phase = spec.Phase, spec.Phase
	return nil
}

// drive works through the phases that are left.
func (r *run) drive(ctx context.Context) (*Report, error) {
	for {
		var err error
		switch r.spec.Phase {
		case shardmap.PhaseCopying:
			err = r.copying(ctx)
		case shardmap.PhaseFrozen:
			err = r.frozen(ctx)
		case shardmap.PhaseSwitched:
			err = r.switched(ctx)
		case shardmap.PhaseCleaning:
			return &r.report, r.named(r.cleaning(ctx))
		case shardmap.PhaseUndoing:
			return r.undo(ctx)
		default:
			return &r.report, fmt.Errorf("move %s: the map says %q, which is no phase", r.spec.ID, r.spec.Phase)
		}
		if err != nil {
			return r.failed(ctx, err)
		}
	}
}

// failed decides what becomes of a move of which a step has failed: before the switch it is undone where trying again would not help. Writes do not stay
// refused.
func (r *run) failed(ctx context.Context, err error) (*Report, error) {
	if r.spec.Phase.Switched() || errors.Is(err, errStopped) || errors.Is(err, ErrTaken) {
		return &r.report, r.named(err)
	}
	if ctx.Err() != nil {
		return &r.report, r.named(errors.Join(err, r.thaw(ctx)))
	}
	if lasting(err) {
		_, undoErr := r.undo(ctx)
		if undoErr == nil {
			return &r.report, fmt.Errorf("move %s was undone: %w", r.spec.ID, err)
		}
		return &r.report, r.named(errors.Join(err, undoErr))
	}
	return &r.report, r.named(errors.Join(err, r.thaw(ctx)))
}

// thawTimeout bounds what is done after the caller has given up.
const thawTimeout = 10 * time.Second

// thaw permits writes again that were refused, also where the caller has given up.
func (r *run) thaw(ctx context.Context) error {
	if r.spec.Phase != shardmap.PhaseFrozen {
		return nil
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), thawTimeout)
		defer cancel()
	}
	return r.publish(ctx, shardmap.PhaseFrozen, shardmap.PhaseCopying)
}

// named says of which move an error is, and how to go on.
func (r *run) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("move %s stands in phase %s and can be resumed: %w", r.spec.ID, r.spec.Phase, err)
}

var errStopped = errors.New("stopped")

// step says that something was done that lasts.
func (r *run) step(name string) error {
	if r.options.Step == nil {
		return nil
	}
	if err := r.options.Step(name); err != nil {
		return errors.Join(errStopped, err)
	}
	return nil
}

func (r *run) tell(text, table string, rows int64) {
	if r.options.Progress != nil {
		r.options.Progress(Progress{Move: r.spec.ID, Phase: r.spec.Phase, Text: text, Table: table, Rows: rows})
	}
}

// settle waits until no reader has an older version of the map and no statement under one runs.
func (r *run) settle(ctx context.Context) error { return r.settleFor(ctx, 0) }

// settleFor is settle, and longer by more.
func (r *run) settleFor(ctx context.Context, more time.Duration) error {
	d := r.maps.MaxStale() + r.options.Drain + more
	r.tell(fmt.Sprintf("waiting until every reader has the map's version, at most %v", d), "", 0)
	return r.options.Wait(ctx, d)
}

// throttle keeps rows within the rate.
func (r *run) throttle(ctx context.Context, rows int64) error {
	for rows > 0 && r.limit.Limit() != rate.Inf {
		n := min(int(rows), r.limit.Burst())
		if err := r.limit.WaitN(ctx, n); err != nil {
			return err
		}
		rows -= int64(n)
	}
	return ctx.Err()
}

// publish moves the map on from one phase to the next; no next one means that the move is over. It is done if the map says so already.
func (r *run) publish(ctx context.Context, from, to shardmap.Phase) error {
	for range 100 {
		if err := r.stillOwn(ctx); err != nil {
			return err
		}
		snap, err := r.maps.Load(ctx)
		if err != nil {
			return err
		}
		now, stands := specOf(snap.Map, r.spec.ID)
		switch {
		case !stands && to == "":
			return r.step("published the end")
		case !stands:
			return fmt.Errorf("move %s: %w any more", r.spec.ID, ErrUnknown)
		case now.Phase == to:
			r.spec.Phase, r.report.Move.Phase = to, to
			return r.step("published " + string(to))
		case now.Phase != from:
			return fmt.Errorf("%w: it is in phase %s", ErrTaken, now.Phase)
		}
		e, err := r.edit(snap, to)
		if err != nil {
			return err
		}
		if err := r.enters(ctx, string(to)); err != nil {
			return err
		}
		err = r.maps.Publish(ctx, snap.Version, e)
		if err != nil && !errors.Is(err, ErrConflict) && !r.happened(ctx, to) {
			return err
		}
	}
	return fmt.Errorf("%w, again and again", ErrConflict)
}

// enters tells who keeps records that the move enters a phase.
func (r *run) enters(ctx context.Context, phase string) error {
	if r.options.Begins == nil {
		return nil
	}
	return r.options.Begins(ctx, r.spec, phase)
}

// happened reports whether a change of which the outcome is not known was made.
func (r *run) happened(ctx context.Context, to shardmap.Phase) bool {
	snap, err := r.maps.Load(ctx)
	if err != nil {
		return false
	}
	now, stands := specOf(snap.Map, r.spec.ID)
	return stands && now.Phase == to || !stands && to == ""
}

// edit is the change of the map that puts the move into a phase. With the switch the table's settings change too, unless a directory lists its keys.
func (r *run) edit(snap *Snapshot, to shardmap.Phase) (Edit, error) {
	e := Edit{Moves: specs(snap.Map)}
	i := slices.IndexFunc(e.Moves, func(s shardmap.MoveSpec) bool { return s.ID == r.spec.ID })
	if to == "" {
		e.Moves = slices.Delete(e.Moves, i, i+1)
		return e, nil
	}
	e.Moves[i].Phase = to
	if to == shardmap.PhaseSwitched && !isDirected(snap.Map, r.spec.Table) {
		s, err := reassigned(snap, e.Moves[i])
		if err != nil {
			return Edit{}, err
		}
		e.Sharding = map[string]shardmap.Sharding{r.spec.Table: s}
	}
	return e, nil
}

// reassigned are the table's settings with the keys on the shard that they move to.
func reassigned(snap *Snapshot, s shardmap.MoveSpec) (shardmap.Sharding, error) {
	t, ok := snap.Map.Table(s.Table)
	i := slices.IndexFunc(snap.Tables, func(x shardmap.TableSpec) bool { return x.Name == s.Table })
	if !ok || i < 0 {
		return shardmap.Sharding{}, refuse("the shard map has no table %q", s.Table)
	}
	return t.Reassign(snap.Tables[i].Sharding, s.Keys, s.From, s.To)
}
