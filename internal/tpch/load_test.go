package tpch

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// loaded returns a PostgreSQL with all rows at scale 0.01, or at that of ATOLL_TPCH.
func loaded(t *testing.T) (conn *pgx.Conn, g *Generator, scale float64) {
	t.Helper()
	scale = 0.01
	if text := os.Getenv("ATOLL_TPCH"); text != "" {
		var err error
		if scale, err = strconv.ParseFloat(text, 64); err != nil {
			t.Fatal(err)
		}
	}
	g = generator(t, scale)
	conn, err := pgx.Connect(t.Context(), pgtest.Start(t, 1)[0].DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, table := range Tables {
		s := g.All(table, nil)
		if err := Fill(t.Context(), conn, table, s); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	return conn, g, scale
}

// TestRows holds the loaded tables to the specification: exactly where it states a rule, by their averages to what the TPC's own
// generator makes.
func TestRows(t *testing.T) {
	conn, g, scale := loaded(t)
	for _, table := range Tables {
		if want := g.Rows(table); want >= 0 {
			if got := number(t, conn, "select count(*) from "+table.Name); got != float64(want) {
				t.Errorf("%s has %v rows, want %d", table.Name, got, want)
			}
		}
	}
	for _, sql := range violations {
		if got := number(t, conn, "select count(*) from "+sql); got != 0 {
			t.Errorf("%v rows break a rule: %s", got, sql)
		}
	}
	for sql, want := range distinct {
		if got := number(t, conn, sql); got != want {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
	for _, p := range profile {
		holdAverage(t, conn, p.expression, p.from, p.want, scale)
	}
}

// holdAverage compares an average with that of the TPC's rows at scale 0.1. Both vary by chance, lines of one order together.
func holdAverage(t *testing.T, conn *pgx.Conn, expression, from string, want, scale float64) {
	t.Helper()
	const most = 5 // standard errors
	got := number(t, conn, "select avg("+expression+") from "+from)
	deviation := number(t, conn, "select stddev_samp("+expression+") from "+from)
	rows := number(t, conn, "select count(*) from "+from)
	if strings.Contains(from, "lineitem") {
		rows /= 4
	}
	if off := math.Abs(got - want); off > most*deviation*math.Sqrt(1/rows+scale/(0.1*rows)) {
		t.Errorf("the average of %s over %s is %.6g, want %.6g", expression, from, got, want)
	}
}

func number(t *testing.T, conn *pgx.Conn, sql string) float64 {
	t.Helper()
	var out float64
	if err := conn.QueryRow(t.Context(), fmt.Sprintf("select (%s)::float8", sql)).Scan(&out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

// violations are what no row may be.
var violations = []string{
	"lineitem, orders where l_orderkey = o_orderkey and l_shipdate not between o_orderdate + 1 and o_orderdate + 121",
	"lineitem, orders where l_orderkey = o_orderkey and l_commitdate not between o_orderdate + 30 and o_orderdate + 90",
	"lineitem where l_receiptdate not between l_shipdate + 1 and l_shipdate + 30",
	"lineitem where (l_linestatus = 'O') <> (l_shipdate > date '1995-06-17')",
	"lineitem where (l_returnflag = 'N') <> (l_receiptdate > date '1995-06-17')",
	"lineitem where l_returnflag not in ('N', 'R', 'A')",
	"lineitem where l_quantity not between 1 and 50 or l_quantity <> trunc(l_quantity) or l_discount not between 0 and 0.10 or l_tax not between 0 and 0.08",
	"lineitem, part where l_partkey = p_partkey and l_extendedprice <> l_quantity * p_retailprice",
	"lineitem where not exists (select * from partsupp where ps_partkey = l_partkey and ps_suppkey = l_suppkey)",
	"lineitem where not exists (select * from orders where o_orderkey = l_orderkey and o_nationkey = l_nationkey)",
	"orders where not exists (select * from customer where c_custkey = o_custkey and c_nationkey = o_nationkey)",
	"orders where o_custkey % 3 = 0 or (o_orderkey - 1) % 32 > 7 or o_shippriority <> 0",
	"orders where o_orderdate not between date '1992-01-01' and date '1998-12-31' - 151",
	`(select o_orderkey from orders, lineitem where l_orderkey = o_orderkey group by o_orderkey, o_totalprice, o_orderstatus
		having o_totalprice <> round(sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), 2) or count(*) > 7 or max(l_linenumber) <> count(*)
		or o_orderstatus <> case when min(l_linestatus) <> max(l_linestatus) then 'P' else min(l_linestatus) end) as x`,
	"orders where not exists (select * from lineitem where l_orderkey = o_orderkey)",
	"orders where o_orderpriority not in ('1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW') or o_clerk !~ '^Clerk#0[0-9]{8}$'",
	"customer where c_phone !~ '^[1-3][0-9](-[1-9][0-9]{2}){2}-[1-9][0-9]{3}$' or left(c_phone, 2)::int <> c_nationkey + 10",
	"supplier where left(s_phone, 2)::int <> s_nationkey + 10 or s_name <> 'Supplier#' || lpad(s_suppkey::text, 9, '0')",
	"customer where c_acctbal not between -999.99 and 9999.99 or c_name <> 'Customer#' || lpad(c_custkey::text, 9, '0')",
	"part where p_retailprice <> (90000 + (p_partkey / 10) % 20001 + 100 * (p_partkey % 1000)) / 100.0 or p_size not between 1 and 50",
	"part where left(p_brand, 7) <> 'Brand#' || right(p_mfgr, 1) or array_length(string_to_array(p_name, ' '), 1) <> 5",
	"(select ps_partkey from partsupp group by 1 having count(distinct ps_suppkey) <> 4) as x",
	"partsupp where ps_availqty not between 1 and 9999 or ps_supplycost not between 1 and 1000",
	"nation, region where n_regionkey = r_regionkey and n_name = 'BRAZIL' and r_name <> 'AMERICA'",
	"lineitem where length(l_comment) not between 10 and 43",
	"orders where length(o_comment) not between 19 and 78",
	"customer where length(c_comment) not between 29 and 116 or length(c_address) not between 10 and 40",
	"supplier where length(s_comment) not between 25 and 100",
	"partsupp where length(ps_comment) not between 49 and 198",
	"part where length(p_comment) not between 5 and 22",
}

// profile lists averages of what the TPC's dbgen makes at scale 0.1.
var profile = []struct {
	expression, from string
	want             float64
}{
	{"l_quantity", "lineitem", 25.5337},
	{"l_discount", "lineitem", 0.0500739},
	{"l_tax", "lineitem", 0.0400416},
	{"l_extendedprice", "lineitem", 35992.2},
	{"case when l_returnflag = 'N' then 1.0 else 0 end", "lineitem", 0.506985},
	{"case when l_returnflag = 'A' then 1.0 else 0 end", "lineitem", 0.246082},
	{"case when l_linestatus = 'O' then 1.0 else 0 end", "lineitem", 0.500716},
	{"l_receiptdate - l_shipdate", "lineitem", 15.5026},
	{"l_commitdate - o_orderdate", "lineitem, orders where l_orderkey = o_orderkey", 60.0065},
	{"l_shipdate - o_orderdate", "lineitem, orders where l_orderkey = o_orderkey", 61.0341},
	{"case when l_commitdate < l_receiptdate then 1.0 else 0 end", "lineitem", 0.632412},
	{"length(l_comment)", "lineitem", 26.5127},
	{"case when l_shipmode = 'AIR' then 1.0 else 0 end", "lineitem", 0.142679},
	{"o_totalprice", "orders", 142377},
	{"case when o_orderstatus = 'P' then 1.0 else 0 end", "orders", 0.02566},
	{"case when o_orderstatus = 'F' then 1.0 else 0 end", "orders", 0.485893},
	{"o_orderdate - date '1992-01-01'", "orders", 1204.77},
	{"length(o_comment)", "orders", 48.5355},
	{"case when o_comment like '%special%requests%' then 1.0 else 0 end", "orders", 0.01022},
	{"c_acctbal", "customer", 4470.5},
	{"length(c_address)", "customer", 25.2365},
	{"length(c_comment)", "customer", 72.7605},
	{"case when c_mktsegment = 'BUILDING' then 1.0 else 0 end", "customer", 0.2074},
	{"p_size", "part", 25.3667},
	{"case when p_name like '%green%' then 1.0 else 0 end", "part", 0.05375},
	{"case when p_name like 'forest%' then 1.0 else 0 end", "part", 0.0095},
	{"case when p_type like 'PROMO%' then 1.0 else 0 end", "part", 0.16545},
	{"length(p_comment)", "part", 13.5045},
	{"length(p_name)", "part", 32.7274},
	{"ps_availqty", "partsupp", 5000.73},
	{"ps_supplycost", "partsupp", 499.695},
	{"length(ps_comment)", "partsupp", 123.483},
	{"length(s_comment)", "supplier", 62.04},
	{"s_acctbal", "supplier", 4473.3},
}

// distinct are values whose number is known.
var distinct = map[string]float64{
	"select count(distinct p_type) from part": 150, "select count(distinct p_container) from part": 40, "select count(distinct p_brand) from part": 25,
	"select count(distinct n_regionkey) from nation": 5, "select count(distinct l_shipmode) from lineitem": 7, "select count(distinct l_shipinstruct) from lineitem": 4,
	"select count(distinct c_mktsegment) from customer": 5, "select count(distinct c_nationkey) from customer": 25,
}
