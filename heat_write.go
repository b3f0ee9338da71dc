package atoll

import (
	"cmp"
	"time"

	"github.com/atoll-sql/atoll/heat"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// someUses bounds the keys that one statement that writes is counted for: with more it is for nobody in particular.
const someUses = 16

// countRow notes the key of a row that is inserted.
func (p *writePlanner) countRow(key []shardmap.Value) {
	if len(p.uses) <= someUses {
		if x, ok := p.table.TouchOf(key); ok {
			p.uses = append(p.uses, p.use(x))
		}
	}
}

// countBounds notes the keys that a condition fixes.
func (p *writePlanner) countBounds(key []shardmap.Constraint) {
	by := map[string]shardmap.Constraint{}
	for i, column := range p.table.Key() {
		if i < len(key) {
			by[column] = key[i]
		}
	}
	for _, x := range p.table.Touched(by, someUses) {
		p.uses = append(p.uses, p.use(x))
	}
}

func (p *writePlanner) use(x shardmap.Touch) plan.KeyUse {
	return plan.KeyUse{Shard: p.Map.Shard(x.Shard).Name, Table: cmp.Or(p.table.ColocatedWith(), p.table.Name()), Part: x.Part, Key: x.Key}
}

// counted gives a plan the keys that were noted for it.
func (p *writePlanner) counted(w *write, err error) (*write, error) {
	if w != nil && len(p.uses) <= someUses {
		w.uses = p.uses
	}
	return w, err
}

// wrote counts a write that ended, as one statement for each shard. Of one that failed, the shard counts whose fault it was.
func (m *heatMeter) wrote(t *topology, w *write, took time.Duration, err error) {
	now, failed := m.clock(), failedShard(err)
	for _, p := range w.parts {
		if err == nil || p.shard.Name == failed {
			m.counts.Observe(now, heat.Statement{Shard: p.shard.Name, Took: took, Failed: err != nil})
			m.touch(now, p.shard.Name, w.uses)
		}
	}
	m.upkeep(t, now)
}

// touch counts a statement to a shard for those of the keys that are there, in equal parts.
func (m *heatMeter) touch(now time.Time, shard string, uses []plan.KeyUse) {
	part := 0.0
	for _, k := range uses {
		if k.Shard == shard {
			part++
		}
	}
	for _, k := range uses {
		if k.Shard == shard {
			m.counts.Touch(now, shard, heat.Key{Table: k.Table, Part: k.Part, Value: k.Key}, 1/part)
		}
	}
}
