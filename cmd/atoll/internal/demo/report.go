package demo

// Report is a query that the demo shows.
type Report struct {
	Title   string
	SQL     string
	Refused bool // by the demo's residency policy
}

// Reports are what `atoll demo` answers when it is not given a query.
var Reports = []Report{
	{
		Title: "Payments of three years, by region",
		SQL: `SELECT p.atoll_region AS region,
       count(DISTINCT p.member_id) AS members,
       count(*) AS payments,
       count(*) - count(p.paid_at) AS unpaid,
       round(sum(p.amount) * c.eur_rate, 2) AS total_eur,
       round(avg(p.amount) * c.eur_rate, 2) AS average_eur
FROM payments p
JOIN currencies c ON c.code = p.currency
GROUP BY p.atoll_region, c.eur_rate
ORDER BY total_eur DESC`,
	},
	{
		Title: "The five cooperatives that are owed most",
		SQL: `SELECT co.name, co.city, co.atoll_region AS region,
       count(*) AS open_payments,
       round(sum(p.amount) * c.eur_rate, 2) AS open_eur
FROM payments p
JOIN cooperatives co ON co.id = p.cooperative_id
JOIN currencies c ON c.code = p.currency
WHERE p.paid_at IS NULL AND p.due < DATE '2026-10-01'
GROUP BY co.name, co.city, co.atoll_region, c.eur_rate
ORDER BY open_eur DESC, co.name
LIMIT 5`,
	},
	{
		Title:   "The members of one of them, by name",
		SQL:     "SELECT name, email FROM members WHERE cooperative_id = 303",
		Refused: true,
	},
}
