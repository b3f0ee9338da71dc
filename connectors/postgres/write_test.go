package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

func TestConformanceWrites(t *testing.T) {
	conformance.RunWrites(t, conformance.Writes{
		Harness: harness(t, database(t)),
		Column:  func(typ string) (string, bool) { return typ, true },
		Waits:   true,
	})
}

func writeContext(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	tb.Cleanup(cancel)
	return ctx
}

func beginTx(t *testing.T, s *shard) *tx {
	t.Helper()
	x, err := s.Begin(writeContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Rollback)
	return x.(*tx)
}

// jsonRecord builds a record of one column v.
func jsonRecord(t *testing.T, f arrow.Field, json string) arrow.Record {
	t.Helper()
	f.Name, f.Nullable = "v", true
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	rec, _, err := array.RecordFromJSON(alloc, arrow.NewSchema([]arrow.Field{f}, nil), strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		rec.Release()
		alloc.AssertSize(t, 0)
	})
	return rec
}

func marked(t arrow.DataType, name string) arrow.Field {
	return arrow.Field{Type: t, Metadata: arrow.NewMetadata([]string{connectors.TypeKey}, []string{name})}
}

// TestInsertFits writes values into columns of other types than their own: what fits arrives, the rest is refused, and nothing changes on the way.
func TestInsertFits(t *testing.T) {
	plain := func(t arrow.DataType) arrow.Field { return arrow.Field{Type: t} }
	dec := func(p, s int32) arrow.Field { return plain(&arrow.Decimal128Type{Precision: p, Scale: s}) }
	wide := marked(&arrow.Decimal256Type{Precision: 76, Scale: 38}, "numeric")
	small, middle, large := plain(arrow.PrimitiveTypes.Int16), plain(arrow.PrimitiveTypes.Int32), plain(arrow.PrimitiveTypes.Int64)
	single, double := plain(arrow.PrimitiveTypes.Float32), plain(arrow.PrimitiveTypes.Float64)
	text, bpchar := plain(arrow.BinaryTypes.String), marked(arrow.BinaryTypes.String, "bpchar")
	ts := plain(&arrow.TimestampType{Unit: arrow.Microsecond})
	list := func(name string) arrow.Field { return marked(arrow.BinaryTypes.String, name) }
	dsn := database(t, "CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN cents AS numeric(6,2) CHECK (VALUE >= 0)", "CREATE DOMAIN fewer AS cents",
		"CREATE DOMAIN code AS varchar(3)")
	s := openShard(t, connectors.Config{DSN: dsn}, nil)
	for _, tc := range []struct {
		column string
		from   arrow.Field
		value  string // JSON
		want   string // the server's text in brackets, or the error's class
	}{
		{"smallint", large, "-32768", "[-32768]"}, {"smallint", large, "32768", "data"}, {"integer", large, "2147483647", "[2147483647]"},
		{"integer", large, "-2147483649", "data"}, {"bigint", small, "-7", "[-7]"}, {"bigint", middle, "7", "[7]"}, {"real", large, "7", "schema"}, {"text", large, "7", "schema"},
		{"numeric", large, "-9223372036854775808", "[-9223372036854775808]"}, {"numeric(4,2)", large, "99", "[99.00]"}, {"numeric(4,2)", large, "100", "data"},
		{"numeric(3,-2)", large, "12300", "[12300]"}, {"numeric(3,-2)", large, "12340", "data"}, {"numeric(3,-2)", large, "123400", "data"},
		{"numeric(2,4)", dec(10, 6), `"0.009900"`, "[0.0099]"}, {"numeric(2,4)", dec(10, 6), `"0.010000"`, "data"},
		{"numeric(4,2)", dec(20, 10), `"1.2500000000"`, "[1.25]"}, {"numeric(4,2)", dec(20, 10), `"1.2550000000"`, "data"}, {"numeric(4,2)", dec(20, 10), `"-0.0000000000"`, "[0.00]"},
		{"numeric", dec(20, 10), `"1.2500000000"`, "[1.2500000000]"}, {"numeric", wide, `"1.25"`, "[1.25]"}, {"numeric", wide, `"-10000"`, "[-10000]"}, {"numeric", wide, `"0.0001"`, "[0.0001]"},
		{"bigint", dec(10, 2), `"7.00"`, "[7]"}, {"bigint", dec(10, 2), `"7.01"`, "data"}, {"bigint", wide, `"-9223372036854775808"`, "[-9223372036854775808]"},
		{"bigint", wide, `"9223372036854775808"`, "data"}, {"smallint", dec(38, 0), `"-32769"`, "data"}, {"double precision", dec(4, 2), `"1"`, "schema"},
		{"fewer", dec(10, 3), `"12.340"`, "[12.34]"}, {"fewer", dec(10, 3), `"12.345"`, "data"}, {"fewer", dec(10, 3), `"-1.000"`, "constraint"},
		{"real", double, "0.5", "[0.5]"}, {"real", double, "0.1", "data"}, {"double precision", single, "0.5", "[0.5]"}, {"numeric", double, "0.5", "schema"},
		{"varchar(3)", text, `"abc"`, "[abc]"}, {"varchar(3)", text, `"äöü"`, "[äöü]"}, {"varchar(3)", text, `"ab  "`, "data"}, {"varchar(3)", text, `"abcd"`, "data"},
		{"code", text, `"ab  "`, "data"}, {"code", text, `"ab"`, "[ab]"}, {"char(3)", text, `"ab"`, "data"}, {"char(3)", text, `"ab "`, "[ab]"}, {"char(3)", bpchar, `"ab"`, "[ab]"},
		{"char(3)", bpchar, `"ab    "`, "[ab]"}, {"char(3)", bpchar, `"abcd"`, "data"}, {"text", bpchar, `"ab "`, "[ab ]"},
		{"mood", text, `"ok"`, "[ok]"}, {"mood", text, `"secret"`, "data"}, {"name", text, `"n"`, "[n]"}, {`"char"`, text, `"c"`, "schema"}, {"integer", text, `"1"`, "schema"},
		{"json", text, `"{\"b\": 1, \"a\":  2}"`, `[{"b": 1, "a":  2}]`}, {"json", text, `"{secret"`, "data"}, {"jsonb", text, `"{\"b\": 1}"`, "schema"},
		{"jsonb", marked(arrow.BinaryTypes.String, "json"), `"{\"b\":1}"`, `[{"b": 1}]`}, {"uuid", text, `"a"`, "schema"}, {"bytea", text, `"a"`, "schema"},
		{"timestamp(3)", ts, `"2024-02-03 04:05:06.789"`, "[2024-02-03 04:05:06.789]"}, {"timestamp(3)", ts, `"2024-02-03 04:05:06.789001"`, "data"},
		{"timestamp(0)", ts, `"1969-12-31 23:59:59.5"`, "data"}, {"timestamp with time zone", ts, `"2024-02-03 04:05:06"`, "schema"},
		{"time(2)", plain(arrow.FixedWidthTypes.Time64us), `"04:05:06.78"`, "[04:05:06.78]"}, {"time(2)", plain(arrow.FixedWidthTypes.Time64us), `"04:05:06.789"`, "data"},
		{"interval day to minute", plain(arrow.FixedWidthTypes.MonthDayNanoInterval), `{"months": 1, "days": 2, "nanoseconds": 3000}`, "schema"},
		{"interval(3)", plain(arrow.FixedWidthTypes.MonthDayNanoInterval), `{"months": 1, "days": 2, "nanoseconds": 3000}`, "data"},
		{"interval(3)", plain(arrow.FixedWidthTypes.MonthDayNanoInterval), `{"months": 1, "days": 2, "nanoseconds": 3000000}`, "[1 mon 2 days 00:00:00.003]"},
		{"interval", plain(arrow.FixedWidthTypes.MonthDayNanoInterval), `{"months": 1, "days": 2, "nanoseconds": 3001}`, "data"},
		{"integer[]", list("integer[]"), `"{1,NULL,3}"`, "[{1,NULL,3}]"}, {"integer[]", list("integer[]"), `"[0:1]={5,6}"`, "[[0:1]={5,6}]"}, {"integer[]", text, `"{1}"`, "schema"},
		{"numeric(4,2)[]", list("numeric(4,2)[]"), `"{1.50}"`, "[{1.50}]"}, {"numeric(4,2)[]", list("numeric[]"), `"{1.505}"`, "data"}, {"varchar(2)[]", list("text[]"), `"{ab,\"a \"}"`, `[{ab,"a "}]`},
		{"varchar(2)[]", list("text[]"), `"{abc}"`, "data"}, {"timestamp[]", list("timestamp without time zone[]"), `"{infinity,\"0044-03-15 00:00:00 BC\"}"`, `[{infinity,"0044-03-15 00:00:00 BC"}]`},
		{"integer[]", list("integer[]"), `"{secret}"`, "data"}, {"text", list("text[]"), `"{a}"`, "schema"},
		{"bigint GENERATED ALWAYS AS (1) STORED", large, "1", "schema"}, {"bigint GENERATED ALWAYS AS IDENTITY", large, "77", "[77]"},
	} {
		t.Run(tc.column+" "+tc.value[:min(30, len(tc.value))], func(t *testing.T) {
			x := beginTx(t, s)
			defer x.Rollback()
			ctx := writeContext(t)
			if _, err := x.Exec(ctx, "CREATE TABLE public.fits (n bigint, v "+tc.column+")", nil); err != nil {
				t.Fatal(err)
			}
			rows := `[{"v": null}, {"v": ` + tc.value + `}]`
			if strings.Contains(tc.column, "GENERATED") {
				rows = `[{"v": ` + tc.value + `}]`
			}
			got, err := "", error(nil)
			for range 2 { // a second time in the same transaction
				if _, err = x.Insert(ctx, "fits", jsonRecord(t, tc.from, rows)); err != nil {
					break
				}
			}
			if err != nil {
				e := asError(t, err)
				if got = string(e.Class); strings.Contains(err.Error(), "secret") || e.Shard == "" {
					t.Errorf("the error shows the row or lacks the shard: %v", err)
				}
			} else {
				err = s.askOn(ctx, x, "SELECT '[' || v::text || ']' FROM fits WHERE v IS NOT NULL LIMIT 1", []arrow.Field{textField("v")}, nil, func(r row) { got = strings.Clone(r.text(0)) })
			}
			if got != tc.want {
				t.Errorf("got %s (%v), want %s", got, err, tc.want)
			}
		})
	}
}

// TestNumericEncoding encodes random decimals and decodes them with the reader's own parser.
func TestNumericEncoding(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	for range 20_000 {
		scale := rng.IntN(39)
		v := amount{scale: scale, negative: rng.IntN(2) == 0}
		for range rng.IntN(76) + 1 {
			v.magnitude.mulAdd(10, uint64(rng.IntN(10)*rng.IntN(2))) // many zeros
		}
		if !v.magnitude.below(76) {
			continue
		}
		raw := v.reduced().appendNumeric(nil, 0)[4:]
		got, negative, fault := parseNumeric(raw, scale, 76)
		if fault != numericOK || got != v.magnitude || negative != (v.negative && v.magnitude != u256{}) {
			t.Fatalf("%v at scale %d became %v, %v, fault %d: %x", v.magnitude, scale, got, negative, fault, raw)
		}
		if len(raw) > numericHeader && (raw[8] == 0 && raw[9] == 0 || raw[len(raw)-1] == 0 && raw[len(raw)-2] == 0) {
			t.Fatalf("%v at scale %d has an empty group: %x", v.magnitude, scale, raw)
		}
	}
}

// TestAmounts reads the ends of the decimals' ranges.
func TestAmounts(t *testing.T) {
	b := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 38, Scale: 2})
	defer b.Release()
	b.Append(decimal128.New(-1<<63, 0)) // beyond every precision, and its own negative
	narrow := b.NewDecimal128Array()
	defer narrow.Release()
	w := array.NewDecimal256Builder(memory.DefaultAllocator, &arrow.Decimal256Type{Precision: 76, Scale: 38})
	defer w.Release()
	w.Append(decimal256.FromI64(-5))
	wide := w.NewDecimal256Array()
	defer wide.Release()
	if got := amounts(narrow)(0); got != (amount{u256{0, 1 << 63}, 2, true}) {
		t.Errorf("the least decimal128 is %v", got)
	}
	if got := amounts(wide)(0); got != (amount{u256{5}, 38, true}) {
		t.Errorf("-5 is %v", got)
	}
}

// TestWriteReadOnly holds what a transaction is told that may not write, and what a standby says to Begin.
func TestWriteReadOnly(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t, "CREATE TABLE t (v bigint)")}, nil)
	ctx := writeContext(t)
	for _, write := range []func(*tx) error{
		func(x *tx) error { _, err := x.Exec(ctx, "INSERT INTO t VALUES (1)", nil); return err },
		func(x *tx) error {
			_, err := x.Insert(ctx, "t", jsonRecord(t, intField("v"), `[{"v": 1}]`))
			return err
		},
	} {
		x := beginTx(t, s)
		if _, err := x.Exec(ctx, "SET TRANSACTION READ ONLY", nil); err != nil {
			t.Fatal(err)
		}
		if e := asError(t, write(x)); e.Class != connectors.ClassReadOnly || e.SQLState != "25006" {
			t.Errorf("class %s: %v", e.Class, e)
		}
		x.Rollback()
	}
}

// TestWriteStandby begins a transaction on a server that follows another: it can read there, and is told by class that it cannot write.
func TestWriteStandby(t *testing.T) {
	root, err := os.MkdirTemp("", "atoll-standby-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "server")
	for _, standby := range []bool{false, true} {
		if standby {
			if err := os.WriteFile(filepath.Join(dir, "data", "standby.signal"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		c, err := pgtest.Open(dir, "wal_level=replica", "hot_standby=on")
		if err != nil {
			t.Fatal(err)
		}
		s := openShard(t, connectors.Config{DSN: c.DSN, MaxConns: 1}, nil)
		for range 2 {
			if x, err := s.Begin(writeContext(t)); err == nil {
				x.Rollback()
				if standby {
					t.Error("a transaction begins on a standby")
				}
			} else if e := asError(t, err); !standby || e.Class != connectors.ClassReadOnly {
				t.Errorf("standby %v: class %s: %v", standby, e.Class, err)
			}
			mustValues(t, s, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExecRefuses holds that a statement cannot end its transaction, nor move rows that nobody sends; the connection is not lent on.
func TestExecRefuses(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t, "CREATE TABLE t (v bigint)"), MaxConns: 1}, nil)
	ctx := writeContext(t)
	for _, sql := range []string{"COMMIT", "ROLLBACK", "COPY t FROM STDIN", "COPY t TO STDOUT", "SELECT 1; SELECT 2"} {
		x := beginTx(t, s)
		if _, err := x.Exec(ctx, sql, nil); err == nil {
			t.Errorf("%s ran", sql)
		} else {
			asError(t, err)
		}
		if err := x.Commit(ctx); err == nil {
			t.Errorf("after %s the transaction commits", sql)
		}
		x.Rollback()
		mustValues(t, s, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
	}
}

// TestBeginOnStaleConnections ends the idle connections at the server before a transaction begins.
func TestBeginOnStaleConnections(t *testing.T) {
	dsn := database(t, "CREATE TABLE t (v bigint)")
	s := openShard(t, connectors.Config{DSN: dsn, MaxConns: 2}, nil)
	other := openShard(t, connectors.Config{DSN: dsn}, nil)
	for range 3 {
		beginTx(t, s).Rollback()
		mustValues(t, other, connectors.Statement{SQL: "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", Schema: oneInt})
		x := beginTx(t, s)
		if n, err := x.Exec(writeContext(t), "INSERT INTO t VALUES ($1::bigint)", []connectors.Arg{{Text: "1"}}); err != nil || n != 1 {
			t.Fatalf("%d rows, %v", n, err)
		}
		x.Rollback()
	}
}

// TestCancelWhileSending cancels an Insert whose rows the server does not take: it sits in a trigger. The connection is given up, its slot is not.
func TestCancelWhileSending(t *testing.T) {
	s := openShard(t, connectors.Config{MaxConns: 1, DSN: database(t, "CREATE TABLE t (v text)",
		"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_catalog.pg_sleep(600); RETURN NEW; END'",
		"CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()")}, nil)
	watcher := watch(t)
	line := `{"v": "` + strings.Repeat("x", 10_000) + `"}`
	rec := jsonRecord(t, textField("v"), "["+strings.Repeat(line+",", 4000)+line+"]")
	for range 2 {
		x := beginTx(t, s)
		ctx, cancel := context.WithCancel(writeContext(t))
		done := make(chan error, 1)
		go func() {
			_, err := x.Insert(ctx, "t", rec)
			done <- err
		}()
		eventually(t, time.Minute, "the server sleeps", func() bool {
			n, _ := mustValues(t, watcher, connectors.Statement{Schema: oneInt,
				SQL: "SELECT count(*) FROM pg_stat_activity WHERE datname = 'testcancelwhilesending' AND wait_event = 'PgSleep'"})
			return n == "1"
		})
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled Insert says %v", err)
		}
		x.Rollback()
		if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT count(*) FROM t", Schema: oneInt}); got != "0" {
			t.Errorf("%s rows are left", got)
		}
	}
	eventually(t, time.Minute, "the server is idle", func() bool { return busy(t, watcher, "testcancelwhilesending") == "0" })
}

// cutter ends a connection after it has carried a message, or before.
type cutter struct {
	net.Conn
	word   string
	before bool // the message does not arrive
	armed  *atomic.Bool
	cut    atomic.Bool
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.armed.Load() && strings.Contains(string(p), c.word) {
		if !c.before {
			if _, err := c.Conn.Write(p); err != nil {
				return 0, err
			}
			buf := make([]byte, 1) // the answer has left the server
			if _, err := c.Conn.Read(buf); err != nil {
				return 0, err
			}
		}
		c.cut.Store(true)
		return len(p), c.Conn.Close()
	}
	return c.Conn.Write(p)
}

// swapper changes a word on its way to the server.
type swapper struct {
	net.Conn
	old, new string // of equal length
}

func (c *swapper) Write(p []byte) (int, error) {
	return c.Conn.Write([]byte(strings.ReplaceAll(string(p), c.old, c.new)))
}

// TestStoppedBeforeItsSavepoint has the server fail before it makes the savepoint of a reader, as where a request to cancel comes early. What was written before
// is not lost silently: either it is committed, or Commit fails.
func TestStoppedBeforeItsSavepoint(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t, "CREATE TABLE t (v bigint)"), MaxConns: 1}, func(cfg *pgconn.Config) {
		dial := cfg.DialFunc
		cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &swapper{c, "RELEASE SAVEPOINT atoll", "RELEASE SAVEPOINT other"}, nil
		}
	})
	ctx := writeContext(t)
	x := beginTx(t, s)
	for range 2 {
		r, err := x.Query(ctx, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := x.Exec(ctx, "INSERT INTO t VALUES (1)", nil); err != nil {
			asError(t, err)
		}
	}
	if err := x.Commit(ctx); err == nil {
		t.Error("the transaction commits")
	}
	x.Rollback()
	if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT count(*) FROM t", Schema: oneInt}); got != "0" {
		t.Errorf("%s rows", got)
	}
}

// TestCommitUnknown cuts the connection around a COMMIT: nobody can tell whether it arrived, and the error says so.
func TestCommitUnknown(t *testing.T) {
	dsn := database(t, "CREATE TABLE t (v bigint)")
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprintf("before %v", before), func(t *testing.T) {
			var armed atomic.Bool
			s := openShard(t, connectors.Config{DSN: dsn, MaxConns: 1}, func(cfg *pgconn.Config) {
				dial := cfg.DialFunc
				cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
					c, err := dial(ctx, network, addr)
					if err != nil {
						return nil, err
					}
					return &cutter{Conn: c, word: "COMMIT", before: before, armed: &armed}, nil
				}
			})
			x := beginTx(t, s)
			if _, err := x.Exec(writeContext(t), "INSERT INTO t VALUES (1)", nil); err != nil {
				t.Fatal(err)
			}
			armed.Store(true)
			err := x.Commit(writeContext(t))
			if e := asError(t, err); e.Class != connectors.ClassUnknown || e.SQLState != "08007" {
				t.Errorf("class %s: %v", e.Class, err)
			}
			armed.Store(false)
			x.Rollback()
			mustValues(t, s, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
		})
	}
}

// TestCommitBreaksConstraint has a constraint fail that is checked at the end, and one whose check is cancelled.
func TestCommitBreaksConstraint(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t, "CREATE TABLE p (v bigint PRIMARY KEY)",
		"CREATE TABLE t (v bigint CONSTRAINT to_p REFERENCES p DEFERRABLE INITIALLY DEFERRED)", "INSERT INTO p VALUES (1)")}, nil)
	ctx := writeContext(t)
	x := beginTx(t, s)
	if _, err := x.Exec(ctx, "INSERT INTO t VALUES (424242)", nil); err != nil {
		t.Fatal(err)
	}
	err := x.Commit(ctx)
	if e := asError(t, err); e.Class != connectors.ClassConstraint || !strings.Contains(e.Text, `"to_p"`) || strings.Contains(err.Error(), "4242") {
		t.Errorf("class %s: %v", e.Class, err)
	}
	holder := beginTx(t, s)
	if _, err := holder.Exec(ctx, "DELETE FROM p WHERE v = 1", nil); err != nil {
		t.Fatal(err)
	}
	x = beginTx(t, s)
	if _, err := x.Exec(ctx, "INSERT INTO t VALUES (1)", nil); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := x.Commit(short); !errors.Is(err, context.Canceled) { // its check waits for holder
		t.Errorf("a cancelled commit says %v", err)
	}
	holder.Rollback()
	if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT count(*) FROM t", Schema: oneInt}); got != "0" {
		t.Errorf("%s rows are left", got)
	}
}

// TestInsertRoundTrips counts what a write costs.
func TestInsertRoundTrips(t *testing.T) {
	var lines lineCounter
	s := openShard(t, connectors.Config{DSN: database(t, "CREATE TABLE t (v bigint)")}, lines.adjust)
	beginTx(t, s).Rollback()
	ctx := writeContext(t)
	rec := jsonRecord(t, intField("v"), "["+strings.Repeat(`{"v": 1},`, 50_000)+`{"v": 2}]`)
	lines.take()
	x := beginTx(t, s)
	for i, want := range []int{3, 1} { // lock, columns, rows; then the rows alone
		before := lines.take()
		if i == 0 && before != 1 {
			t.Errorf("Begin takes %d round trips", before)
		}
		if _, err := x.Insert(ctx, "t", rec); err != nil {
			t.Fatal(err)
		}
		if got := lines.take(); got != want {
			t.Errorf("Insert %d takes %d round trips, want %d", i+1, got, want)
		}
	}
	if _, err := x.Exec(ctx, "DELETE FROM t WHERE v = $1::bigint", []connectors.Arg{{Text: "1"}}); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if got := lines.take(); got != 2 {
		t.Errorf("Exec and Commit take %d round trips", got)
	}
}
