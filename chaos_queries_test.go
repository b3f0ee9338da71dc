package atoll

import (
	"fmt"
	"math/rand/v2"
)

// chaosQueries make queries of random constants. Each answer's order is decided, its columns are integers and text, and it is the same at any
// time, so that it can be held against the oracle's word for word.
var chaosQueries = []func(r *rand.Rand) string{
	func(*rand.Rand) string { return "SELECT count(*), sum(id), min(name), max(name) FROM people" },
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT count(*), sum(id) FROM people WHERE team = %d", r.IntN(chaosTeams+1))
	},
	func(*rand.Rand) string {
		return "SELECT team, count(*), (sum(fee) * 100)::bigint FROM people GROUP BY team ORDER BY team"
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT coop, team, count(*), max(id) FROM people GROUP BY coop, team HAVING count(*) > %d ORDER BY coop, team", r.IntN(45))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT id, name FROM people ORDER BY id DESC LIMIT %d OFFSET %d", r.IntN(40), r.IntN(400))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT id, team FROM people WHERE coop = %d AND team = %d ORDER BY id", 1+r.IntN(4), r.IntN(chaosTeams))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT p.name, count(*), sum(v.n) FROM people p JOIN visits v ON v.coop = p.coop AND v.person = p.id WHERE p.team = %d GROUP BY p.name ORDER BY p.name", r.IntN(chaosTeams))
	},
	func(r *rand.Rand) string { // a visit's person may be of another shard
		return fmt.Sprintf("SELECT p.coop, v.coop, count(*), sum(v.n) FROM people p JOIN visits v ON v.person = p.id WHERE v.n < %d GROUP BY 1, 2 ORDER BY 1, 2", r.IntN(60))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT count(DISTINCT name), count(DISTINCT team), count(DISTINCT n) FROM people p JOIN visits v ON v.coop = p.coop AND v.person = p.id WHERE v.n > %d", r.IntN(101))
	},
	func(*rand.Rand) string {
		return "SELECT (avg(fee) * 1000)::bigint, (avg(id) * 1000)::bigint, count(fee) FROM people"
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT id FROM people WHERE id IN (SELECT person FROM visits WHERE n = %d) ORDER BY id", r.IntN(101))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT count(*), sum(p.id) FROM people p WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.person = p.id AND v.n > %d)", 60+r.IntN(41))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT p.id, v.n FROM people p LEFT JOIN visits v ON v.coop = p.coop AND v.person = p.id AND v.n = %d WHERE p.team = 1 ORDER BY p.id, v.n LIMIT 50", r.IntN(101))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT coop, id, row_number() OVER (PARTITION BY coop ORDER BY id) FROM people WHERE team = %d ORDER BY coop, id", r.IntN(chaosTeams))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT team FROM people WHERE coop = 1 UNION SELECT n FROM visits WHERE n < %d ORDER BY 1", r.IntN(30))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT n FROM visits EXCEPT SELECT team FROM people WHERE coop <> %d ORDER BY 1", 1+r.IntN(4))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("WITH few AS (SELECT person, count(*) AS c FROM visits GROUP BY person) SELECT c, count(*) FROM few WHERE c > %d GROUP BY c ORDER BY c", r.IntN(15))
	},
	func(*rand.Rand) string {
		return "SELECT t.title, count(*), sum(p.id) FROM people p JOIN teams t ON t.team = p.team GROUP BY t.title ORDER BY t.title"
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT id, n, word FROM visits WHERE n >= %d ORDER BY id", r.IntN(101))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT string_agg(name, ',' ORDER BY id) FROM people WHERE team = %d AND id %% 10 = %d", r.IntN(chaosTeams), r.IntN(10))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT count(*) FILTER (WHERE n > %d), count(*), max(word) FROM visits", r.IntN(101))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT id, (SELECT count(*) FROM visits) FROM people WHERE id %% 100 = %d ORDER BY id", r.IntN(100))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT count(*) FROM (SELECT id FROM visits LIMIT %d) q", r.IntN(10_000))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT DISTINCT n FROM visits WHERE n > %d ORDER BY n", r.IntN(101))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("SELECT title FROM teams WHERE team < %d ORDER BY team", r.IntN(chaosTeams+1))
	},
}
