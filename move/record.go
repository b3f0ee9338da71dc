package move

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// ProgressTable is a table on the shards that keys move to: how far each move is, in the transactions that wrote the rows it speaks of.
const ProgressTable = "atoll_move_progress"

// The items of a move in the ProgressTable; with a table's name behind it, how far that table is copied.
const (
	itemSpec  = "spec"
	itemOwner = "owner" // the token of the run that has the move
	itemCopy  = "copy "
	itemLeft  = "left" // what the tables held at From when the keys switched, where a directory lists them; null once it is being deleted
)

// copied is how far a table is copied.
type copied struct {
	Last []string // the primary key of the last row, as PostgreSQL's text
	Rows int64
	Done bool
}

// item is a value of the ProgressTable. Everything in it is spelled such that it needs no quoting: what it holds may be of a row.
func (r *run) item(name string) string {
	return "move = '" + r.spec.ID + "' AND item = '" + itemName(name) + "'"
}

func itemName(name string) string { return hex.EncodeToString([]byte(name)) }

func packed(v any) (string, error) {
	b, err := json.Marshal(v)
	return base64.StdEncoding.EncodeToString(b), err
}

func unpacked(text string, v any) error {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// put writes an item within a transaction on the shard To.
func (r *run) put(ctx context.Context, tx connectors.Tx, name string, v any) error {
	value, err := packed(v)
	if err != nil {
		return err
	}
	table := r.to.Name(ProgressTable)
	n, err := tx.Exec(ctx, "UPDATE "+table+" SET value = '"+value+"' WHERE "+r.item(name), nil)
	if err == nil && n == 0 {
		_, err = tx.Exec(ctx, "INSERT INTO "+table+" (move, item, value) VALUES ('"+r.spec.ID+"', '"+itemName(name)+"', '"+value+"')", nil)
	}
	return err
}

// fence makes a transaction on the shard To one that only the run which has the move can commit.
func (r *run) fence(ctx context.Context, tx connectors.Tx) error {
	token, err := packed(r.token)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "UPDATE "+r.to.Name(ProgressTable)+" SET value = '"+token+"' WHERE "+r.item(itemOwner)+" AND value = '"+token+"'", nil)
	if err == nil && n != 1 {
		err = ErrTaken
	}
	return err
}

// own makes this run the one that has the move.
func (r *run) own(ctx context.Context) error {
	if err := makeProgress(ctx, r.to); err != nil {
		return err
	}
	return transact(ctx, r.to, func(tx connectors.Tx) error { return r.put(ctx, tx, itemOwner, r.token) })
}

// stillOwn fails if another run has the move.
func (r *run) stillOwn(ctx context.Context) error {
	return transact(ctx, r.to, func(tx connectors.Tx) error { return r.fence(ctx, tx) })
}

// transact runs do in a transaction.
func transact(ctx context.Context, s Shard, do func(connectors.Tx) error) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// lockedWrite bounds a transaction at To while the tables at From are locked: two moves in opposite directions could wait for each other's locks, and no
// server would see that.
const lockedWrite = 30 * time.Second

// write is transact on the shard To for the run that has the move.
func (r *run) write(ctx context.Context, do func(connectors.Tx) error) error {
	if r.locked {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lockedWrite)
		defer cancel()
	}
	return transact(ctx, r.to, func(tx connectors.Tx) error {
		if err := r.fence(ctx, tx); err != nil {
			return err
		}
		return do(tx)
	})
}

// makeProgress makes the ProgressTable, unless there is one. Another move may do so at the same time.
func makeProgress(ctx context.Context, s Shard) error {
	for try := 1; ; try++ {
		found, err := s.Learn(ctx, ProgressTable)
		if err != nil || len(found) > 0 {
			return err
		}
		if err = createProgress(ctx, s); err == nil || try == mostTries {
			return err
		}
		if sleep(ctx, firstPause) != nil {
			return err
		}
	}
}

func createProgress(ctx context.Context, s Shard) error {
	return transact(ctx, s, func(tx connectors.Tx) error {
		_, err := tx.Exec(ctx, s.CreateTable(ProgressTable, []connectors.Column{{Name: "move"}, {Name: "item"}, {Name: "value"}}, 2), nil)
		return err
	})
}

var progressSchema = arrow.NewSchema([]arrow.Field{{Name: "item", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "value", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

// progress reads the items of a move on a shard; none if it has no such table.
func progress(ctx context.Context, s Shard, id string) (map[string]string, error) {
	found, err := s.Learn(ctx, ProgressTable)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	out := map[string]string{}
	stmt := connectors.Statement{SQL: "SELECT item, value FROM " + s.Name(ProgressTable) + " WHERE move = '" + id + "'", Schema: progressSchema}
	err = each(ctx, s.Query, stmt, func(rec arrow.Record) error {
		items, values := rec.Column(0).(*array.String), rec.Column(1).(*array.String)
		for i := range int(rec.NumRows()) {
			name, err := hex.DecodeString(items.Value(i))
			if err != nil {
				return fmt.Errorf("table %s holds an item that no move has written", ProgressTable)
			}
			out[string(name)] = values.Value(i)
		}
		return nil
	})
	return out, err
}

// each gives the batches of a statement to do.
func each(ctx context.Context, query func(context.Context, connectors.Statement) (connectors.Reader, error), stmt connectors.Statement, do func(arrow.Record) error) (err error) {
	rd, err := query(ctx, stmt)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rd.Close(); err == nil {
			err = cerr
		}
	}()
	for {
		rec, err := rd.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = do(rec)
		}
		if err != nil {
			return err
		}
	}
}

// count counts the rows of a table that meet a condition.
func count(ctx context.Context, s Shard, table string, where Clause) (n int64, err error) {
	stmt, err := s.Select(Select{Table: table, Where: where})
	if err != nil {
		return 0, err
	}
	err = each(ctx, s.Query, stmt, func(rec arrow.Record) error {
		n = rec.Column(0).(*array.Int64).Value(0)
		return nil
	})
	return n, err
}

// helpers make the tables that list the keys of a move of buckets.
func (r *run) helpers(ctx context.Context) error {
	if len(r.spec.Keys.Buckets) == 0 {
		return nil
	}
	name := shardmap.KeyTable(r.spec.ID)
	for i, s := range []Shard{r.from, r.to} {
		found, err := s.Learn(ctx, name)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			continue
		}
		side := []string{r.spec.From, r.spec.To}[i]
		var cols []connectors.Column
		for k, p := range r.tables[0].place {
			cols = append(cols, connectors.Column{Name: keyName(k), Native: r.tables[0].nativeType(side, p.name)})
		}
		err = transact(ctx, s, func(tx connectors.Tx) error {
			_, err := tx.Exec(ctx, s.CreateTable(name, cols, len(cols)), nil)
			return err
		})
		if err == nil {
			_, err = s.Learn(ctx, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func keyName(i int) string { return fmt.Sprintf("k%d", i+1) }

func (t *groupTable) nativeType(side, column string) string {
	for _, c := range t.native[side] {
		if c.Name == column {
			return c.Native
		}
	}
	return ""
}

// forget removes what a move that is over has left on its shards.
func (r *run) forget(ctx context.Context) error {
	if err := r.dropKeys(ctx); err != nil {
		return err
	}
	if err := r.step("dropped the key tables"); err != nil {
		return err
	}
	return forgetProgress(ctx, r.to, r.spec.ID)
}

func (r *run) dropKeys(ctx context.Context) error {
	for _, s := range []Shard{r.from, r.to} {
		if err := dropKeyTable(ctx, s, r.spec.ID); err != nil {
			return err
		}
	}
	return nil
}

func dropKeyTable(ctx context.Context, s Shard, id string) error {
	name := shardmap.KeyTable(id)
	found, err := s.Learn(ctx, name)
	if err != nil || len(found) == 0 {
		return err
	}
	return transact(ctx, s, func(tx connectors.Tx) error {
		_, err := tx.Exec(ctx, "DROP TABLE "+s.Name(name), nil)
		return err
	})
}

func forgetProgress(ctx context.Context, s Shard, id string) error {
	return transact(ctx, s, func(tx connectors.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM "+s.Name(ProgressTable)+" WHERE move = '"+id+"'", nil)
		return err
	})
}

// sweep removes what a move that the map does not know any more, or not yet, has left on the shards.
func (m *Mover) sweep(ctx context.Context, snap *Snapshot, id string) error {
	if !validID(id) {
		return refuse("%q is no name of a move", id)
	}
	for _, x := range snap.Map.Shards() {
		if x.State == shardmap.StateRetired {
			continue
		}
		to, err := m.shards.Shard(ctx, x.Name)
		if err != nil {
			if connectors.ClassOf(err) == connectors.ClassReadOnly {
				continue
			}
			return err
		}
		items, err := progress(ctx, to, id)
		if err != nil {
			return err
		}
		if items[itemSpec] == "" {
			continue
		}
		var spec shardmap.MoveSpec
		if err := unpacked(items[itemSpec], &spec); err != nil {
			return err
		}
		from, err := m.shards.Shard(ctx, spec.From)
		if err != nil {
			return err
		}
		// Statements of versions in which the move stood may still read the tables of keys.
		if err := m.options.Wait(ctx, m.maps.MaxStale()+m.options.Drain); err != nil {
			return err
		}
		for _, s := range []Shard{from, to} {
			if err := dropKeyTable(ctx, s, id); err != nil {
				return err
			}
		}
		return forgetProgress(ctx, to, id)
	}
	return fmt.Errorf("move %s: %w: the map has none of that name, and no shard knows of it", id, ErrUnknown)
}
