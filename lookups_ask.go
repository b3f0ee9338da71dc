package atoll

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
	"github.com/atoll-sql/atoll/shardmap"
)

const (
	lookupTimeout = 5 * time.Second // of one question; then the query goes on without an answer
	maxFoundKeys  = 100             // sharding keys of one value; of more nothing is used
	maxFoundRows  = 100_000         // of one answer
)

// resolve looks up what the last plan wanted to know. It reports whether there was anything.
func (l *lookups) resolve(ctx context.Context, cat *catalog.Catalog) bool {
	l.mu.Lock()
	want := l.want
	l.want = map[*lookupTable]map[shardmap.Value]bool{}
	l.mu.Unlock()
	for t, values := range want {
		for batch := range slices.Chunk(slices.SortedFunc(maps.Keys(values), shardmap.Compare), place.MaxLookups) {
			l.resolveBatch(ctx, cat, t, batch)
		}
	}
	return len(want) > 0
}

func (l *lookups) resolveBatch(ctx context.Context, cat *catalog.Catalog, t *lookupTable, values []shardmap.Value) {
	answers, why := map[shardmap.Value]*found{}, l.reason(cat, t, values)
	asked := 0
	if why == "" {
		ask := func(ctx context.Context, values []shardmap.Value) (map[shardmap.Value]*found, error) {
			return l.t.ask(ctx, cat, l.q, t, values)
		}
		var err error
		if answers, asked, err = t.cache.resolve(ctx, l.class, values, ask); err != nil {
			why = t.fail(l.class, err, l.t.opts.now())
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range values {
		l.learn(t, v, answers[v])
	}
	told := l.told[t]
	told.Asked += asked
	told.Cached += max(0, len(answers)-asked)
	if why != "" {
		told.Unknown = why
	}
}

// reason says why values are not to be asked for, "" if they are.
func (l *lookups) reason(cat *catalog.Catalog, t *lookupTable, values []shardmap.Value) string {
	if why := t.unfit(cat); why != "" {
		return why
	}
	if l.q.policy != nil && !t.near {
		l.mu.Lock()
		defer l.mu.Unlock()
		if slices.ContainsFunc(values, func(v shardmap.Value) bool { return l.derived[v] }) {
			return "under the residency policy keys that an index gave are not sent to other regions"
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, ok := t.failed[l.class]; ok && f.holds(l.t.opts.now()) {
		return f.why
	}
	return ""
}

// fail remembers for a while why a question failed. That the caller gave up says nothing of the next one.
func (t *lookupTable) fail(class uint32, err error, now time.Time) string {
	f := failure{why: "it cannot be asked: " + wrapError(err).Error(), until: now.Add(afterFailure)}
	var no *Error
	if errors.As(wrapError(err), &no) && no.Kind == KindResidency {
		f = failure{why: "refused: " + no.Text, until: now.Add(afterRefusal)}
	}
	if isContextEnd(err) {
		return f.why
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.failed) >= maxClasses {
		clear(t.failed)
	}
	t.failed[class] = f
	return f.why
}

func isContextEnd(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

var errLookupSlow = fmt.Errorf("no answer within %s", lookupTimeout)

// unfit says why a directory or an index cannot be used with the tables as they are, "" if it can.
func (t *lookupTable) unfit(cat *catalog.Catalog) string {
	if cat.Table(t.table) == nil || cat.Table(t.in) == nil {
		return "its columns are not known"
	}
	from := append([]string{t.column}, t.key...)
	to := append([]string{t.as}, t.gives...)
	if t.directory {
		from, to = from[:1], to[:1]
		c := cat.Table(t.in).Column(t.gives[0])
		if c == nil || c.Problem != "" || !isText(c.Type) {
			return fmt.Sprintf("table %s has no column %s of texts", t.in, t.gives[0])
		}
	}
	for i := range from {
		a, b := cat.Table(t.table).Column(from[i]), cat.Table(t.in).Column(to[i])
		switch {
		case a == nil || a.Problem != "":
			return fmt.Sprintf("table %s has no usable column %s", t.table, from[i])
		case b == nil || b.Problem != "":
			return fmt.Sprintf("table %s has no usable column %s", t.in, to[i])
		case a.Type.Kind != b.Type.Kind && !(a.Type.IsInteger() && b.Type.IsInteger()) && !(isText(a.Type) && isText(b.Type)):
			return fmt.Sprintf("column %s of table %s is of type %s, and column %s of table %s of type %s", from[i], t.table, a.Type, to[i], t.in, b.Type)
		}
		if _, ok := shardmap.KindOf(b.Type.String()); !ok {
			return fmt.Sprintf("column %s of table %s is of type %s, which cannot be looked up", to[i], t.in, b.Type)
		}
	}
	return ""
}

func isText(t plan.Type) bool {
	kind, ok := shardmap.KindOf(t.String())
	return ok && kind == shardmap.TextValue && t.Kind != plan.Bpchar
}

// errPartial is for rules that keep rows of a directory or an index back: what is not found would not be known to be missing.
func errPartial(x *plan.Crossing, t *plan.CrossingTable) error {
	return &residency.Refusal{Rule: t.Rule, Table: t.Table, Shard: x.Shard, From: x.From, To: x.To, Clause: "where",
		Text: fmt.Sprintf("rule %s lets only a part of %s leave %s, and a lookup needs all of it", t.Rule, t.Table, x.From)}
}

// ask sends a question of the query's caller, which is judged and recorded as any of theirs. Every value gets an answer.
func (t *topology) ask(ctx context.Context, cat *catalog.Catalog, q *query, in *lookupTable, values []shardmap.Value) (map[shardmap.Value]*found, error) {
	slow, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	own := t.lookupQuery(q, in, values)
	out := make(map[shardmap.Value]*found, len(values))
	for _, v := range values {
		out[v] = &found{}
	}
	rows := 0
	err := t.each(slow, own, func() (*plan.Plan, error) { return t.planLookup(cat, own) }, func(r array.RecordReader) error {
		if rows += int(r.Record().NumRows()); rows > maxFoundRows {
			return fmt.Errorf("it has more than %d rows of these values", maxFoundRows)
		}
		return t.collect(cat, in, r, out)
	})
	if err != nil && ctx.Err() == nil && slow.Err() != nil {
		err = errLookupSlow
	}
	return out, err
}

// planLookup plans a question, and refuses an answer of which rules keep a part back.
func (t *topology) planLookup(cat *catalog.Catalog, q *query) (*plan.Plan, error) {
	p, err := t.planOver(cat, q, t.opts.off)
	if err != nil {
		return nil, err
	}
	for i := range p.Crossings {
		x := &p.Crossings[i]
		for j := range x.Tables {
			if c := &x.Tables[j]; x.Form != "rows" || c.Where != "" || c.Min > 0 || c.Largest > 0 {
				return nil, errPartial(x, c)
			}
		}
	}
	return p, nil
}

// lookupQuery asks for values; with each row comes the value that it is of.
func (t *topology) lookupQuery(q *query, in *lookupTable, values []shardmap.Value) *query {
	columns := append([]string{in.as}, in.gives...)
	for i, c := range columns {
		columns[i] = t.quoted(c)
	}
	params, marks := make([]bind.Param, len(values)), make([]string, len(values))
	for i, v := range values {
		params[i].Text = v.String()
		if marks[i] = fmt.Sprintf("$%d", i+1); t.opts.dialect == "mysql" {
			marks[i] = "?"
		}
	}
	sql := fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (%s)", strings.Join(columns, ", "), t.quoted(in.in), columns[0], strings.Join(marks, ", "))
	own := &query{sql: sql, params: params, now: q.now, caller: q.caller, policy: q.policy}
	own.caller.Application = strings.TrimSpace(own.caller.Application + " (lookup)")
	return own
}

// collect reads the rows of an answer.
func (t *topology) collect(cat *catalog.Catalog, in *lookupTable, r array.RecordReader, out map[shardmap.Value]*found) error {
	rec := r.Record()
	columns := append([]string{in.as}, in.gives...)
	read := make([]func(int) shardmap.Value, len(columns))
	for i, c := range columns {
		if read[i] = keyReader(cat.Table(in.in).Column(c).Type, rec.Column(i)); read[i] == nil {
			return errKeyForm
		}
	}
	for row := range int(rec.NumRows()) {
		f := out[read[0](row)]
		if f == nil {
			continue // equal by the rules of a shard, and not by those of keys
		}
		key := make([]shardmap.Value, len(in.gives))
		for i := range key {
			if col := rec.Column(i + 1); !col.IsNull(row) {
				key[i] = read[i+1](row).Clone()
			}
		}
		f.rows++
		if in.directory {
			t.names(in, f, key[0])
		} else if !slices.ContainsFunc(f.keys, func(k []shardmap.Value) bool { return slices.Equal(k, key) }) {
			if f.keys = append(f.keys, key); len(f.keys) > maxFoundKeys {
				f.keys, f.open = nil, true
			}
		}
	}
	return nil
}

// names takes a shard's name from a directory.
func (t *topology) names(in *lookupTable, f *found, name shardmap.Value) {
	table, _ := t.Map.Table(in.table)
	i, ok := t.Map.ShardIndex(name.String())
	switch {
	case !ok || !slices.Contains(table.Shards(), i):
		f.open = true
	case !slices.Contains(f.shards, i):
		f.shards = append(f.shards, i)
		slices.Sort(f.shards)
	}
}
