package postgres

import "sync"

// sample uses most kinds of nodes that queries are made of.
const sample = `WITH w AS (SELECT a, count(*) AS n FROM s.t AS x (a, b) WHERE b IS NOT NULL AND NOT c GROUP BY a HAVING max(b) > $1)
	SELECT DISTINCT CASE WHEN w.n > 1 THEN -1.5 ELSE 0 END, coalesce(w.a, 'x')::text, b IN (1, 2), y.c IS TRUE, least(1, 2)
	FROM w LEFT JOIN y USING (a) JOIN (SELECT * FROM z) AS q ON q.a = w.a
	UNION ALL SELECT sum(d) FILTER (WHERE e) OVER (PARTITION BY f ORDER BY g DESC) FROM h
	ORDER BY 1 DESC NULLS LAST LIMIT 10 OFFSET 1`

// Warm makes the first query as fast as the next: the grammar's message types set themselves up when they are first
// met, which takes some milliseconds. It is safe for concurrent use and does its work once.
var Warm = sync.OnceFunc(func() {
	_, _ = Parse(sample) // what comes of it does not matter
})
