package tpch

import "strings"

// Keep says by its key which rows to make: the nation of customers, and of the customer of orders and lineitems; the supplier of
// suppliers and partsupps. Other tables have no key. nil keeps all.
type Keep func(key int64) bool

func (k Keep) skips(key int64) bool { return k != nil && !k(key) }

func fillRegion(g *Generator, w *writer, key int64, _ Keep) {
	r := stream(g.seed, streamRegion, key)
	w.int(key).text(regions[key]).text(r.text(31, 115))
}

func fillNation(g *Generator, w *writer, key int64, _ Keep) {
	r := stream(g.seed, streamNation, key)
	w.int(key).text(nations[key].name).int(nations[key].region).text(r.text(31, 114))
}

func fillPart(g *Generator, w *writer, unit int64, _ Keep) {
	key := unit + 1
	r := stream(g.seed, streamPart, key)
	maker := r.between(1, 5)
	brand := 10*maker + r.between(1, 5)
	w.int(key).text(partName(&r)).text(numberedShort("Manufacturer#", maker)).text(numberedShort("Brand#", brand))
	w.text(r.pick(typeSizes) + " " + r.pick(typeFinishes) + " " + r.pick(typeMetals))
	w.int(r.between(1, 50)).text(r.pick(containerSizes) + " " + r.pick(containerKinds)).money(price(key)).text(r.text(5, 22))
}

// partName draws five different colours.
func partName(r *random) string {
	var at [5]int64
	words := make([]string, 0, len(at))
draw:
	for len(words) < len(at) {
		c := r.below(int64(len(colours)))
		for _, other := range at[:len(words)] {
			if c == other {
				continue draw
			}
		}
		at[len(words)] = c
		words = append(words, colours[c])
	}
	return strings.Join(words, " ")
}

func fillSupplier(g *Generator, w *writer, unit int64, keep Keep) {
	key := unit + 1
	if keep.skips(key) {
		return
	}
	r := stream(g.seed, streamSupplier, key)
	nation := r.below(int64(len(nations)))
	w.int(key).text(numbered("Supplier#", key)).text(r.address()).int(nation).text(r.phone(nation))
	w.money(r.between(-99999, 999999)).text(g.supplierComment(key, &r))
}

// supplierComment draws a comment; of every 2,000 suppliers one gets complaints and another one recommendations.
func (g *Generator) supplierComment(key int64, r *random) string {
	const block = 2000
	comment := r.text(25, 100)
	lot := stream(g.seed, streamComplaint, (key-1)/block)
	complains := lot.below(block)
	recommends := (complains + 1 + lot.below(block-1)) % block
	switch (key - 1) % block {
	case complains:
		return within(comment, "Complaints", r)
	case recommends:
		return within(comment, "Recommends", r)
	}
	return comment
}

// within writes "Customer" and, some letters later, a word over parts of a comment.
func within(comment, word string, r *random) string {
	const customer = "Customer"
	free := int64(len(comment) - len(customer) - len(word))
	gap := r.between(0, free)
	at := r.between(0, free-gap)
	second := at + int64(len(customer)) + gap
	return comment[:at] + customer + comment[at+int64(len(customer)):second] + word + comment[second+int64(len(word)):]
}

func fillPartSupp(g *Generator, w *writer, unit int64, keep Keep) {
	part := unit + 1
	for i := range int64(suppliersOfPart) {
		supplier := g.supplierOf(part, i)
		if keep.skips(supplier) {
			continue
		}
		r := stream(g.seed, streamPartSupp, suppliersOfPart*part+i)
		w.int(part).int(supplier).int(r.between(1, 9999)).money(r.between(100, 100000)).text(r.text(49, 198))
	}
}

func fillCustomer(g *Generator, w *writer, unit int64, keep Keep) {
	key := unit + 1
	nation := g.nationOf(key)
	if keep.skips(nation) {
		return
	}
	r := stream(g.seed, streamCustomer, key)
	w.int(key).text(numbered("Customer#", key)).text(r.address()).int(nation).text(r.phone(nation))
	w.money(r.between(-99999, 999999)).text(r.pick(segments)).text(r.text(29, 116))
}
