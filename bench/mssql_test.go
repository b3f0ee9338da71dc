package bench_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	_ "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/mssql"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

const (
	mssqlSelect = "SELECT id, member, amount, memo, due, paid FROM payments"
	// mssqlServer makes the test binary be the server of so many rows: in a process of its own it costs the client no allocations.
	mssqlServer = "ATOLL_BENCH_TDS"
)

var mssqlSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "member", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "amount", Type: &arrow.Decimal128Type{Precision: 15, Scale: 2}, Nullable: true},
	{Name: "memo", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "due", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	{Name: "paid", Type: &arrow.TimestampType{Unit: arrow.Microsecond}, Nullable: true},
}, nil)

// BenchmarkMSSQLDecode reads 1 M rows of six columns from a test server on loopback into Arrow batches, and the same rows
// with database/sql's Next and Scan into typed variables, in turn. It reports the median of (the loop's time / ours) as
// speed/scan, which must be at least 0.9, and the heap allocations per row of both: the driver makes all of ours.
func BenchmarkMSSQLDecode(b *testing.B) {
	count, rounds := 1_000_000, 5
	if testing.Short() {
		count, rounds = 20_000, 1
	}
	dsn := startMSSQL(b, count)
	var ratios, ours, theirs, allocs, scanAllocs []float64
	for b.Loop() {
		for range rounds {
			t, theirPerRow := measureRows(b, count, func() int64 { return readWithScan(b, dsn) })
			o, perRow := measureRows(b, count, func() int64 { return readMSSQL(b, dsn) })
			ratios = append(ratios, t.Seconds()/o.Seconds())
			theirs, ours = append(theirs, t.Seconds()), append(ours, o.Seconds())
			allocs, scanAllocs = append(allocs, perRow), append(scanAllocs, theirPerRow)
		}
	}
	b.ReportMetric(report.Median(ratios), "speed/scan")
	b.ReportMetric(report.Median(theirs), "scan-s")
	b.ReportMetric(report.Median(ours), "atoll-s")
	b.ReportMetric(report.Median(allocs), "allocs/row")
	b.ReportMetric(report.Median(scanAllocs), "scan-allocs/row")
}

// measureRows returns the time and the heap allocations per row that reading takes.
func measureRows(b *testing.B, count int, read func() int64) (time.Duration, float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	if rows := read(); rows != int64(count) {
		b.Fatalf("%d rows", rows)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return took, float64(after.Mallocs-before.Mallocs) / float64(count)
}

func readMSSQL(b *testing.B, dsn string) int64 {
	c, err := mssql.Open(connectors.Config{Shard: "bench", DSN: dsn})
	if err != nil {
		b.Fatal(err)
	}
	rows := readAll(b, c, connectors.Statement{SQL: mssqlSelect, Schema: mssqlSchema})
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	return rows
}

func readWithScan(b *testing.B, dsn string) (n int64) {
	db, err := sql.Open("sqlserver", dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(mssqlSelect)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var id int64
	var member int32
	var amount, memo string
	var due, paid time.Time
	for ; rows.Next(); n++ {
		if err := rows.Scan(&id, &member, &amount, &memo, &due, &paid); err != nil {
			b.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return n
}

// startMSSQL starts the server and returns its DSN, without TLS: what is measured is the way of the rows.
func startMSSQL(b *testing.B, count int) string {
	cmd := exec.Command(os.Args[0], "-test.run=^TestMSSQLServer$", "-test.v")
	cmd.Env = append(os.Environ(), mssqlServer+"="+strconv.Itoa(count))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			b.Error(err)
		}
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if dsn, ok := strings.CutPrefix(lines.Text(), "dsn "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }() // the rest of its output is nobody's concern
			return dsn
		}
	}
	b.Fatal("the server did not start")
	return ""
}

// TestMSSQLServer is the server's process: it serves until its standard input ends.
func TestMSSQLServer(t *testing.T) {
	count, err := strconv.Atoi(os.Getenv(mssqlServer))
	if err != nil {
		t.Skip("this is the server of BenchmarkMSSQLDecode")
	}
	s := tdstest.Start(t)
	if err := s.Database().Load("dbo", "payments", paymentColumns(), paymentRows(count)); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	fmt.Println("dsn " + s.DSNWith("encrypt", "disable", "certificate", "", "packet size", "8000"))
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Error(err)
	}
}

func paymentColumns() []tsql.ColumnDef {
	column := func(name, typ string, args ...int) tsql.ColumnDef {
		return tsql.ColumnDef{Name: name, Type: tsql.TypeName{Name: typ, Args: args}}
	}
	return []tsql.ColumnDef{column("id", "bigint"), column("member", "int"), column("amount", "decimal", 15, 2),
		column("memo", "nvarchar", 40), column("due", "date"), column("paid", "datetime2", 6)}
}

func paymentRows(count int) [][]engine.Value {
	first := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	rows := make([][]engine.Value, count)
	for i := range rows {
		n := int64(i + 1)
		var memo engine.String16
		for _, c := range fmt.Sprintf("payment no. %d", n) {
			memo = append(memo, uint16(c))
		}
		rows[i] = []engine.Value{n, n % 50000, engine.Dec{Unscaled: big.NewInt(n * 7919 % 1_000_000), Scale: 2}, memo,
			first.AddDate(0, 0, i%2000), first.Add(time.Duration(n) * 37 * time.Second)}
	}
	return rows
}

func readAll(b *testing.B, c connectors.Connector, stmt connectors.Statement) (rows int64) {
	ctx := context.Background()
	r, err := c.Query(ctx, stmt)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			b.Fatal(err)
		}
		rows += rec.NumRows()
	}
}
