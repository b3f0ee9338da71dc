package atoll

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/heat/advice"
	"github.com/atoll-sql/atoll/shardmap"
)

// Advice is one proposal of what should move between shards; see [Engine.Advise].
type Advice = advice.Advice

// Advise proposes moves of keys: off shards that are draining, and off those that are asked or hold much more than the mean of the active shards of their
// jurisdiction. It goes by the shard map, by what the shards say of their sizes, and by [Engine.Heat]. Only legal moves are proposed: keys stay within
// their jurisdiction, and go to active shards. None means that nothing should move.
//
// Where a range should be cut, the key at which is read from its rows, unless there is a residency policy: then keys are not read, and the proposal
// comes without one.
func (e *Engine) Advise(ctx context.Context) ([]Advice, error) {
	t, err := e.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	statuses, err := t.statuses(ctx)
	if err != nil {
		return nil, err
	}
	in := advice.Input{Map: t.Map, Sizes: make([]map[string]advice.Size, len(t.shards)), Alert: e.heat.cfg.Alert}
	in.Heat = e.heat.counted()
	if e.cfg.Residency == "" {
		in.Boundary = func(table string, p shardmap.Part) (string, string) { return e.halfway(ctx, t, table, p) }
	}
	var silent []Advice
	for i, s := range statuses {
		in.Sizes[i] = map[string]advice.Size{}
		for _, table := range s.Tables {
			in.Sizes[i][table.Table] = advice.Size{Rows: table.Rows, Bytes: table.Bytes}
		}
		if s.Err != nil {
			silent = append(silent, Advice{Kind: advice.Note, From: s.Shard, Rows: -1, Bytes: -1, Requests: -1,
				Why: fmt.Sprintf("shard %s does not answer: its sizes, and those of its jurisdiction, are not weighed: %v", s.Shard, s.Err)})
		}
	}
	return append(silent, advice.Advise(in)...), ctx.Err()
}

// halfway is the key that halves the rows of a range; "" with the reason where there is none.
func (e *Engine) halfway(ctx context.Context, t *topology, table string, p shardmap.Part) (key, why string) {
	if e.opts.dialect != "postgres" {
		return "", "it is read in the dialect postgres only"
	}
	tab, _ := t.Map.Table(table)
	column := quoteName(tab.Key()[0])
	var where []string
	if p.From.Kind() != shardmap.NoValue {
		where = append(where, column+" >= "+quoteText(p.From.String()))
	}
	if p.To.Kind() != shardmap.NoValue {
		where = append(where, column+" < "+quoteText(p.To.String()))
	}
	sql := "SELECT CAST(percentile_disc(0.5) WITHIN GROUP (ORDER BY " + column + ") AS text) FROM " + quoteName(table)
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	key, err := e.oneText(ctx, sql)
	switch {
	case err != nil:
		return "", err.Error()
	case key == "":
		return "", "the range has no rows"
	case key == p.From.String():
		return "", "half of its rows, or more, have one key"
	}
	return key, ""
}

// oneText is the text that a query of one row and column gives, "" for NULL.
func (e *Engine) oneText(ctx context.Context, sql string) (text string, err error) {
	r, err := e.Query(ctx, sql)
	if err != nil {
		return "", err
	}
	defer r.Release()
	for r.Next() {
		col, ok := r.Record().Column(0).(*array.String)
		if !ok {
			return "", errors.New("internal error: no text")
		}
		for i := range col.Len() {
			if col.IsValid(i) {
				text = col.Value(i)
			}
		}
	}
	return text, r.Err()
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteText(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
