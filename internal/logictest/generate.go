package logictest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// seed fixes the generated rows.
const seed = 20261122

// generator makes cells; chance decides about NULLs, so that every nullable column has some.
type generator struct{ *rand.Rand }

func generate(d *Dataset) {
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	g.units(d.table("units"))
	g.members(d.table("members"))
	g.payments(d.table("payments"))
	g.events(d.table("events"))
	g.ledger(d.table("ledger"))
	g.sensors(d.table("sensors"))
}

func text(s string) Cell { return Cell{Text: s} }
func number(n int) Cell  { return Cell{Text: strconv.Itoa(n)} }
func decimal(hundredths int) Cell {
	sign := ""
	if hundredths < 0 {
		sign, hundredths = "-", -hundredths
	}
	return Cell{Text: fmt.Sprintf("%s%d.%02d", sign, hundredths/100, hundredths%100)}
}

// or returns the cell, or NULL once in n times.
func (g generator) or(n int, c Cell) Cell {
	if g.IntN(n) == 0 {
		return Cell{Null: true}
	}
	return c
}

func (g generator) pick(choices ...string) Cell { return text(choices[g.IntN(len(choices))]) }

func (g generator) date(from, to int) Cell {
	days := g.IntN((to - from) * 365)
	return text(time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days).Format(time.DateOnly))
}

// moment returns a time of day within the years, with microseconds half of the time.
func (g generator) moment(from, to int, zone string) Cell {
	day := g.date(from, to)
	clock := fmt.Sprintf("%02d:%02d:%02d", g.IntN(24), g.IntN(60), g.IntN(60))
	if g.IntN(2) == 0 {
		clock += fmt.Sprintf(".%06d", g.IntN(1e6))
	}
	return text(day.Text + " " + clock + zone)
}

func (g generator) units(t *Table) {
	for id := 1; id <= 60; id++ {
		coop := []int{1, 2, 3, 4, 5, 7, 8, 9}[g.IntN(8)]
		t.Rows = append(t.Rows, []Cell{number(id), number(coop),
			g.or(9, text(fmt.Sprintf("%c-%d", 'A'+g.IntN(5), g.IntN(30)))),
			g.or(9, text(fmt.Sprintf("%d.%d", 20+g.IntN(120), g.IntN(4)*25))),
			g.or(7, number(1+g.IntN(6))), g.or(8, decimal(30000+g.IntN(250000))), g.or(5, number(g.IntN(9)-1))})
	}
}

func (g generator) members(t *Table) {
	first := []string{"Ana", "Bruno", "Çelik", "Dörte", "Émile", "Ana", "João", "łucja", "Marta", "ana", "O'Neil", "Zoë"}
	for id := 1; id <= 140; id++ {
		coop := 1 + g.IntN(11)
		name := first[g.IntN(len(first))]
		t.Rows = append(t.Rows, []Cell{number(id), number(coop), g.or(12, text(name)),
			g.or(4, text(fmt.Sprintf("m%d@example.%s", id, g.pick("org", "com", "ORG").Text))),
			g.or(10, g.date(1890, 2005)), g.or(15, g.date(1990, 2026)),
			g.or(6, g.pick("t", "f", "t")), g.or(5, text(fmt.Sprintf("%d.%d", g.IntN(10), g.IntN(2)*5)))})
	}
}

func (g generator) payments(t *Table) {
	for id := 1; id <= 900; id++ {
		coop := 1 + g.IntN(12)
		amount := decimal(g.IntN(500000) - 20000)
		if g.IntN(10) == 0 {
			amount = decimal(12500) // ties
		}
		t.Rows = append(t.Rows, []Cell{number(id), number(coop), g.or(10, number(1+g.IntN(150))), g.or(14, amount),
			g.or(20, g.pick("EUR", "EUR", "BRL", "USD", "JPY", "XXX")), g.or(25, g.date(2012, 2026)),
			g.or(12, g.moment(2012, 2026, "+00")),
			g.or(3, g.pick("", "rent", "Rent", "rent ", "deposit", "10% off", "a_b", "fee")),
			g.or(9, text(fmt.Sprintf("%d.%d", g.IntN(8), g.IntN(8)*125))), g.or(11, number(g.IntN(5)))})
	}
}

func (g generator) events(t *Table) {
	for id := 1; id <= 400; id++ {
		tag := fmt.Sprintf("%08x-0000-4000-8000-%012x", g.IntN(40), g.IntN(3))
		t.Rows = append(t.Rows, []Cell{number(id * 7), g.or(15, g.pick("login", "logout", "pay", "fail", "")),
			g.or(20, g.moment(2019, 2022, "")), g.or(10, number(g.IntN(2000)-1000)), g.or(8, text(tag)),
			g.or(6, g.pick("00:00:01", "1 day", "01:30:00", "1 mon", "-02:00:00", "1 day 03:00:00.5"))})
	}
}

func (g generator) ledger(t *Table) {
	for id := 1; id <= 300; id++ {
		debit, credit := g.or(2, decimal(g.IntN(1e7))), Cell{Null: true}
		if debit.Null {
			credit = g.or(20, decimal(g.IntN(1e7)))
		}
		t.Rows = append(t.Rows, []Cell{number(id), g.date(2008, 2026),
			g.or(10, g.pick("00:00:00", "08:30:00", "12:00:00.000001", "23:59:59.999999")),
			g.or(30, g.pick("1000", "1200", "4000", "4400", "8400")), debit, credit})
	}
}

func (g generator) sensors(t *Table) {
	for id := 1; id <= 200; id++ {
		t.Rows = append(t.Rows, []Cell{number(id), g.or(20, g.pick("DE", "DE", "FR", "US", "JP", "JP")),
			g.or(12, text(fmt.Sprintf("%d.%d", g.IntN(200)-100, g.IntN(1000)))),
			g.or(12, text(fmt.Sprintf("%d.%d", g.IntN(60)-20, g.IntN(10)))),
			g.or(15, g.moment(2024, 2025, "+00")), g.or(9, g.pick("t", "f"))})
	}
}
