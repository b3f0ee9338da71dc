package move

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// Options say how moves are made. Zero values mean the defaults.
type Options struct {
	Batch int           // rows per transaction; default 10,000
	Rate  float64       // rows per second that are copied or deleted at most; 0 means as fast as it goes
	Few   int64         // a comparison that puts right no more rows than this is the last before writes are refused; default 1,000
	Drain time.Duration // how long a statement under an older version of the map may still run

	Region            string // where the rows pass through
	Policed           bool   // a residency policy stands
	LeaveJurisdiction bool   // without one, rows may go to another jurisdiction

	// Wait returns when readers may be relied on to have a version of the map, and no statement under an older one to run: at the latest
	// after d. The default waits for d.
	Wait func(ctx context.Context, d time.Duration) error
	// Reserve waits until so many connections to each of some shards are there for what is done under the context that it returns, until release is
	// called. The default promises nothing.
	Reserve func(ctx context.Context, connections map[string]int64) (_ context.Context, release func(), err error)
	// Begins is called before the map says that a move enters a phase, "" for its end. If it fails the phase is not entered.
	Begins func(ctx context.Context, spec shardmap.MoveSpec, phase string) error
	// Progress hears of each step and batch. It is called by the goroutine that moves.
	Progress func(Progress)
	// Step is called after each step that lasts, for tests. Its error ends the work as a crash would.
	Step func(name string) error
}

// Progress is how far a move is.
type Progress struct {
	Move  string
	Phase shardmap.Phase
	Text  string // what was done just now
	Table string // "" for all
	Rows  int64  // of the table, so far in this step
}

// Request asks for a move.
type Request struct {
	ID    string // "" for a new one
	Table string
	Keys  shardmap.KeySet
	From  string // "" for the shard that has them
	To    string
}

// Report tells how a move ended.
type Report struct {
	Move     shardmap.MoveSpec // Phase is the last that it had
	Undone   bool
	Copied   int64
	Caught   int64 // differences that were put right, in all passes
	Deleted  int64
	Verified []Sum // of each table, where this run has compared them
}

// Sum is what was counted before the switch, equal on both sides.
type Sum struct {
	Table string
	Rows  int64
}

// Mover moves keys. It is safe for concurrent use, but one move should be run by one goroutine.
type Mover struct {
	maps    Maps
	shards  Shards
	options Options
}

// New returns a mover.
func New(maps Maps, shards Shards, o Options) *Mover {
	if o.Batch <= 0 {
		o.Batch = 10_000
	}
	if o.Few <= 0 {
		o.Few = 1_000
	}
	if o.Wait == nil {
		o.Wait = sleep
	}
	return &Mover{maps: maps, shards: shards, options: o}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Refusal says why a move is not begun, or not undone.
type Refusal struct{ Text string }

// Error implements error.
func (e *Refusal) Error() string { return e.Text }

func refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// ResidencyError says that rows would leave a jurisdiction.
type ResidencyError struct{ Text, Hint string }

// Error implements error.
func (e *ResidencyError) Error() string { return e.Text }

// The ends of a run that leave the move as it is.
var (
	ErrTaken   = errors.New("another process has taken the move over")
	ErrUnknown = errors.New("there is no such move")
)

// Moves lists the moves under way.
func (m *Mover) Moves(ctx context.Context) ([]shardmap.MoveSpec, error) {
	s, err := m.maps.Load(ctx)
	if err != nil {
		return nil, err
	}
	return specs(s.Map), nil
}

func specs(m *shardmap.Map) []shardmap.MoveSpec {
	var out []shardmap.MoveSpec
	for _, x := range m.Moves() {
		out = append(out, x.MoveSpec)
	}
	return out
}

func specOf(m *shardmap.Map, id string) (shardmap.MoveSpec, bool) {
	for _, s := range specs(m) {
		if s.ID == id {
			return s, true
		}
	}
	return shardmap.MoveSpec{}, false
}

// Begin checks a request and makes the move. An error that does not say that the move was undone leaves it where it is, to be resumed.
func (m *Mover) Begin(ctx context.Context, q Request) (*Report, error) {
	p, r, err := m.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	_, release, err := r.reserve(ctx) // it may be refused for good
	if err != nil {
		return nil, err
	}
	release()
	if err := r.begin(ctx, p); err != nil {
		return &r.report, r.abandon(ctx, err)
	}
	return r.drive(ctx)
}

// Resume goes on with a move where an earlier run of it ended. Of a move that is over, it removes what a crash left behind.
func (m *Mover) Resume(ctx context.Context, id string) (*Report, error) {
	r, err := m.take(ctx, id)
	if err != nil || r == nil {
		return nil, err
	}
	return r.drive(ctx)
}

// Undo takes a move back that has not switched yet.
func (m *Mover) Undo(ctx context.Context, id string) (*Report, error) {
	r, err := m.take(ctx, id)
	if err != nil || r == nil {
		return nil, err
	}
	return r.undo(ctx)
}

// take loads a move and makes this run the one that has it. It returns none where the move was over.
func (m *Mover) take(ctx context.Context, id string) (*run, error) {
	snap, err := m.maps.Load(ctx)
	if err != nil {
		return nil, err
	}
	spec, ok := specOf(snap.Map, id)
	if !ok {
		return nil, m.sweep(ctx, snap, id)
	}
	r, err := m.newRun(ctx, snap, spec)
	if err != nil {
		return nil, err
	}
	if err := r.own(ctx); err != nil {
		return nil, err
	}
	// Whoever had the move before may have gone on until now.
	return r, r.reload(ctx)
}

func newToken() string {
	var b [8]byte
	rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// lasting reports whether an error will be there again, so that a move which met it must be undone.
func lasting(err error) bool {
	var refusal *Refusal
	var differ *Mismatch
	if errors.As(err, &refusal) || errors.As(err, &differ) {
		return true
	}
	switch connectors.ClassOf(err) {
	case connectors.ClassSchema, connectors.ClassData, connectors.ClassConstraint, connectors.ClassReadOnly, connectors.ClassPermission:
		return true
	}
	return false
}
