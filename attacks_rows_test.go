package atoll

import (
	"fmt"

	"github.com/atoll-sql/atoll/internal/tap"
)

// newFort makes the world. The shards hold the same groups, each with planted values of its own.
func newFort() *fort {
	f := &fort{secrets: secrets{byName: map[string]tap.Value{}}}
	coops := f.table("coops", "coop int, name text, country text, opened date, ledger_key text")
	for i, s := range fortShards {
		coops.add(s, i+1, []string{"North", "South", "West", "East"}[i], []string{"DE", "BR", "US", "IN"}[i], fmt.Sprintf("19%d0-05-01", i+5), f.text(s+" ledger key"))
	}
	currencies := f.table("currencies", "code text, name text, rate numeric(18,2)")
	for _, s := range fortShards {
		currencies.rows[s] = append(currencies.rows[s], "EUR|Euro|1.00", "NOK|Krone|11.50", "DKK|Krone|7.46", "SEK|Krona|11.20")
	}
	f.members()
	f.payments()
	f.fees()
	f.visits()
	f.others()
	return f
}

// vips are the persons by whom one can tell what leaked: one has consented, one has not, one was not asked.
var vips = map[string]string{"open": "true", "closed": "false", "unasked": "NULL"}

var vipNames = []string{"open", "closed", "unasked"}

func (f *fort) members() {
	t := f.table("members", "coop int, id bigint, name text, email text, tax_id text, birth_date date, city text, plan text, consent boolean, score numeric(18,2)")
	for i, s := range fortShards {
		for n := 1; n <= 40; n++ {
			id := ordinary(i, n)
			t.add(s, i+1, id, fmt.Sprint("member ", id), fmt.Sprintf("m%d@mail.test", id), fmt.Sprint("T-", id), fmt.Sprintf("1980-01-%02d", n%28+1),
				[]string{"Lund", "Bari", "Gent"}[n%3], []string{"basic", "plus"}[n%2], n%7 != 0, money(int64(n*100)))
		}
		for _, who := range vipNames {
			key := s + " " + who
			city, plan := "Lund", "basic"
			if who != "open" {
				city, plan = f.text(key+" city"), f.text(key+" plan")
			}
			t.add(s, i+1, f.number(key+" id"), f.text(key+" name"), f.email(key+" email"), f.text(key+" tax_id"), f.day(key+" birth_date"), city, plan, vips[who],
				money(f.cents(key+" score")))
		}
	}
}

// ordinary is the id of an ordinary member.
func ordinary(shard, n int) int { return (shard+1)*1000 + n }

func (f *fort) payments() {
	t := f.table("payments", "coop int, id bigint, member_id bigint, amount numeric(18,2), currency text, paid_on date, note text, consent boolean")
	for i, s := range fortShards {
		id := (i + 1) * 100_000
		pay := func(member any, cents int64, currency, day, note, consent string) {
			id++
			t.add(s, i+1, id, member, money(cents), currency, day, note, consent)
		}
		// group pays once for each member; the last one makes the sum the planted one.
		group := func(currency, day, sum string, members ...any) {
			left := int64(0)
			if sum != "" {
				left = f.cents(sum)
			}
			for n, m := range members {
				c := int64(1000 + roll(fmt.Sprint(s, currency, day, n), 9000))
				if left -= c; sum != "" && n == len(members)-1 {
					c += left
				}
				pay(m, c, currency, day, "-", "true")
			}
		}
		some := func(from, to int) (ids []any) {
			for n := from; n <= to; n++ {
				ids = append(ids, ordinary(i, n))
			}
			return ids
		}
		group("EUR", "2026-01-15", "", some(1, 15)...)
		group("EUR", "2026-01-15", "", some(1, 15)...)
		group("EUR", "2026-02-15", "", some(1, 15)...)
		group("NOK", "2026-01-15", "", some(1, 11)...)
		group("DKK", "2026-01-15", s+" DKK sum", some(1, 10)...)
		group("JPY", "2026-03-15", s+" JPY sum", some(1, 4)...)
		group("GBP", "2026-01-15", s+" GBP sum", some(1, 9)...)
		group("SEK", "2026-01-15", "", some(1, 13)...)
		group("PLN", "2026-01-15", s+" PLN sum", append(some(1, 6), "NULL", "NULL", "NULL", "NULL", "NULL", "NULL")...)
		one := make([]any, 40)
		for n := range one {
			one[n] = ordinary(i, 20)
		}
		group(f.text(s+" currency of one"), "2026-01-15", s+" sum of one", one...)
		for n := 10; n <= 14; n++ {
			pay(ordinary(i, n), f.cents(fmt.Sprint(s, " GBP unconsented ", n)), "GBP", "2026-01-15", "-", []string{"false", "NULL"}[n%2])
		}
		pay(ordinary(i, 30), f.cents(s+" SEK unconsented"), "SEK", "2026-01-15", "-", "false")
		pay(ordinary(i, 31), f.cents(s+" EUR unconsented"), "EUR", "2026-01-15", f.text(s+" unconsented note"), "NULL")
		t.add(s, i+1, f.number(s+" payment id"), f.byName[s+" open id"].Text, money(f.cents(s+" payment amount")), "EUR", f.day(s+" payment day"), f.text(s+" payment note"), "true")
	}
}

func (f *fort) fees() {
	t := f.table("fees", "coop int, id bigint, member_id bigint, kind text, amount numeric(18,2)")
	for i, s := range fortShards {
		id := (i + 1) * 10_000
		fee := func(n int, kind string, cents int64) {
			id++
			t.add(s, i+1, id, ordinary(i, n), kind, money(cents))
		}
		for n := 1; n <= 8; n++ {
			fee(n, "basic", int64(5000+n*7))
			fee(n, "silver", []int64{5000, 30000}[n/7]+int64(n))
			gold := int64(5000 + n)
			if n == 8 {
				gold = f.cents(s + " gold amount")
			}
			fee(n, "gold", gold)
		}
		fee(9, f.text(s+" fee kind of one"), f.cents(s+" fee of one"))
	}
}

func (f *fort) visits() {
	t := f.table("visits", "coop int, id bigint, member_id bigint, kind text")
	u := f.table("exams", "coop int, id bigint, member_id bigint, grade text")
	for i, s := range fortShards {
		id := (i + 1) * 10_000
		visit := func(n int, kind string) {
			id++
			t.add(s, i+1, id, ordinary(i, n), kind)
		}
		for n := 1; n <= 9; n++ {
			visit(n, "checkup")
			u.add(s, i+1, id, ordinary(i, n), "A")
			if n < 7 {
				u.add(s, i+1, id+100, ordinary(i, n), "B")
			}
		}
		few := f.text(s + " visit kind of few")
		visit(21, few)
		visit(22, few)
		if s != "ap-1" {
			other := f.text(s + " other visit kind")
			visit(23, other)
			visit(24, other)
			visit(25, other)
		}
		if s == "us-1" {
			grade := f.text(s + " grade of few")
			u.add(s, i+1, id+200, ordinary(i, 21), grade)
			u.add(s, i+1, id+201, ordinary(i, 22), grade)
		}
	}
}

func (f *fort) others() {
	diagnoses := f.table("diagnoses", "coop int, id bigint, member_id bigint, code text, day date, cost numeric(18,2)")
	partners := f.table("partners", "coop int, id bigint, company text, city text, iban text")
	promos := f.table("promos", "coop int, id bigint, title text, discount int")
	logins := f.table("logins", "coop int, id bigint, member_id bigint, device text")
	cards := f.table("cards", "coop int, id bigint, member_id bigint, number text")
	badges := f.table("badges", "coop int, id bigint, member_id bigint, badge text, hall text")
	for i, s := range fortShards {
		for n := 1; n <= 12; n++ {
			diagnoses.add(s, i+1, n, ordinary(i, n), "J10", "2026-01-15", "10.00")
		}
		diagnoses.add(s, i+1, f.number(s+" diagnosis id"), f.byName[s+" open id"].Text, f.text(s+" diagnosis"), f.day(s+" diagnosis day"), money(f.cents(s+" diagnosis cost")))
		for n := 1; n <= 2; n++ {
			partners.add(s, i+1, n, f.text(fmt.Sprint(s, " company ", n)), "Lund", f.text(fmt.Sprint(s, " iban ", n)))
			promos.add(s, i+1, n, f.text(fmt.Sprint(s, " promo ", n)), 10*n)
		}
		for n := 1; n <= 15; n++ {
			logins.add(s, i+1, n, ordinary(i, n), "phone")
		}
		logins.add(s, i+1, 16, f.byName[s+" open id"].Text, f.text(s+" device"))
		for n := 1; n <= 14; n++ { // one has two badges, and three people are in the attic
			badges.add(s, i+1, n, ordinary(i, max(n, 2)), f.text(fmt.Sprint(s, " badge ", n)), []string{"main", "attic"}[n/12])
		}
		for _, who := range vipNames {
			cards.add(s, i+1, len(cards.rows[s])+1, f.byName[s+" "+who+" id"].Text, f.text(s+" "+who+" card"))
		}
	}
}
