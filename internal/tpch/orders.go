package tpch

// Days since 1970 of clause 4.2.2.12.
const (
	startDate   = 8035  // 1992-01-01
	currentDate = 9298  // 1995-06-17
	endDate     = 10591 // 1998-12-31
)

// order is one order with its lines, but for the texts that only one of the two tables has.
type order struct {
	customer, nation int64
	date             int64
	status           string
	total            int64 // cents
	lines            []line
}

type line struct {
	part, supplier            int64
	quantity                  int64
	price                     int64 // cents
	discount, tax             int64 // percent
	shipped, commit, received int64
	returned, status          string
}

// order draws the n-th order into o, whose lines are overwritten.
func (g *Generator) order(n int64, o *order) {
	r := stream(g.seed, streamOrder, n)
	o.date = r.between(startDate, endDate-151)
	o.lines = o.lines[:0]
	for range r.between(1, 7) {
		o.lines = append(o.lines, g.line(o.date, &r))
	}
	o.total, o.status = sum(o.lines)
}

func (g *Generator) line(ordered int64, r *random) line {
	l := line{part: r.between(1, g.parts), quantity: r.between(1, 50), discount: r.between(0, 10), tax: r.between(0, 8)}
	l.supplier = g.supplierOf(l.part, r.below(suppliersOfPart))
	l.price = l.quantity * price(l.part)
	l.shipped = ordered + r.between(1, 121)
	l.commit = ordered + r.between(30, 90)
	l.received = l.shipped + r.between(1, 30)
	l.returned, l.status = "N", "F"
	if l.received <= currentDate {
		l.returned = "RA"[r.below(2):][:1]
	}
	if l.shipped > currentDate {
		l.status = "O"
	}
	return l
}

// sum returns what an order costs in cents, rounded once, and its status: that of its lines, P where they differ.
func sum(lines []line) (total int64, status string) {
	for _, l := range lines {
		total += l.price * (100 - l.discount) * (100 + l.tax)
		switch status {
		case "":
			status = l.status
		case l.status:
		default:
			status = "P"
		}
	}
	return (total + 5000) / 10000, status
}

// next finds the customer of the n-th order; it reports whether the order is to be made.
func (g *Generator) next(o *order, n int64, keep Keep) bool {
	o.customer = g.buyerOf(n)
	o.nation = g.nationOf(o.customer)
	return !keep.skips(o.nation)
}

func fillOrders(g *Generator, w *writer, unit int64, keep Keep) {
	n, o := unit+1, &w.order
	if !g.next(o, n, keep) {
		return
	}
	g.order(n, o)
	r := stream(g.seed, streamOrderTexts, n)
	w.long(orderKey(n)).int(o.customer).text(o.status).money(o.total).date(o.date).text(r.pick(priorities))
	w.text(numbered("Clerk#", r.between(1, g.clerks))).int(0).text(r.text(19, 78)).int(o.nation)
}

func fillLineItem(g *Generator, w *writer, unit int64, keep Keep) {
	n, o := unit+1, &w.order
	if !g.next(o, n, keep) {
		return
	}
	g.order(n, o)
	r := stream(g.seed, streamLineTexts, n)
	for i := range o.lines {
		l := &o.lines[i]
		w.long(orderKey(n)).int(l.part).int(l.supplier).int(int64(i + 1)).money(100 * l.quantity).money(l.price)
		w.money(l.discount).money(l.tax).text(l.returned).text(l.status).date(l.shipped).date(l.commit).date(l.received)
		w.text(r.pick(instructions)).text(r.pick(modes)).text(r.text(10, 43)).int(o.nation)
	}
}
