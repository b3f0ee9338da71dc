package atoll

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// MisplacedOptions say what [Engine.Misplaced] looks at.
type MisplacedOptions struct {
	Tables []string // none means all
	// Sample bounds the rows read of each table on each shard; 0 reads all. They are the first that the shard sends, whichever these are: a
	// sample is cheap and finds a layout that is not the declared one, but says nothing of single rows.
	Sample int64
}

// Misplaced says of one table on one shard what became of holding its rows against the shard map. It has counts and names only, no key.
type Misplaced struct {
	Table, Shard, Region string

	Rows     int64    // looked at; of a reference table the rows of this copy
	NullKeys int64    // of them, those with NULL in the key, which may be on several shards
	Unlisted int64    // of them, those whose key the map does not list, which may be on several shards
	Astray   []Astray // of them, those that do not belong here, ascending by Belongs
	Behind   int64    // of a reference table: how many rows the fullest copy has more

	Unchecked string // why nothing was looked at, "" if something was
	Err       error  // why it failed; what was counted before stands
}

// Astray counts rows that belong elsewhere: queries by their key do not find them.
type Astray struct {
	Belongs string // the shard; several, separated by commas, where the map does not tell which
	Rows    int64
}

// OK reports that the rows were looked at, and that all of them may be where they are.
func (m *Misplaced) OK() bool {
	return m.Err == nil && m.Unchecked == "" && len(m.Astray) == 0 && m.Behind == 0
}

// AstrayRows is the sum of Astray.
func (m *Misplaced) AstrayRows() int64 {
	n := int64(0)
	for _, a := range m.Astray {
		n += a.Rows
	}
	return n
}

// Misplaced reads the key columns of tables, shard by shard, and holds every row against the shard map; of reference tables it compares the
// numbers of rows. The answer has an element for each table and each of its shards, in the order of the configuration; tables of a single
// shard have none. Behind them stand the shards that have rows in a table of that name, though by the map they have nothing of it.
//
// Rows stream through: memory does not grow with them. Each shard shows one state of each table, not all of them the same moment's, so that
// reference tables that are being written to may seem to differ.
//
// The keys travel to the coordinator. Under a residency policy only shards in the coordinator's region are read; the others are Unchecked,
// for a rule that lets keys out may let out some rows' only. A shard that fails is told by its Err; the error is of options, or of ctx.
func (e *Engine) Misplaced(ctx context.Context, o MisplacedOptions) ([]Misplaced, error) {
	t, err := e.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	return t.misplaced(ctx, o)
}

func (e *topology) misplaced(ctx context.Context, o MisplacedOptions) ([]Misplaced, error) {
	tables, err := e.checkedTables(o)
	if err != nil {
		return nil, err
	}
	cat, err := e.loadCatalog(ctx)
	if err != nil {
		return nil, err
	}
	var out []Misplaced
	for _, t := range tables {
		if !t.Replicated() && len(t.Key()) == 0 {
			continue // of a single shard
		}
		found, err := e.misplacedOf(ctx, cat, t, o.Sample)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	beside, err := e.besideTheMap(ctx, cat, tables, o.Sample)
	return append(out, beside...), err
}

// checkedTables are the tables asked for.
func (e *topology) checkedTables(o MisplacedOptions) ([]*shardmap.Table, error) {
	if o.Sample < 0 {
		return nil, usageError(fmt.Errorf("a sample of %d rows: ask for one or more, or for all", o.Sample))
	}
	names := e.Map.Tables()
	for _, name := range o.Tables {
		if !slices.Contains(names, name) {
			return nil, usageError(fmt.Errorf("unknown table %q: the tables are %s", name, strings.Join(names, ", ")))
		}
	}
	var out []*shardmap.Table
	for _, name := range names {
		if len(o.Tables) == 0 || slices.Contains(o.Tables, name) {
			t, _ := e.Map.Table(name)
			out = append(out, t)
		}
	}
	return out, nil
}

// shardGroup runs as many shards' checks at the same time as a query asks shards, at most shardsAtOnce where the configuration does not say.
func (e *Engine) shardGroup() *errgroup.Group {
	g := new(errgroup.Group)
	g.SetLimit(shardsAtOnce)
	if n := e.cfg.Limits.Concurrency; n > 0 {
		g.SetLimit(n)
	}
	return g
}

const shardsAtOnce = 16

// keptIn says why a shard's rows are not looked at, "" if they are.
func (e *Engine) keptIn(region string) string {
	if e.policy.Load() == nil || region == e.cfg.Coordinator.Region {
		return ""
	}
	return "under the residency policy its keys do not leave " + region + ": check it from a coordinator there"
}

func (e *topology) misplacedOf(ctx context.Context, cat *catalog.Catalog, t *shardmap.Table, sample int64) ([]Misplaced, error) {
	shards := t.Shards()
	out := make([]Misplaced, len(shards))
	g := e.shardGroup()
	why := unreadable(cat, t)
	if why == "" {
		t, why = e.withDirectory(ctx, cat, t)
	}
	for i, s := range shards {
		sh := e.Map.Shard(s)
		m := &out[i]
		m.Table, m.Shard, m.Region = t.Name(), sh.Name, sh.Region
		kept := e.keptIn(sh.Region)
		switch down := cat.Shard(sh.Name).Err; {
		case kept != "":
			m.Unchecked = kept
		case down != nil:
			m.Err = wrapError(down)
		case why != "":
			m.Unchecked = why
		case t.Replicated():
			g.Go(func() error {
				m.Rows, m.Err = e.countAt(ctx, *cat.Shard(m.Shard), m.Table, sample)
				return nil // it is told with the shard
			})
		default:
			g.Go(func() error {
				m.Err = e.holdAgainst(ctx, cat, t, s, m, sample)
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if t.Replicated() {
		behind(out)
	}
	return out, ctx.Err()
}

// unreadable says why a table's rows cannot be held against the map; "" if they can.
func unreadable(cat *catalog.Catalog, t *shardmap.Table) string {
	table := cat.Table(t.Name())
	if why, _ := cat.Missing(table); why != "" {
		return why
	}
	if t.Replicated() {
		return ""
	}
	if table.Column(plan.PseudoShard) != nil {
		return "it has a column of its own called " + plan.PseudoShard + ", so that no query can ask for one shard's rows"
	}
	kinds := t.Scheme().KeyKinds
	for i, name := range t.Key() {
		col := table.Column(name)
		if col == nil {
			return "there is no column " + name + ", which its key names"
		}
		if col.Problem != "" {
			return "column " + name + " of its key cannot be read: " + col.Problem
		}
		if k, ok := shardmap.KindOf(col.Type.String()); !ok || k != kinds[i] {
			return fmt.Sprintf("column %s of its key is of type %s, and the map's keys are of type %s: queries do not go by it", name, col.Type, kinds[i])
		}
	}
	return ""
}

// holdAgainst reads the keys of a table on one shard and counts those that belong elsewhere.
func (e *topology) holdAgainst(ctx context.Context, cat *catalog.Catalog, t *shardmap.Table, shard int, m *Misplaced, sample int64) error {
	keys := t.Key()
	types := make([]plan.Type, len(keys))
	for i, k := range keys {
		types[i] = cat.Table(m.Table).Column(k).Type
		keys[i] = e.quoted(k)
	}
	sql := fmt.Sprintf("SELECT %s FROM %s WHERE %s = '%s'", strings.Join(keys, ", "), e.quoted(m.Table), plan.PseudoShard, strings.ReplaceAll(m.Shard, "'", "''"))
	if sample > 0 {
		sql += fmt.Sprintf(" LIMIT %d", sample)
	}
	q, err := e.newQuery(sql, nil)
	if err != nil {
		return err
	}
	tally := newTally(e.Map, t, shard, types)
	err = e.each(ctx, q, func() (*plan.Plan, error) { return e.planOver(cat, q, e.opts.off) }, tally.add)
	m.Rows, m.NullKeys, m.Unlisted, m.Astray = tally.rows, tally.nulls, tally.unlisted, tally.astray()
	return err
}

// quoted is a name in the dialect in which queries are written.
func (e *Engine) quoted(name string) string {
	if e.opts.dialect == "mysql" {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return quoted(name)
}

// behind compares the copies of a reference table that were counted.
func behind(copies []Misplaced) {
	most := int64(0)
	for _, c := range copies {
		most = max(most, c.Rows)
	}
	for i := range copies {
		if c := &copies[i]; c.Err == nil && c.Unchecked == "" {
			c.Behind = most - c.Rows
		}
	}
}
