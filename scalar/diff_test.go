package scalar

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// diffCase compares one function with an SQL expression of PostgreSQL over many rows of arguments, written
// as text. In sql, $1 … stand for the arguments as typed literals; an argument may be left out (a hint).
type diffCase struct {
	fn   string
	args []arrow.DataType
	sql  string
	rows [][]string
}

// oracle answers a list of SQL expressions, each by its text or by "ERR " and a SQLSTATE.
type oracle struct{ conn *pgx.Conn }

func newOracle(t *testing.T) *oracle {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a PostgreSQL cluster")
	}
	cluster, err := pgtest.New("")
	if err != nil {
		t.Skipf("no PostgreSQL cluster: %v", err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn, err := pgx.Connect(context.Background(), cluster.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(context.Background(), `create function try(q text) returns text language plpgsql as $$
		declare r text; begin execute 'select (' || q || ')::text' into r; return coalesce(r, 'NULL');
		exception when others then return 'ERR ' || sqlstate; end $$;
		create function try_all(q text[]) returns text[] language plpgsql as $$
		declare r text[]; begin
			execute 'select array[' || (select string_agg('coalesce((' || x || ')::text, ''NULL'')', ',') from unnest(q) x) || ']' into r; return r;
		exception when others then return (select array_agg(try(x) order by n) from unnest(q) with ordinality u(x, n)); end $$`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(context.Background(), `create function typmod(v numeric, p int, s int) returns numeric language plpgsql as $$
		declare r numeric; begin execute format('select %L::numeric(%s, %s)', v, p, s) into r; return r; end $$`)
	if err != nil {
		t.Fatal(err)
	}
	for _, dt := range []string{"date", "timestamp", "timestamptz", "time", "interval"} {
		_, err = conn.Exec(context.Background(), fmt.Sprintf(`create function extract_any(f text, v %s) returns numeric language plpgsql as $$
			declare r numeric; begin execute format('select extract(%%L from $1)', f) into r using v; return r; end $$`, dt))
		if err != nil {
			t.Fatal(err)
		}
	}
	return &oracle{conn: conn}
}

func (o *oracle) ask(t *testing.T, queries []string) []string {
	t.Helper()
	var answers []string
	for chunk := range slices.Chunk(queries, 16) {
		var some []string
		if err := o.conn.QueryRow(context.Background(), "select try_all($1::text[])", chunk).Scan(&some); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, some...)
	}
	return answers
}

// sqlType names each argument type in PostgreSQL's SQL.
func sqlType(dt arrow.DataType) string {
	switch dt.ID() {
	case arrow.DECIMAL256:
		return "numeric"
	case arrow.FLOAT64:
		return "float8"
	case arrow.FLOAT32:
		return "float4"
	case arrow.INT16:
		return "int2"
	case arrow.INT32:
		return "int4"
	case arrow.INT64:
		return "int8"
	case arrow.BOOL:
		return "bool"
	case arrow.BINARY:
		return "bytea"
	case arrow.DATE32:
		return "date"
	case arrow.TIME64:
		return "time"
	case arrow.TIMESTAMP:
		if dt.(*arrow.TimestampType).TimeZone != "" {
			return "timestamptz"
		}
		return "timestamp"
	case arrow.INTERVAL_MONTH_DAY_NANO:
		return "interval"
	}
	return "text"
}

func literal(dt arrow.DataType, text string) string {
	if text == nullText {
		return "NULL::" + sqlType(dt)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'::" + sqlType(dt)
}

var allFunctions = sync.OnceValue(Functions)

func findFunction(t testing.TB, name string, args []arrow.DataType) Function {
	t.Helper()
	for _, f := range allFunctions() {
		if f.Name == name && sameTypes(f.Args, args) {
			return f
		}
	}
	t.Fatalf("no function %s%v", name, args)
	return Function{}
}

func sameTypes(a, b []arrow.DataType) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !arrow.TypeEqual(a[i], b[i]) {
			return false
		}
	}
	return true
}

// columnOf makes an array of texts read as dt, through the package's own casts where Arrow has none.
func columnOf(t testing.TB, alloc memory.Allocator, dt arrow.DataType, texts ...string) arrow.Array {
	t.Helper()
	b := array.NewStringBuilder(alloc)
	defer b.Release()
	for _, s := range texts {
		if s == nullText {
			b.AppendNull()
		} else {
			b.Append(s)
		}
	}
	arr := b.NewArray()
	cast := ""
	switch dt.ID() {
	case arrow.STRING:
		return arr
	case arrow.DECIMAL256:
		cast = "pg_wide"
	default:
		cast = "pg_text_" + sqlType(dt)
	}
	defer arr.Release()
	out, err := findFunction(t, cast, []arrow.DataType{arrow.BinaryTypes.String}).Eval(alloc, []arrow.Array{arr}, len(texts))
	if err != nil {
		t.Fatalf("%s of %q: %v", cast, texts, err)
	}
	return out
}

const nullText = "\x00NULL"

// textsOf writes every row of an array as PostgreSQL would.
func textsOf(t testing.TB, alloc memory.Allocator, arr arrow.Array) []string {
	t.Helper()
	arr.Retain()
	if arr.DataType().ID() != arrow.STRING {
		name := "pg_" + sqlType(arr.DataType()) + "_text"
		if arr.DataType().ID() == arrow.DECIMAL256 {
			name = "pg_wide_text"
		}
		out, err := findFunction(t, name, []arrow.DataType{arr.DataType()}).Eval(alloc, []arrow.Array{arr}, arr.Len())
		arr.Release()
		if err != nil {
			t.Fatal(err)
		}
		arr = out
	}
	defer arr.Release()
	texts := make([]string, arr.Len())
	for i := range texts {
		texts[i] = "NULL"
		if !arr.IsNull(i) {
			texts[i] = strings.Clone(arr.(*array.String).Value(i))
		}
	}
	return texts
}

// call evaluates one row and returns its text, or "ERR " and the SQLSTATE.
func call(t testing.TB, f Function, row []string) string {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	args := make([]arrow.Array, len(f.Args))
	for i, dt := range f.Args {
		args[i] = columnOf(t, alloc, dt, row[i])
		defer args[i].Release()
	}
	out, err := f.Eval(alloc, args, 1)
	if err != nil {
		_, state, ok := strings.Cut(err.Error(), "sqlstate:")
		if !ok {
			t.Fatalf("%s%q: error without SQLSTATE: %v", f.Name, row, err)
		}
		return "ERR " + state[:5]
	}
	defer out.Release()
	if out.Len() != 1 {
		t.Fatalf("%s: %d rows", f.Name, out.Len())
	}
	return textsOf(t, alloc, out)[0]
}

// runDiff compares every row of every case with the oracle.
func runDiff(t *testing.T, cases []diffCase) {
	o := newOracle(t)
	for _, c := range cases {
		f := findFunction(t, c.fn, c.args)
		queries := make([]string, len(c.rows))
		for i, row := range c.rows {
			queries[i] = bindText(c, row)
		}
		answers := o.ask(t, queries)
		bad := 0
		for i, row := range c.rows {
			want := expect(f, answers[i])
			if got := call(t, f, row); got != want {
				if bad++; bad <= maxReports() {
					t.Errorf("%s%q = %s, PostgreSQL: %s = %s", c.fn, row, got, queries[i], want)
				}
			}
		}
		if bad > 0 {
			t.Errorf("%s: %d of %d rows differ", c.fn, bad, len(c.rows))
		}
	}
}

func maxReports() int {
	if n, err := strconv.Atoi(os.Getenv("ATOLL_DIFF_REPORTS")); err == nil {
		return n
	}
	return 5
}

func bindText(c diffCase, row []string) string {
	q := c.sql
	for i := len(row) - 1; i >= 0; i-- {
		q = strings.ReplaceAll(q, "$"+strconv.Itoa(i+1), literal(c.args[i], row[i]))
	}
	return q
}

// expect turns PostgreSQL's answer into ours: a wide shows no trailing zeros and has 38 + 38 digits.
func expect(f Function, answer string) string {
	if f.Result.ID() != arrow.DECIMAL256 || strings.HasPrefix(answer, "ERR") || answer == "NULL" {
		return answer
	}
	d, err := ParseDecimal(answer)
	if err != nil {
		return "ERR 22003"
	}
	n, err := d.Wide()
	if err != nil {
		return "ERR 22003"
	}
	return string(wideText(nil, n, 0))
}

// generator makes rows of random arguments, the same in every run.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 15))} }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + g.IntN(10))
		if g.IntN(4) == 0 {
			b[i] = pick(g, byte('0'), '9', '5')
		}
	}
	return string(b)
}

// numeric returns numeric text of up to whole and frac digits.
func (g generator) numeric(whole, frac int) string {
	s := pick(g, "", "-") + g.digits(1+g.IntN(whole))
	if f := g.IntN(frac + 1); f > 0 {
		s += "." + g.digits(f)
	}
	return s
}

func (g generator) float() string {
	switch g.IntN(4) {
	case 0:
		return pick(g, "0", "-0", "NaN", "Infinity", "-Infinity", "1", "-1", "0.5", "2.5", "1e308", "5e-324", "1e23", "1e-5")
	case 1:
		return fmt.Sprint(g.IntN(2000) - 1000)
	case 2:
		return strconv.FormatFloat((g.Float64()-0.5)*100, 'g', -1, 64)
	}
	return fmt.Sprintf("%s%d.%se%d", pick(g, "", "-"), g.IntN(10), g.digits(1+g.IntN(16)), g.IntN(600)-300)
}

// rows calls make n times.
func rows(n int, make func() []string) [][]string {
	out := [][]string{}
	for range n {
		out = append(out, make())
	}
	return out
}

// cross returns every combination of the values of each argument.
func cross(columns ...[]string) [][]string {
	out := [][]string{{}}
	for _, values := range columns {
		var next [][]string
		for _, row := range out {
			for _, v := range values {
				next = append(next, append(append([]string{}, row...), v))
			}
		}
		out = next
	}
	return out
}

func types(dts ...arrow.DataType) []arrow.DataType { return dts }
