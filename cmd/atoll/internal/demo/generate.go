package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// months is how long payments are recorded: from November 2023 to October 2026.
const months = 36

var firstMonth = time.Date(2023, time.November, 1, 0, 0, 0, 0, time.UTC)

// generator draws the rows of one site.
type generator struct {
	Site
	rng      *rand.Rand
	person   *rand.Rand // for what is known of members beside their payments
	units    *rowWriter
	members  *rowWriter
	payments *rowWriter
	dues     [months]arrow.Date32
	nextID   int32 // of members; a member's unit has the same number
	payment  int64 // rows so far
	weights  int
}

// Generate returns the tables of one site; the caller releases them. The rows depend on the site alone.
func Generate(s Site, mem memory.Allocator) []Table {
	g := &generator{
		Site: s, rng: rand.New(rand.NewPCG(0x61746f6c6c, s.seed)), person: rand.New(rand.NewPCG(0x70657273, s.seed)),
		units: newRowWriter(mem, "units"), members: newRowWriter(mem, "members"), payments: newRowWriter(mem, "payments"),
		nextID: s.firstID / 100 * 100_000,
	}
	for m := range g.dues {
		g.dues[m] = arrow.Date32FromTime(firstMonth.AddDate(0, m, 0))
	}
	for _, c := range s.coops {
		g.weights += c.weight
	}
	for g.payment < int64(s.payments) {
		g.member()
	}
	return []Table{
		currencyTable(mem), g.cooperativeTable(mem), g.units.finish(), g.members.finish(), g.payments.finish(),
	}
}

func currencyTable(mem memory.Allocator) Table {
	w := newRowWriter(mem, "currencies")
	for _, c := range currencies {
		w.text(0, c.code)
		w.text(1, c.name)
		w.int16(2, c.minorUnits)
		w.decimal(3, c.euroRate)
		w.end()
	}
	return w.finish()
}

func (g *generator) cooperativeTable(mem memory.Allocator) Table {
	w := newRowWriter(mem, "cooperatives")
	for i, c := range g.coops {
		w.int32(0, g.firstID+int32(i))
		w.text(1, c.name)
		w.text(2, c.city)
		w.text(3, g.country)
		w.date(4, arrow.Date32FromTime(time.Date(c.founded, time.Month(1+i*5%12), 1+i*7%28, 0, 0, 0, 0, time.UTC)))
		w.end()
	}
	return w.finish()
}

// member draws a member, their unit and their payments.
func (g *generator) member() {
	g.nextID++
	at := g.pickCooperative()
	coop := g.firstID + int32(at)
	fee := g.unit(coop)

	// Most were members before the records begin; some joined later, some left.
	age := 12 * (firstMonth.Year() - 1 - g.coops[at].founded)
	joined, from, until := -1-g.rng.IntN(min(age, 240)), 0, months
	if g.chance(15) {
		joined = g.rng.IntN(months - 1)
		from = joined + 1
	}
	left := g.chance(7)
	if left {
		until = from + 1 + g.rng.IntN(months-from)
	}
	w := g.members
	w.int32(0, g.nextID)
	w.int32(1, coop)
	w.int32(2, g.nextID)
	given, family := g.given[g.rng.IntN(len(g.given))], g.family[g.rng.IntN(len(g.family))]
	w.text(3, given+" "+family)
	if g.chance(12) {
		w.null(4)
	} else {
		w.text(4, fmt.Sprintf("m%d@%s", g.nextID, g.mail))
	}
	w.text(5, g.taxID(g.person))
	w.date(6, arrow.Date32FromTime(firstMonth.AddDate(0, joined, g.rng.IntN(28))))
	if left && until < months {
		w.date(7, g.dues[until]-1)
	} else {
		w.null(7)
	}
	g.consent()
	w.end()
	for m := from; m < until && g.payment < int64(g.Site.payments); m++ {
		g.pay(coop, m, fee)
	}
}

// consent is whether the member agrees to statistics about members. Not everybody has been asked.
func (g *generator) consent() {
	switch n := g.person.IntN(10); {
	case n == 0:
		g.members.null(8)
	default:
		g.members.bool(8, n > 2)
	}
}

// pickCooperative draws the index of a cooperative by weight.
func (g *generator) pickCooperative() int {
	n := g.rng.IntN(g.weights)
	for i, c := range g.coops {
		if n -= c.weight; n < 0 {
			return i
		}
	}
	return 0
}

// unit writes the next member's unit and returns its monthly fee in cents.
func (g *generator) unit(coop int32) int64 {
	fee := int64(g.Site.fee[0]*100 + g.rng.IntN((g.Site.fee[1]-g.Site.fee[0])*20)*5)
	floor := g.rng.IntN(9)
	w := g.units
	w.int32(0, g.nextID)
	w.int32(1, coop)
	w.text(2, fmt.Sprintf("%s-%d%02d", strings.ToUpper(string(rune('a'+g.rng.IntN(6)))), floor, 1+g.rng.IntN(24)))
	w.int16(3, int16(floor))
	w.decimal(4, int64(280+g.rng.IntN(1000)))
	w.decimal(5, fee)
	w.end()
	return fee
}

// pay writes one month's payment.
func (g *generator) pay(coop int32, month int, fee int64) {
	w := g.payments
	g.payment++
	w.int64(0, int64(g.firstID)/100*1_000_000+g.payment)
	w.int32(1, coop)
	w.int32(2, g.nextID)
	w.decimal(3, g.amount(fee, month))
	w.text(4, g.currency)
	w.date(5, g.dues[month])
	if g.chance(g.unpaid(month)) {
		w.null(6)
		w.null(7)
	} else {
		late := int64(g.rng.IntN(27*24*3600)) - 3*24*3600 // from three days early
		w.b.Field(6).(*array.TimestampBuilder).Append(arrow.Timestamp((int64(g.dues[month])*24*3600 + late) * 1_000_000))
		w.text(7, g.methods[g.rng.IntN(len(g.methods))])
	}
	if g.chance(4) {
		w.text(8, g.notes[g.rng.IntN(len(g.notes))])
	} else {
		w.null(8)
	}
	w.end()
}

// amount is the fee, raised by 3 % a year; now and then only a part of it, or money back.
func (g *generator) amount(fee int64, month int) int64 {
	cents := fee + fee*3*int64(month/12)/100
	switch g.rng.IntN(200) {
	case 0:
		return -cents / 4
	case 1, 2:
		return cents / 2
	}
	return cents
}

// unpaid is the chance in percent that a month's payment has not come in.
func (g *generator) unpaid(month int) int {
	switch months - month {
	case 1:
		return 22
	case 2:
		return 7
	}
	return 1
}

func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

// decimal appends an unscaled value.
func (w *rowWriter) decimal(i int, v int64) {
	w.b.Field(i).(*array.Decimal128Builder).Append(decimal128.FromI64(v))
}
