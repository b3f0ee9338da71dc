package atoll

import (
	"errors"
	"fmt"

	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/shardmap"
)

// takesWrites refuses a shard that the map sends no writes to.
func (p *writePlanner) takesWrites(shard int) error {
	s := p.Map.Shard(shard)
	switch p.Map.State(shard) {
	case shardmap.StateReadOnly, shardmap.StateRetired:
		return &Error{SQLState: "25006", Pos: -1, Shard: s.Name, Hint: "the state of a shard stands in the shard map",
			Text: fmt.Sprintf("shard %s takes no writes: it is %s", s.Name, s.State)}
	}
	return nil
}

// mayInsert refuses a shard that gets no new rows.
func (p *writePlanner) mayInsert(shard int) error {
	if p.Map.State(shard) == shardmap.StateDraining {
		name := p.Map.Shard(shard).Name
		return &Error{SQLState: "55000", Pos: -1, Shard: name, Text: fmt.Sprintf("shard %s takes no new rows: it is draining", name),
			Hint: "move the key to another shard, or make the shard active again"}
	}
	return p.takesWrites(shard)
}

// mayChange refuses an UPDATE or DELETE whose condition may be true for rows that are not to be written to now.
func (p *writePlanner) mayChange(shard int, key []shardmap.Constraint) error {
	if err := p.takesWrites(shard); err != nil {
		return err
	}
	for _, m := range p.Map.MovesOf(p.bound.Table) {
		if m.Phase.Frozen() && m.Owner() == shard && m.MayTouch(p.table, key) {
			return p.frozen(m)
		}
	}
	return nil
}

// frozen asks for another try.
func (p *writePlanner) frozen(m *shardmap.Move) error {
	return &Error{SQLState: "55006", Pos: -1, Hint: "try again: a move freezes its keys for a short time only",
		Text: fmt.Sprintf("move %s of table %s is about to hand these keys from shard %s to shard %s: they cannot be written to now", m.ID, m.Table, m.From, m.To)}
}

// foreign reports that a policy is in force, and that a shard is in another region than those who learn of the outcome.
func (p *writePlanner) foreign(shard int) bool {
	if p.query.policy == nil {
		return false
	}
	region, client := p.Map.Shard(shard).Region, p.query.caller.ClientRegion
	return region != p.cfg.Coordinator.Region || client != "" && client != region
}

// tellsNothing refuses an UPDATE or DELETE in another region, under a policy, that might fail for what a row holds: that it did would tell of the row.
func (p *writePlanner) tellsNothing(shard int, conds []plan.Expr) error {
	if !p.foreign(shard) {
		return nil
	}
	quiet := func(e plan.Expr) bool { return e == nil || rules.Total(e) || place.Harmless(e) }
	all := conds
	for _, s := range p.bound.Sets {
		if s.Value != nil && !readsNothing(s.Value) {
			all = append(all[:len(all):len(all)], s.Value)
		}
	}
	for _, e := range all {
		if !quiet(e) {
			s := p.Map.Shard(shard)
			return &Error{Kind: KindResidency, SQLState: "42501", Pos: -1, Shard: s.Name,
				Text: fmt.Sprintf("under the residency policy a statement must not be able to fail for what a row of region %s holds, and this one is", s.Region),
				Hint: "compute values beforehand, and compare columns with constants"}
		}
	}
	return nil
}

func readsNothing(e plan.Expr) bool {
	read := map[int]bool{}
	plan.ColumnsOf(e, read)
	return len(read) == 0
}

// unwritable names the shard whose dialect has no exact form of a statement.
func unwritable(shard string, err error) error {
	var lacks *sqlgen.Unsupported
	if errors.As(err, &lacks) {
		return &Error{SQLState: "0A000", Pos: -1, Shard: shard, Text: fmt.Sprintf("shard %s: %v", shard, lacks), cause: err,
			Hint: "compute the value beforehand and pass it as a parameter"}
	}
	return err
}
