package move

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// Plan says what a move would do. Nothing has been changed.
type Plan struct {
	Move         shardmap.MoveSpec
	Tables       []Size
	Jurisdiction string // in which it stays; "" if it leaves one
	Version      uint64 // of the map that it was planned by
}

// Size is what moves of one table.
type Size struct {
	Table string
	Rows  int64
	Bytes int64 // as the shard estimates them, -1 if it does not
}

// Prepare makes all the checks of Begin.
func (m *Mover) Prepare(ctx context.Context, q Request) (*Plan, error) {
	p, _, err := m.prepare(ctx, q)
	return p, err
}

func (m *Mover) prepare(ctx context.Context, q Request) (*Plan, *run, error) {
	snap, err := m.maps.Load(ctx)
	if err != nil {
		return nil, nil, err
	}
	spec, err := requested(snap, q)
	if err != nil {
		return nil, nil, err
	}
	if spec, err = m.listedFrom(ctx, snap, spec); err != nil {
		return nil, nil, err
	}
	p := &Plan{Move: spec, Version: snap.Version}
	if p.Jurisdiction, err = m.legal(snap.Map, spec); err != nil {
		return nil, nil, err
	}
	if err := whole(snap.Map, spec.Table); err != nil {
		return nil, nil, err
	}
	after, err := m.after(ctx, snap, spec)
	if err != nil {
		return nil, nil, err
	}
	r, err := m.newRun(ctx, snap, spec)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range r.tables {
		if err := r.referred(ctx, t); err != nil {
			return nil, nil, err
		}
		if err := r.expressible(t); err != nil {
			return nil, nil, err
		}
		size, err := r.measure(ctx, t, after)
		if err != nil {
			return nil, nil, err
		}
		p.Tables = append(p.Tables, size)
	}
	return p, r, nil
}

// requested makes a move of a request.
func requested(snap *Snapshot, q Request) (shardmap.MoveSpec, error) {
	spec := shardmap.MoveSpec{ID: q.ID, Table: q.Table, Keys: q.Keys, From: q.From, To: q.To, Phase: shardmap.PhaseCopying}
	if spec.ID == "" {
		spec.ID = "m-" + newToken()
	}
	t, ok := snap.Map.Table(q.Table)
	switch {
	case !validID(spec.ID):
		return spec, refuse("%q is no name for a move: use up to 40 small letters, digits and hyphens", spec.ID)
	case !ok:
		return spec, refuse("unknown table %q", q.Table)
	case t.ColocatedWith() != "":
		return spec, refuse("table %s is placed as table %s is: move keys of that one, and its rows come along", q.Table, t.ColocatedWith())
	}
	if _, stands := specOf(snap.Map, spec.ID); stands {
		return spec, refuse("move %s is under way: resume it, or undo it", spec.ID)
	}
	to, ok := snap.Map.ShardIndex(q.To)
	if !ok {
		return spec, refuse("unknown shard %q", q.To)
	}
	if s := snap.Map.Shard(to).State; s != "" && s != shardmap.StateActive {
		return spec, refuse("shard %s is %s: keys move to active shards", q.To, s)
	}
	return from(snap, t, spec)
}

// from finds the shard that has the keys.
func from(snap *Snapshot, t *shardmap.Table, spec shardmap.MoveSpec) (shardmap.MoveSpec, error) {
	if spec.From == spec.To {
		return spec, refuse("the keys are to move from shard %s to itself", spec.To)
	}
	if _, ok := t.Directory(); ok {
		return spec, directed(snap, t, spec)
	}
	candidates := []string{spec.From}
	if spec.From == "" {
		candidates = nil
		for _, i := range t.Shards() {
			candidates = append(candidates, snap.Map.Shard(i).Name)
		}
	}
	var last error
	for _, name := range candidates {
		try := spec
		try.From = name
		if _, last = reassigned(snap, try); last != nil {
			if errors.Is(last, shardmap.ErrUnsupported) {
				break
			}
			continue
		}
		if name == spec.To {
			return spec, refuse("shard %s has the keys already", spec.To)
		}
		i, _ := snap.Map.ShardIndex(name)
		if s := snap.Map.Shard(i).State; s == shardmap.StateReadOnly {
			return spec, refuse("shard %s is %s: the rows could not be deleted there", name, s)
		}
		return try, nil
	}
	if spec.From == "" && !errors.Is(last, shardmap.ErrUnsupported) {
		return spec, refuse("no shard of table %s has all of the keys by the map: move those of one shard at a time (%v)", spec.Table, last)
	}
	return spec, refuse("%v", last)
}

func validID(id string) bool {
	return id != "" && len(id) <= 40 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// legal refuses a move that leaves a jurisdiction; the rows pass through this process.
func (m *Mover) legal(sm *shardmap.Map, spec shardmap.MoveSpec) (string, error) {
	var law []string
	var words []string
	add := func(what, region string) {
		j := region
		if r, ok := sm.Region(region); ok && r.Jurisdiction != "" {
			j = r.Jurisdiction
		}
		if !slices.Contains(law, j) {
			law = append(law, j)
		}
		words = append(words, fmt.Sprintf("%s is in %s, jurisdiction %s", what, region, j))
	}
	for _, name := range []string{spec.From, spec.To} {
		i, _ := sm.ShardIndex(name)
		add("shard "+name, sm.Shard(i).Region)
	}
	add("the coordinator, through which the rows pass,", m.options.Region)
	if len(law) == 1 {
		return law[0], nil
	}
	if m.options.LeaveJurisdiction && !m.options.Policed {
		return "", nil
	}
	e := &ResidencyError{Text: "the move would take rows of table " + spec.Table + " out of a jurisdiction: " + strings.Join(words, "; "),
		Hint: "run it at a coordinator in the jurisdiction of both shards; where they differ, no residency policy permits a move"}
	if !m.options.Policed {
		e.Hint = "if that is allowed, say so: --leave-jurisdiction"
	}
	return "", e
}

// whole refuses a move of rows that a colocation class ties to rows which stay.
func whole(m *shardmap.Map, root string) error {
	names := group(m, root)
	for _, name := range names {
		t, _ := m.Table(name)
		for _, class := range t.Classes() {
			for _, other := range m.Tables() {
				o, _ := m.Table(other)
				tied := slices.ContainsFunc(o.Classes(), func(c shardmap.Class) bool { return c.Name == class.Name })
				if tied && !slices.Contains(names, other) {
					return refuse("colocation class %s keeps rows of table %s with rows of table %s, which would stay: write colocated_with where keys agree, or take the class away",
						class.Name, name, other)
				}
			}
		}
	}
	return nil
}

// after is the map as it would be after the move. It fails where the move itself cannot stand in the map.
func (m *Mover) after(ctx context.Context, snap *Snapshot, spec shardmap.MoveSpec) (*shardmap.Map, error) {
	begun, err := m.maps.Check(ctx, Edit{Moves: append(specs(snap.Map), spec)})
	if err != nil {
		return nil, refuse("%v", err)
	}
	if isDirected(snap.Map, spec.Table) { // its settings stay
		return begun, nil
	}
	s, err := reassigned(snap, spec)
	if err != nil {
		return nil, refuse("%v", err)
	}
	after, err := m.maps.Check(ctx, Edit{Sharding: map[string]shardmap.Sharding{spec.Table: s}, Moves: specs(snap.Map)})
	if err != nil {
		return nil, refuse("%v", err)
	}
	return after, nil
}

// measure counts what moves of a table, and refuses where rows are in the way.
func (r *run) measure(ctx context.Context, t groupTable, after *shardmap.Map) (Size, error) {
	in, out, err := r.tally(ctx, r.from, t)
	if err != nil {
		return Size{}, err
	}
	there, _, err := r.tally(ctx, r.to, t)
	if err != nil {
		return Size{}, err
	}
	if there > 0 {
		return Size{}, refuse("table %s has %d rows of these keys on shard %s already, where they do not belong: delete them first", t.name, there, r.spec.To)
	}
	placed, _ := after.Table(t.name)
	i, _ := after.ShardIndex(r.spec.From)
	if out > 0 && !slices.Contains(placed.Shards(), i) {
		return Size{}, refuse("table %s has %d rows on shard %s whose keys are NULL or not among those that move: after the move nobody would ask that shard for them",
			t.name, out, r.spec.From)
	}
	return Size{Table: t.name, Rows: in, Bytes: r.bytes(ctx, t.name, in)}, nil
}

// tally counts the rows of a table on a shard that are, and that are not, of the keys that move.
func (r *run) tally(ctx context.Context, s Shard, t groupTable) (in, out int64, err error) {
	if len(r.spec.Keys.Buckets) == 0 {
		all, err := count(ctx, s, t.name, Clause{})
		if err != nil {
			return 0, 0, err
		}
		in, err = count(ctx, s, t.name, r.where(t))
		return in, all - in, err
	}
	stmt, err := s.Select(Select{Table: t.name, Columns: names(t.place)})
	if err != nil {
		return 0, 0, err
	}
	moves := r.contains(t)
	err = each(ctx, s.Query, stmt, func(rec arrow.Record) error {
		for i := range int(rec.NumRows()) {
			if moves(rec, i) {
				in++
			} else {
				out++
			}
		}
		return nil
	})
	return in, out, err
}

// contains reports whether a row that begins with its sharding key is of the buckets that move.
func (r *run) contains(t groupTable) func(arrow.Record, int) bool {
	m := shardmap.Move{MoveSpec: r.spec}
	key := make([]shardmap.Value, len(t.place))
	return func(rec arrow.Record, i int) bool {
		for k := range key {
			v, ok := keyValue(rec.Column(k), i, t.place[k].typ)
			if !ok {
				return false
			}
			key[k] = v
		}
		return m.Contains(r.table, key)
	}
}

func (r *run) bytes(ctx context.Context, table string, rows int64) int64 {
	found, err := r.from.Learn(ctx, table)
	if err != nil || len(found) == 0 || found[0].Rows <= 0 || found[0].Bytes < 0 {
		return -1
	}
	return int64(float64(found[0].Bytes) / float64(found[0].Rows) * float64(rows))
}

// begin writes down that the move is to be made, and then lets the map say so.
func (r *run) begin(ctx context.Context, p *Plan) error {
	if err := makeProgress(ctx, r.to); err != nil {
		return err
	}
	err := transact(ctx, r.to, func(tx connectors.Tx) error {
		if err := r.put(ctx, tx, itemSpec, r.spec); err != nil {
			return err
		}
		return r.put(ctx, tx, itemOwner, r.token)
	})
	if err == nil {
		err = r.step("recorded")
	}
	if err == nil {
		err = r.helpers(ctx)
	}
	if err == nil {
		err = r.step("made the key tables")
	}
	if err == nil {
		err = r.announce(ctx)
	}
	if err == nil {
		err = r.step("published copying")
	}
	return err
}

// announce puts the move into the map.
func (r *run) announce(ctx context.Context) error {
	for range 100 {
		snap, err := r.maps.Load(ctx)
		if err != nil {
			return err
		}
		if _, stands := specOf(snap.Map, r.spec.ID); stands {
			return nil
		}
		if _, err := requested(snap, Request{ID: r.spec.ID, Table: r.spec.Table, Keys: r.spec.Keys, From: r.spec.From, To: r.spec.To}); err != nil {
			return err
		}
		if err := r.enters(ctx, string(shardmap.PhaseCopying)); err != nil {
			return err
		}
		err = r.maps.Publish(ctx, snap.Version, Edit{Moves: append(specs(snap.Map), r.spec)})
		if err != nil && !errors.Is(err, ErrConflict) && !r.happened(ctx, shardmap.PhaseCopying) {
			return err
		}
	}
	return fmt.Errorf("%w, again and again", ErrConflict)
}

// abandon removes what a move has left that did not get into the map, and returns why it did not.
func (r *run) abandon(ctx context.Context, err error) error {
	if errors.Is(err, errStopped) || ctx.Err() != nil {
		return fmt.Errorf("move %s was not begun; resume it to remove what it may have left: %w", r.spec.ID, err)
	}
	snap, loadErr := r.maps.Load(ctx)
	if loadErr == nil {
		if _, stands := specOf(snap.Map, r.spec.ID); stands {
			return r.named(err)
		}
		loadErr = r.forget(ctx)
	}
	if loadErr != nil {
		return fmt.Errorf("move %s was not begun; resume it to remove what it may have left: %w", r.spec.ID, errors.Join(err, loadErr))
	}
	return err
}
