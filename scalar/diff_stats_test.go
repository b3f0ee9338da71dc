package scalar

import (
	"fmt"
	"strings"
	"testing"
)

// aggregates are the finals of exact numerics, by PostgreSQL's names.
var aggregates = map[string]func(n int64, sum, sumSq Decimal) (Decimal, bool, error){
	"avg":         func(n int64, sum, _ Decimal) (Decimal, bool, error) { return Avg(n, sum) },
	"var_pop":     VarPop,
	"var_samp":    VarSamp,
	"stddev_pop":  StddevPop,
	"stddev_samp": StddevSamp,
}

// TestDiffStats compares digits and display scales of the finals with PostgreSQL's aggregates.
func TestDiffStats(t *testing.T) {
	g := newGenerator(9)
	groups := [][]string{{}, {"1"}, {"1.50"}, {"0", "0"}, {"1", "2", "3", "4"}, {"0.001", "-0.001"}, {"1e-10", "1", "99999999999999999999"}, {"5", "5", "5"}}
	for range 60 {
		var group []string
		for range 1 + g.IntN(12) {
			group = append(group, g.numeric(1+g.IntN(12), g.IntN(8)))
		}
		groups = append(groups, group)
	}
	var queries, got []string
	for name, final := range aggregates {
		for _, group := range groups {
			queries = append(queries, fmt.Sprintf("(select %s(x) from unnest('{%s}'::numeric[]) x)", name, strings.Join(group, ",")))
			var sum, sumSq Decimal
			for _, s := range group {
				d, err := ParseDecimal(s)
				if err != nil {
					t.Fatal(err)
				}
				sum, sumSq = sum.Add(d), sumSq.Add(d.Mul(d))
			}
			v, ok, err := final(int64(len(group)), sum, sumSq)
			switch {
			case err != nil:
				got = append(got, err.Error())
			case !ok:
				got = append(got, "NULL")
			default:
				got = append(got, v.String())
			}
		}
	}
	for i, want := range newOracle(t).ask(t, queries) {
		// A variance that is not positive is PostgreSQL's constant 0, without a scale.
		if got[i] != want {
			t.Errorf("%s = %s, PostgreSQL: %s", queries[i], got[i], want)
		}
	}
}

// TestDiffDecimal compares the display scales that Decimal's methods choose.
func TestDiffDecimal(t *testing.T) {
	g := newGenerator(10)
	methods := map[string]func(a, b Decimal) (Decimal, error){
		"$1 + $2":             func(a, b Decimal) (Decimal, error) { return a.Add(b), nil },
		"$1 - $2":             func(a, b Decimal) (Decimal, error) { return a.Sub(b), nil },
		"$1 * $2":             func(a, b Decimal) (Decimal, error) { return a.Mul(b), nil },
		"$1 / $2":             Decimal.Div,
		"$1 % $2":             Decimal.Mod,
		"div($1, $2)":         Decimal.Quo,
		"sqrt(abs($1))":       func(a, _ Decimal) (Decimal, error) { return a.Abs().Sqrt() },
		"ceil($1)":            func(a, _ Decimal) (Decimal, error) { return a.Ceil(), nil },
		"floor($1)":           func(a, _ Decimal) (Decimal, error) { return a.Floor(), nil },
		"round($1, 3)":        func(a, _ Decimal) (Decimal, error) { return a.Round(3), nil },
		"trunc($1, -2)":       func(a, _ Decimal) (Decimal, error) { return a.Trunc(-2), nil },
		"$1::numeric(20, 4)":  func(a, _ Decimal) (Decimal, error) { return a.Typmod(20, 4) },
		"$1::numeric(3, -2)":  func(a, _ Decimal) (Decimal, error) { return a.Typmod(3, -2) },
		"ln(abs($1) + 1)":     func(a, _ Decimal) (Decimal, error) { return a.Abs().Add(DecimalFromInt64(1)).Ln() },
		"exp($1 / 1000000)":   func(a, _ Decimal) (Decimal, error) { return mustDiv(a, 1000000).Exp() },
		"power(abs($1), 2.5)": func(a, _ Decimal) (Decimal, error) { return a.Abs().Power(NewDecimal(pow10(0), 0).Add(threeHalves())) },
	}
	pairs := rows(40, func() []string { return []string{g.numeric(8, 6), g.numeric(6, 6)} })
	var queries, got []string
	for sql, method := range methods {
		for _, row := range pairs {
			queries = append(queries, bindText(diffCase{sql: sql, args: types(wideType, wideType)}, row))
			a, errA := ParseDecimal(row[0])
			b, errB := ParseDecimal(row[1])
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			v, err := method(a, b)
			if err != nil {
				got = append(got, "ERR "+err.(*Error).SQLState)
			} else {
				got = append(got, v.String())
			}
		}
	}
	for i, want := range newOracle(t).ask(t, queries) {
		if got[i] != want {
			t.Errorf("%s = %s, PostgreSQL: %s", queries[i], got[i], want)
		}
	}
}

func threeHalves() Decimal { return mustDiv(DecimalFromInt64(3), 2).Round(1) }

func mustDiv(a Decimal, n int64) Decimal {
	d, err := a.Div(DecimalFromInt64(n))
	if err != nil {
		panic(err)
	}
	return d
}
