package atoll

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	saga "github.com/atoll-sql/atoll/move"
	"github.com/atoll-sql/atoll/shardmap"
)

// surge is a world in which everything happens at once: keys move, are torn in the middle, resumed and taken back, while others write and read them. What
// each writer has written is known exactly, so that every answer can be held against it. ATOLL_TEST_SEED repeats a run as far as the scheduler lets it;
// ATOLL_SIEGE_MOVES, ATOLL_SIEGE_WRITERS and ATOLL_SIEGE_READERS make it larger.
type surge struct {
	dir    string
	env    map[string]string
	engine *Engine
	seed   uint64

	mu   sync.Mutex
	rows map[surgeRow]*surgeStates

	writes, frozen, conflicts, reads, moves, torn, undone, refused atomic.Int64
}

// surgeRow is a row of one of the tables. Rows with small ids are quiet: nobody writes them.
type surgeRow struct {
	table string
	pair  int // of country and number
	id    int
}

// surgeStates are all states that a row was ever in, or may be by a statement that has not returned yet. Only its owner writes to it.
type surgeStates struct {
	list      []int // the value; 0 where there is no such row
	confirmed int   // the last of them that is known to have come about
}

const surgeQuiet = 100

var surgeTables = []string{"s", "sc", "r", "h", "v"}

const surgeMap = `map_version: 1
shards:
  pg: {region: r, driver: postgres, dsn: "${PG}"}
  dd: {region: r, driver: duckdb, dsn: dd.duckdb}
  ms: {region: r, driver: sqlserver, dsn: "${MS}"}
tables:
  s: {sharding: {strategy: lookup, key: [c], key_type: [text], map: {pg: [DE, FR, IT], dd: [BR, AR, é], ms: [US, ES]}}}
  sc: {sharding: {key: [c]}, colocated_with: s}
  r: {sharding: {strategy: range, key: [n], ranges: [{shard: pg, to: 5}, {shard: dd, from: 5, to: 10}, {shard: ms, from: 10}]}}
  h: {sharding: {strategy: hash, key: [n, c], key_type: [bigint, text], buckets: [pg, dd, ms, pg, dd, ms]}}
  v: {sharding: {strategy: virtual, key: [n], virtual: 8, assign: {pg: [0-3], dd: [4-5], ms: [6-7]}}}
`

var surgeCountries = []string{"DE", "FR", "IT", "BR", "AR", "é", "US", "ES"}

const surgePairs = 48

func surgeCountry(pair int) string { return surgeCountries[pair%len(surgeCountries)] }
func surgeNumber(pair int) int     { return pair % 15 }

func surgeNumberOf(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func newSurge(t *testing.T) *surge {
	t.Helper()
	w := &surge{dir: t.TempDir(), env: map[string]string{}, rows: map[surgeRow]*surgeStates{}, seed: uint64(surgeNumberOf("ATOLL_TEST_SEED", 7))}
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	const db = "siege_moves"
	if w.env["PG"], err = clusters[0].CreateDatabase(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	server := tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
	w.env["MS"] = server.DSN()
	exec := map[string]func(sql string) error{
		"pg": func(sql string) error { return clusters[0].ExecIn(t.Context(), db, sql) },
		"ms": func(sql string) error { return server.Exec(t.Context(), sql) },
		"dd": func(sql string) error { return duckdb.Exec(t.Context(), filepath.Join(w.dir, "dd.duckdb"), sql) },
	}
	for shard, text := range map[string]string{"pg": "text", "dd": "varchar", "ms": "nvarchar(20)"} {
		for _, table := range surgeTables {
			sql := "CREATE TABLE %s (c %s NOT NULL, n bigint NOT NULL, id bigint NOT NULL, v bigint NOT NULL, note %s, PRIMARY KEY (c, n, id)"
			if table == "sc" && shard == "pg" && w.seed%2 == 1 {
				sql += ", FOREIGN KEY (c, n, id) REFERENCES s (c, n, id)"
			}
			if err := exec[shard](fmt.Sprintf(sql+")", table, text, text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	text := surgeMap
	if w.seed%4 >= 2 {
		text = strings.NewReplacer("driver: postgres,", "driver: postgres, max_conns: 3,", "driver: duckdb,", "driver: duckdb, max_conns: 3,", "driver: sqlserver,", "driver: sqlserver, max_conns: 3,").Replace(text)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "map.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig([]byte(currentHead), w.dir, func(name string) (string, bool) { v, ok := w.env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	if w.engine, err = Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	w.fill(t)
	return w
}

// fill inserts the quiet rows.
func (w *surge) fill(t *testing.T) {
	t.Helper()
	for _, table := range surgeTables {
		var list []string
		for pair := range surgePairs {
			for id := range 3 {
				v := 1 + pair*3 + id
				w.rows[surgeRow{table, pair, id}] = &surgeStates{list: []int{v}}
				list = append(list, surgeLiteral(pair, id, v))
			}
		}
		if _, err := w.engine.Exec(t.Context(), "INSERT INTO "+table+" (c, n, id, v, note) VALUES "+strings.Join(list, ", ")); err != nil {
			t.Fatal(err)
		}
	}
}

func surgeLiteral(pair, id, v int) string {
	return fmt.Sprintf("('%s', %d, %d, %d, %s)", surgeCountry(pair), surgeNumber(pair), id, v, surgeNote(v, true))
}

// surgeNote goes with a value, so that a row put together of two is seen.
func surgeNote(v int, literal bool) string {
	switch {
	case v%5 == 0 && literal:
		return "NULL"
	case v%5 == 0:
		return "(null)"
	case literal:
		return fmt.Sprintf("'ü %d'", v)
	}
	return fmt.Sprintf("ü %d", v)
}

// attempt writes down that a row may be in another state from now on; of confirm and forget one tells what became of it.
func (w *surge) attempt(row surgeRow, v int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows[row].list = append(w.rows[row].list, v)
}

func (w *surge) confirm(row surgeRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows[row].confirmed = len(w.rows[row].list) - 1
}

func (w *surge) forget(row surgeRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows[row].list = w.rows[row].list[:w.rows[row].confirmed+1]
}

// state is what the owner of a row knows of it.
func (w *surge) state(row surgeRow) (v, next int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.rows[row]
	if s == nil {
		s = &surgeStates{list: []int{0}}
		w.rows[row] = s
	}
	return s.list[s.confirmed], len(s.list)
}

// write changes random rows of its own until ctx ends.
func (w *surge) write(ctx context.Context, me, writers int) error {
	random := rand.New(rand.NewPCG(w.seed, uint64(1000+me)))
	for ctx.Err() == nil {
		row := surgeRow{surgeTables[random.IntN(len(surgeTables))], random.IntN(surgePairs), surgeQuiet + me + writers*random.IntN(2)}
		if err := w.writeRow(ctx, random, row); err != nil && ctx.Err() == nil {
			return fmt.Errorf("writer %d, row %v: %w", me, row, err)
		}
	}
	return nil
}

// writeRow changes one row. A write that was sent is not given up when ctx ends: its outcome counts.
func (w *surge) writeRow(ctx context.Context, random *rand.Rand, row surgeRow) error {
	at, key := " WHERE c = $1 AND n = $2 AND id = $3", []any{surgeCountry(row.pair), surgeNumber(row.pair), row.id}
	if now, _ := w.state(row); row.table == "s" && now != 0 { // rows of sc have foreign keys to those of s
		if child, _ := w.state(surgeRow{"sc", row.pair, row.id}); child != 0 {
			row.table = "sc"
		}
	} else if parent, _ := w.state(surgeRow{"s", row.pair, row.id}); row.table == "sc" && parent == 0 {
		row.table = "s"
	}
	now, next := w.state(row)
	after, want, sql, args := next, int64(1), "", key
	switch kind := random.IntN(10); {
	case now == 0 && kind < 8:
		sql = "INSERT INTO " + row.table + " (c, n, id, v, note) VALUES " + surgeLiteral(row.pair, row.id, next)
		args = nil
	case now == 0 && kind == 8:
		sql, after, want = "UPDATE "+row.table+" SET v = 0"+at, 0, 0
	case now == 0:
		sql, after, want = "DELETE FROM "+row.table+at, 0, 0
	case kind < 5:
		sql = fmt.Sprintf("UPDATE %s SET v = $4, note = %s%s", row.table, surgeNote(next, true), at)
		args = append(args, next)
	case kind < 9:
		sql, after = "DELETE FROM "+row.table+at, 0
	default:
		sql, after, want, args = "INSERT INTO "+row.table+" (c, n, id, v, note) VALUES "+surgeLiteral(row.pair, row.id, next), now, -1, nil
	}
	for ctx.Err() == nil {
		w.attempt(row, after)
		r, err := w.engine.Exec(context.WithoutCancel(ctx), sql, args...)
		state := codeOf(err)
		switch {
		case err == nil && r.Rows == want:
			w.confirm(row)
			w.writes.Add(1)
			return nil
		case err == nil:
			return fmt.Errorf("%s: %d rows, want %d; it was %d", sql, r.Rows, want, now)
		case state == "23505" && want == -1:
			w.forget(row)
			w.writes.Add(1)
			return nil
		case state == "55006":
			w.frozen.Add(1)
			time.Sleep(time.Millisecond)
		case state == "40001" || state == "40P01":
			w.conflicts.Add(1)
			time.Sleep(time.Millisecond)
		case state == "40003":
			got, readErr := ask(ctx, w.engine, "SELECT v FROM "+row.table+at, key...)
			if readErr != nil {
				return readErr
			}
			if got == strconv.Itoa(after) || got == "" && after == 0 {
				w.confirm(row)
				return nil
			}
		default:
			return fmt.Errorf("%s: it was %d: %w", sql, now, err)
		}
		w.forget(row)
	}
	return nil
}

// read asks random questions until ctx ends.
func (w *surge) read(ctx context.Context, me int) error {
	random := rand.New(rand.NewPCG(w.seed, uint64(2000+me)))
	quiet, sum := surgePairs*3, surgePairs*3*(surgePairs*3+1)/2
	for ctx.Err() == nil {
		table, pair := surgeTables[random.IntN(len(surgeTables))], random.IntN(surgePairs)
		var err error
		same := func(sql, want string) {
			if got, e := ask(ctx, w.engine, sql); e != nil || got != want {
				err = fmt.Errorf("%s: %q, want %q: %w", sql, got, want, errors.Join(e))
			}
		}
		switch random.IntN(6) {
		case 0:
			same("SELECT count(*), sum(v) FROM "+table+" WHERE id < 100", fmt.Sprintf("%d %d", quiet, sum))
		case 1:
			same("SELECT c, n, id, count(*) FROM "+table+" GROUP BY c, n, id HAVING count(*) > 1", "")
		case 2:
			same("SELECT count(*), sum(a.v - b.v) FROM s AS a JOIN sc AS b ON a.c = b.c AND a.n = b.n AND a.id = b.id WHERE a.id < 100", fmt.Sprintf("%d 0", quiet))
		case 3:
			err = w.compare(ctx, table, func(surgeRow) bool { return true }, func() (*Result, error) {
				return w.engine.Query(ctx, "SELECT c, n, id, v, note FROM "+table)
			})
		case 4:
			err = w.get(ctx, table, pair)
		case 5:
			err = w.compare(ctx, table, func(r surgeRow) bool { return surgeNumber(r.pair) >= 4 && surgeNumber(r.pair) < 9 }, func() (*Result, error) {
				return w.engine.Query(ctx, "SELECT c, n, id, v, note FROM "+table+" WHERE n BETWEEN 4 AND 8")
			})
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("reader %d: %w", me, err)
		}
		w.reads.Add(1)
	}
	return nil
}

// get reads all rows of one key.
func (w *surge) get(ctx context.Context, table string, pair int) error {
	c, n := surgeCountry(pair), surgeNumber(pair)
	key := map[string][]any{"s": {c}, "sc": {c}, "r": {n}, "h": {n, c}, "v": {n}}[table]
	of := func(r surgeRow) bool {
		byCountry, byNumber := surgeCountry(r.pair) == c, surgeNumber(r.pair) == n
		return (byCountry || table == "r" || table == "v") && (byNumber || table == "s" || table == "sc")
	}
	return w.compare(ctx, table, of, func() (*Result, error) { return w.engine.Get(ctx, table, key...) })
}

// compare holds rows against what was, or may have been, written while the question was asked.
func (w *surge) compare(ctx context.Context, table string, of func(surgeRow) bool, query func() (*Result, error)) error {
	before := map[surgeRow]int{}
	w.mu.Lock()
	for row, s := range w.rows {
		if row.table == table && of(row) {
			before[row] = s.confirmed
		}
	}
	w.mu.Unlock()
	res, err := query()
	if err != nil {
		return err
	}
	defer res.Release()
	got := map[surgeRow]int{}
	for res.Next() {
		if err := surgeRead(res.Record(), table, got); err != nil {
			return err
		}
	}
	if err := res.Err(); err != nil {
		return err
	}
	return w.check(table, of, before, got)
}

// surgeRead takes rows over. One that comes twice is an error.
func surgeRead(rec arrow.Record, table string, into map[surgeRow]int) error {
	for i := range int(rec.NumRows()) {
		cell := func(k int) string { return strings.Clone(rec.Column(k).ValueStr(i)) }
		n, _ := strconv.Atoi(cell(1))
		id, _ := strconv.Atoi(cell(2))
		v, _ := strconv.Atoi(cell(3))
		pair := 0
		for surgeCountry(pair) != cell(0) || surgeNumber(pair) != n {
			if pair++; pair == 8*15 {
				return fmt.Errorf("a row that nobody wrote: %s, %d, %d", cell(0), n, id)
			}
		}
		row := surgeRow{table, pair, id}
		if _, twice := into[row]; twice {
			return fmt.Errorf("row %v came twice", row)
		}
		if cell(4) != surgeNote(v, false) {
			return fmt.Errorf("row %v: value %d and note %q", row, v, cell(4))
		}
		into[row] = v
	}
	return nil
}

func (w *surge) check(table string, of func(surgeRow) bool, before, got map[surgeRow]int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for row := range got {
		if w.rows[row] == nil || !of(row) {
			return fmt.Errorf("row %v is not to be here", row)
		}
	}
	for row, s := range w.rows {
		if row.table == table && of(row) && !slices.Contains(s.list[min(before[row], len(s.list)-1):], got[row]) {
			return fmt.Errorf("row %v (%s, %d) has value %d, want one of %v", row, surgeCountry(row.pair), surgeNumber(row.pair), got[row], s.list[before[row]:])
		}
	}
	return nil
}

// move makes so many random moves of some tables, one after the other.
func (w *surge) move(ctx context.Context, t *testing.T, me, moves int, tables ...string) error {
	random := rand.New(rand.NewPCG(w.seed, uint64(3000+me)))
	for n := 0; n < moves && ctx.Err() == nil; {
		q := w.request(random, tables[random.IntN(len(tables))])
		q.ID = fmt.Sprintf("m-%d-%d", me, n)
		ended, err := w.moveOne(ctx, random, q)
		if err != nil {
			return fmt.Errorf("mover %d, %+v: %w", me, q, err)
		}
		if ended {
			n++
		}
	}
	return nil
}

func (w *surge) request(random *rand.Rand, table string) MoveRequest {
	q := MoveRequest{Table: table, To: []string{"pg", "dd", "ms"}[random.IntN(3)]}
	switch table {
	case "s":
		q.Keys.Values = []string{surgeCountries[random.IntN(len(surgeCountries))]}
		if c := surgeCountries[random.IntN(len(surgeCountries))]; random.IntN(3) == 0 && c != q.Keys.Values[0] {
			q.Keys.Values = append(q.Keys.Values, c)
		}
	case "r":
		from := random.IntN(15)
		q.Keys.From, q.Keys.To = new(strconv.Itoa(from)), new(strconv.Itoa(from+1+random.IntN(4)))
	case "h":
		q.Keys.Buckets = []int{random.IntN(6)}
	case "v":
		q.Keys.Buckets = []int{random.IntN(8)}
	}
	return q
}

// moveOne makes a move, which may be torn any number of times. It reports whether there was one: what was asked for may be refused.
func (w *surge) moveOne(ctx context.Context, random *rand.Rand, q MoveRequest) (bool, error) {
	options := func() MoveOptions {
		steps, last := 0, random.IntN(40)
		o := MoveOptions{Alone: true, Batch: 1 + random.IntN(60)}
		o.step = func(string) error {
			if steps++; steps == last {
				w.torn.Add(1)
				return errTorn
			}
			return nil
		}
		return o
	}
	_, err := w.engine.Move(ctx, q, options())
	var no *saga.Refusal
	if errors.As(err, &no) && !strings.Contains(err.Error(), "undone") {
		w.refused.Add(1)
		return false, nil
	}
	for tries := 0; err != nil; tries++ {
		if strings.Contains(err.Error(), "undone") || tries > 50 {
			return false, err
		}
		if state := codeOf(err); !errors.Is(err, errTorn) && state != "40001" && state != "40P01" {
			return false, err
		}
		moves, listErr := w.engine.Moves(ctx)
		if listErr != nil {
			return false, listErr
		}
		do := w.engine.ResumeMove
		if i := slices.IndexFunc(moves, func(m MoveSpec) bool { return m.ID == q.ID }); i >= 0 && !moves[i].Phase.Switched() && random.IntN(3) == 0 {
			do = w.engine.UndoMove
			w.undone.Add(1)
		}
		if _, err = do(ctx, q.ID, options()); errors.Is(err, saga.ErrUnknown) {
			err = nil
		}
	}
	w.moves.Add(1)
	return true, nil
}

// settled holds what is on the shards against the model.
func (w *surge) settled(t *testing.T) {
	t.Helper()
	m := &moveShards{engine: w.engine, open: map[string]*openShard{}}
	defer m.close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	all := map[surgeRow]int{}
	for _, name := range []string{"pg", "dd", "ms"} {
		s, err := m.Shard(t.Context(), name)
		must(err)
		for _, table := range surgeTables {
			_, err := s.Learn(t.Context(), table)
			must(err)
			stmt, err := s.Select(saga.Select{Table: table, Columns: []string{"c", "n", "id", "v", "note"}})
			must(err)
			rd, err := s.Query(t.Context(), stmt)
			must(err)
			for rec, err := rd.Next(t.Context()); err == nil; rec, err = rd.Next(t.Context()) {
				if err := surgeRead(rec, table, all); err != nil {
					t.Error(name, err)
				}
			}
			must(rd.Close())
		}
		left := []string{}
		for mover := range 4 {
			for n := range w.moves.Load() + 10 {
				left = append(left, shardmap.KeyTable(fmt.Sprintf("m-%d-%d", mover, n)))
			}
		}
		found, err := s.Learn(t.Context(), left...)
		must(err)
		if len(found) > 0 {
			t.Errorf("shard %s still has %v", name, found)
		}
		if found, err := s.Learn(t.Context(), saga.ProgressTable); err != nil || len(found) > 0 && countPast(t, s, saga.ProgressTable, "true") > 0 {
			t.Errorf("shard %s still has progress of moves: %v", name, err)
		}
	}
	for _, table := range surgeTables {
		of := map[surgeRow]int{}
		before := map[surgeRow]int{}
		for row, v := range all {
			if row.table == table {
				of[row] = v
			}
		}
		for row, s := range w.rows {
			before[row] = s.confirmed
			if s.confirmed != len(s.list)-1 {
				t.Errorf("row %v: a statement has not returned", row)
			}
		}
		if err := w.check(table, func(surgeRow) bool { return true }, before, of); err != nil {
			t.Error("on the shards:", err)
		}
	}
	found, err := w.engine.Misplaced(t.Context(), MisplacedOptions{})
	must(err)
	for _, x := range found {
		if !x.OK() {
			t.Errorf("misplaced: %+v", x)
		}
	}
	if moves, err := w.engine.Moves(t.Context()); err != nil || len(moves) > 0 {
		t.Error(moves, err)
	}
}

func TestSiegeMoves(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	if _, err := pgtest.Shared(1); err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	t.Run("world", func(t *testing.T) {
		w := newSurge(t)
		defer func() {
			if err := w.engine.Close(); err != nil {
				t.Error(err)
			}
			if s := w.engine.budget.Stats(); s.Connections != 0 || s.Reserved != 0 || s.Waiting != 0 {
				t.Errorf("left of the budget: %+v", s)
			}
		}()
		w.run(t, surgeNumberOf("ATOLL_SIEGE_MOVES", 6), surgeNumberOf("ATOLL_SIEGE_WRITERS", 4), surgeNumberOf("ATOLL_SIEGE_READERS", 3))
		t.Logf("seed %d: %d writes, %d frozen, %d conflicts, %d reads, %d moves, torn %d times, %d undone, %d refused", w.seed, w.writes.Load(), w.frozen.Load(),
			w.conflicts.Load(), w.reads.Load(), w.moves.Load(), w.torn.Load(), w.undone.Load(), w.refused.Load())
		w.settled(t)
	})
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// run lets everybody work until the movers are done, or somebody has found a fault.
func (w *surge) run(t *testing.T, moves, writers, readers int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	work, end := context.WithCancelCause(ctx)
	defer end(nil)
	var movers, others sync.WaitGroup
	start := func(g *sync.WaitGroup, do func() error) {
		g.Go(func() {
			if err := do(); err != nil {
				end(err)
			}
		})
	}
	for i := range writers {
		start(&others, func() error { return w.write(work, i, writers) })
	}
	for i := range readers {
		start(&others, func() error { return w.read(work, i) })
	}
	for i, tables := range [][]string{{"s", "r", "v"}, {"h", "v", "s"}} {
		start(&movers, func() error { return w.move(work, t, i, moves, tables...) })
	}
	dump := time.AfterFunc(3*time.Minute+time.Duration(moves)*10*time.Second, func() {
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
		end(errors.New("nothing ends any more: a deadlock?"))
	})
	movers.Wait()
	fault := context.Cause(work)
	end(errSurgeOver)
	others.Wait()
	dump.Stop()
	if fault == nil && !errors.Is(context.Cause(work), errSurgeOver) {
		fault = context.Cause(work)
	}
	if fault != nil {
		t.Fatalf("seed %d, after %d moves: %v", w.seed, w.moves.Load(), fault)
	}
}

var errSurgeOver = errors.New("the siege is over")
