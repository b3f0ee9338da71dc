package tpch

import (
	"fmt"
	"math"
)

// Generator makes the rows of one scale factor and seed. It is not changed once made; goroutines may share it.
type Generator struct {
	seed                                        uint64
	parts, suppliers, customers, orders, clerks int64
}

// New returns a generator for a scale factor from about 0.01 upwards: at 1 the tables hold about 1 GB. A factor so small, or
// so odd, that the specification's rule gives a part the same supplier twice is an error.
func New(scale float64, seed uint64) (*Generator, error) {
	if !(scale > 0 && scale <= 1000) {
		return nil, fmt.Errorf("a scale factor of %v: it must be above 0 and at most 1000", scale)
	}
	rows := func(atOne float64) int64 { return int64(math.Round(scale * atOne)) }
	g := &Generator{seed: seed, parts: rows(200_000), suppliers: rows(10_000), customers: rows(150_000), clerks: max(1, rows(1000))}
	g.orders = 10 * g.customers
	if g.suppliers < 4 {
		return nil, fmt.Errorf("a scale factor of %v leaves %d suppliers; a part needs four", scale, g.suppliers)
	}
	for part := int64(1); part <= g.parts; part += g.suppliers { // the rule's step is the same for as many parts as there are suppliers
		seen := map[int64]bool{}
		for i := range int64(suppliersOfPart) {
			seen[g.supplierOf(part, i)] = true
		}
		if len(seen) < suppliersOfPart {
			return nil, fmt.Errorf("at a scale factor of %v part %d would have a supplier twice; choose a larger one, such as 0.01, 0.1 or 1", scale, part)
		}
	}
	return g, nil
}

// Rows returns how many rows a table has, -1 for lineitem, whose orders have one to seven each.
func (g *Generator) Rows(t *Table) int64 {
	switch t.Name {
	case "partsupp":
		return suppliersOfPart * g.parts
	case "lineitem":
		return -1
	}
	return t.unit(g)
}

// Units returns how many units a table has, by which it can be made in pieces: its rows, but for partsupp the parts and
// for lineitem the orders.
func (g *Generator) Units(t *Table) int64 { return t.unit(g) }

// suppliersOfPart is how many suppliers offer a part.
const suppliersOfPart = 4

// supplierOf returns the i-th supplier of a part, i from 0 to 3.
func (g *Generator) supplierOf(part, i int64) int64 {
	s := g.suppliers
	return (part+i*(s/suppliersOfPart+(part-1)/s))%s + 1
}

// price returns the retail price of a part in cents.
func price(part int64) int64 { return 90000 + part/10%20001 + 100*(part%1000) }

// nationOf returns the nation of a customer.
func (g *Generator) nationOf(customer int64) int64 {
	r := stream(g.seed, streamCustomerNation, customer)
	return r.below(int64(len(nations)))
}

// buyerOf returns the customer of the n-th order: any whose key 3 does not divide, since a third of the customers never order.
func (g *Generator) buyerOf(n int64) int64 {
	r := stream(g.seed, streamOrderCustomer, n)
	k := r.below(g.customers - g.customers/3)
	return k/2*3 + k%2 + 1
}

// orderKey returns the key of the n-th order, n from 1: of every 32 keys the first 8 are in use.
func orderKey(n int64) int64 { return (n-1)/8*32 + (n-1)%8 + 1 }
