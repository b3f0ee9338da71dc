package atoll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/pool"
)

// commitTimeout bounds how long the commits of a statement may take, whatever becomes of the caller.
const commitTimeout = 10 * time.Second

// How often, and after how long a pause at first, a write is tried again that a phantom stood in the way of. The pause doubles.
const (
	phantomTries = 8
	phantomPause = 2 * time.Millisecond
)

// runWrite runs a planned write, again where it may have met a phantom.
func (t *topology) runWrite(ctx context.Context, w *write) (*ExecResult, error) {
	ctx, release, err := t.admitWrite(ctx, w)
	if err != nil {
		return nil, err
	}
	defer release()
	pause := phantomPause
	for try := 1; ; try++ {
		out, err := t.tryWrite(ctx, w)
		if err == nil || !t.phantom(err) {
			return out, err
		}
		if try == phantomTries {
			err = wrapError(err)
			var e *Error
			if errors.As(err, &e) {
				e.Hint = "the key is there; or it was deleted while a query that is older still runs, which DuckDB does not tell apart: then repeat the statement later"
			}
			return nil, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, err
		}
		pause *= 2
	}
}

// phantom reports that a shard may have refused a key that is not there: a DuckDB file takes one for present that was deleted, as long as a statement
// older than that runs. Nothing was written.
func (t *topology) phantom(err error) bool {
	var e *connectors.Error
	var half *Error
	if errors.As(err, &half) || !errors.As(err, &e) || e.SQLState != "23505" {
		return false
	}
	s := t.snapshot().Shard(e.Shard)
	return s != nil && s.Caps.Dialect == "duckdb"
}

// tryWrite runs on every shard all statements in one transaction; then, if all succeeded, they are committed one after the other.
func (t *topology) tryWrite(ctx context.Context, w *write) (*ExecResult, error) {
	txs, rows := make([]connectors.Tx, len(w.parts)), make([]int64, len(w.parts))
	defer func() { // of what was committed it takes nothing back
		for _, tx := range txs {
			if tx != nil {
				tx.Rollback()
			}
		}
	}()
	g, within := errgroup.WithContext(ctx)
	for i, p := range w.parts {
		g.Go(func() error {
			writer, ok := p.shard.primary.(connectors.Writer)
			if !ok {
				return &Error{SQLState: "0A000", Pos: -1, Shard: p.shard.Name,
					Text: fmt.Sprintf("shard %s cannot be written to: its driver %s only reads", p.shard.Name, p.shard.Driver)}
			}
			tx, err := writer.Begin(within)
			if err != nil {
				return err
			}
			txs[i] = tx
			for _, s := range p.stmts {
				n, err := tx.Exec(within, s.SQL, w.argsOf(s))
				if err != nil {
					return err
				}
				rows[i] += n
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err := w.commit(ctx, txs)
	w.written() // or some of it
	if err != nil {
		return nil, err
	}
	return w.result(rows), nil
}

// admitWrite waits until every shard can run one statement more, and the engine's budget has room for it. The context that it returns is the one to write under.
func (t *topology) admitWrite(ctx context.Context, w *write) (_ context.Context, release func(), err error) {
	need := pool.Need{Connections: len(w.parts)}
	each := map[string]int64{}
	for _, p := range w.parts {
		each[p.shard.Name] = 1
		need.Shards = append(need.Shards, p.shard.Name)
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

// commit commits shard by shard. It stops at the first that fails, and says then what lasts and what does not. The end of ctx ends none of it: a commit
// half done would be worse than one late.
func (w *write) commit(ctx context.Context, txs []connectors.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	for i, tx := range txs {
		err := tx.Commit(ctx)
		if err == nil {
			continue
		}
		unknown := connectors.ClassOf(err) == connectors.ClassUnknown
		if i == 0 && !unknown {
			return err
		}
		return w.halfDone(i, unknown, err)
	}
	return nil
}

// halfDone says what became of a write whose i-th commit failed.
func (w *write) halfDone(i int, unknown bool, err error) error {
	failed := w.parts[i].shard.Name
	e := &Error{SQLState: "58000", Pos: -1, Shard: failed, cause: err, Hint: "the rows must be looked for on the shards before the statement is repeated"}
	var says []string
	if i > 0 {
		says = append(says, "committed on "+w.shardNames(0, i))
	}
	from := i
	if unknown {
		e.SQLState = "40003"
		says = append(says, "not known of "+failed)
		from = i + 1
	}
	if from < len(w.parts) {
		says = append(says, "not committed on "+w.shardNames(from, len(w.parts)))
	}
	e.Text = fmt.Sprintf("the commit failed on shard %s; the statement is %s: %v", failed, strings.Join(says, ", "), err)
	return e
}

func (w *write) shardNames(from, to int) string {
	var names []string
	for _, p := range w.parts[from:to] {
		names = append(names, p.shard.Name)
	}
	return strings.Join(names, ", ")
}
