package atoll

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/querygen"
	"github.com/atoll-sql/atoll/residency"
)

const (
	chainStatements = 300 // of a usual run
	chainPerPolicy  = 12
	chainSeed       = 5_000_000
)

// TestResidencyRandom asks random statements under random policies. Whatever the shards saw and gave must be what a rule permits, by an
// account that shares nothing with package residency: it goes by the values, each of which tells where it is from, by what a second world
// would have given in which everything that the rules keep back is different, and by computing groups anew. What is permitted must have
// the answer of one PostgreSQL over the rows that the rules leave. ATOLL_RANDOM=5000 asks more statements, ATOLL_RANDOM_SEED others: each
// seed stands for a policy, a caller, and a few statements.
func TestResidencyRandom(t *testing.T) {
	count, _ := envNumber(t, "ATOLL_RANDOM", chainStatements)
	seed, _ := envNumber(t, "ATOLL_RANDOM_SEED", chainSeed)
	r := newChainRun(t)
	failed := 0
	for i := 0; i*chainPerPolicy < count && failed < 20; i++ {
		r.policy(t, uint64(seed+i))
		for n := range chainPerPolicy {
			q := r.statement(uint64(seed+i), n)
			if v := r.ask(t.Context(), q); v != nil {
				failed++
				r.report(t, seed+i, q, v)
			}
		}
	}
	t.Log(r.counts)
	if n := r.counts["permitted"]; count >= chainStatements && n*100 < 20*r.counts["asked"] {
		t.Errorf("only %d of %d statements are permitted: the test says too little", n, r.counts["asked"])
	}
}

// TestResidencyRandomSees shows that the test can fail: without one of these clauses of the check something crosses within a few usual runs.
func TestResidencyRandomSees(t *testing.T) {
	r := newChainRun(t)
	r.brief = true
	for _, clause := range []string{"rule", "deny", "valid", "columns", "filter_columns", "where", "min", "group_by", "functions", "precision", "sketch_key"} {
		t.Run(clause, func(t *testing.T) {
			defer residency.SkipClause(clause)()
			r.single, r.stray = clause != "where", clause == "group_by"
			for i := range 4 * chainStatements / chainPerPolicy {
				r.policy(t, uint64(chainSeed+i))
				for n := range chainPerPolicy {
					if v := r.ask(t.Context(), r.statement(uint64(chainSeed+i), n)); v != nil {
						t.Logf("statement %d: %v", i*chainPerPolicy+n, v)
						return
					}
				}
			}
			t.Errorf("without the clause %s nothing is found", clause)
		})
	}
}

// chainRun is the chain on real engines, with a lookout on every shard.
type chainRun struct {
	chain, other *chain
	look         *lookout
	oracle       *pgx.Conn
	engine       *Engine
	dir          string
	p            *chainPolicy
	twins        map[string]connectors.Connector // of this policy; nil until they are needed
	policies     int
	counts       map[string]int
	brief        bool // answers are not compared
	single       bool // there is no twin
	stray        bool // reports also group by what no rule permits
	approximate  bool // counts of distinct values are estimated
	t            *testing.T
}

func newChainRun(t *testing.T) *chainRun {
	t.Helper()
	t.Setenv("PSEUDONYM_KEY", chainSecret)
	r := &chainRun{chain: newChain(0), other: newChain(1), look: &lookout{}, dir: t.TempDir(), counts: map[string]int{}, t: t}
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := clusters[0].CreateDatabase(t.Context(), strings.ToLower("chain_"+t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	if r.oracle, err = pgx.Connect(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.oracle.Close(context.Background()) })
	ddl := []string{"CREATE SCHEMA o", fmt.Sprintf("SET statement_timeout = %d", oracleTimeout.Milliseconds())}
	for _, s := range isles {
		ddl = append(append(ddl, "CREATE SCHEMA "+s.mark, "CREATE SCHEMA c_"+s.mark), r.chain.statements(s.shard, s.mark)...)
		if err := duckdb.CreateFile(t.Context(), filepath.Join(r.dir, s.shard+".duckdb"), r.chain.statements(s.shard, ""), nil); err != nil {
			t.Fatal(err)
		}
	}
	r.onOracle(t, ddl)
	r.write(t, &chainPolicy{})
	r.open(t)
	t.Cleanup(func() { r.closeTwins(t) })
	return r
}

func (r *chainRun) onOracle(t *testing.T, statements []string) {
	t.Helper()
	if _, err := r.oracle.PgConn().Exec(t.Context(), strings.Join(statements, ";\n")).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

func (r *chainRun) write(t *testing.T, p *chainPolicy) {
	t.Helper()
	r.p = p
	if err := os.WriteFile(filepath.Join(r.dir, "residency.yaml"), []byte(p.yaml(r.chain)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *chainRun) open(t *testing.T) {
	t.Helper()
	text := "version: 1\ncoordinator: {region: eu-central-1}\nregions:\n"
	for _, region := range everywhere {
		text += fmt.Sprintf("  %s: {jurisdiction: %s}\n", region, jurisdictions[region])
	}
	text += "shards:\n"
	for _, s := range isles {
		text += fmt.Sprintf("  %s: {region: %s, driver: duckdb, dsn: %s.duckdb}\n", s.shard, s.region, s.shard)
	}
	text += `tables:
  cooperatives: {sharding: {strategy: lookup, key: [id], map: {eu-1: [1, 2, 3, 4, 5], us-1: [11, 12, 13, 14, 15], ap-1: [21, 22, 23, 24, 25]}}}
  currencies: {sharding: {strategy: reference}}
`
	for _, name := range []string{"units", "members", "payments"} {
		text += "  " + name + ": {sharding: {key: [cooperative_id]}, colocated_with: cooperatives}\n"
	}
	text += "colocation: {member: {members: id, payments: member_id}}\nresidency: residency.yaml\naudit: {dir: audit, sync: none}\n"
	cfg, err := ParseConfig([]byte(text), r.dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if r.engine, err = Open(t.Context(), cfg, WithDriver("duckdb", r.look.wrap(duckdb.Open)), WithClock(func() time.Time { return chainNow }), WithInvariantChecks()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
	})
}

// policy puts the policy of a seed in force, and its conditions into the oracle's views.
func (r *chainRun) policy(t *testing.T, seed uint64) {
	t.Helper()
	r.closeTwins(t)
	r.write(t, newChainPolicy(rand.New(rand.NewPCG(seed, 5)), r.chain))
	if err := r.engine.ReloadPolicy(t.Context()); err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, r.p.yaml(r.chain))
	}
	r.policies++
	r.onOracle(t, r.views(nil))
}

// views define what the rules leave of each shard, and of all together. extra are further conditions, by shard and table.
func (r *chainRun) views(extra map[[2]string]string) []string {
	var out []string
	for _, t := range r.chain.tables {
		var all []string
		for _, s := range isles {
			where := "true"
			to := r.p.beyond(s.region)
			if rules := r.p.standing(t.name, s.region, to); len(to) > 0 && len(rules) == 1 && rules[0].where != nil {
				where = rules[0].where.sql
			}
			part := fmt.Sprintf("SELECT * FROM %s.%s WHERE (%s)%s", s.mark, t.name, where, extra[[2]string{s.shard, t.name}])
			if extra == nil {
				out = append(out, fmt.Sprintf("CREATE OR REPLACE VIEW c_%s.%s AS %s", s.mark, t.name, part))
			}
			if t.name != "currencies" || s.mark == "e" {
				all = append(all, part)
			}
		}
		out = append(out, fmt.Sprintf("CREATE OR REPLACE VIEW o.%s AS %s", t.name, strings.Join(all, " UNION ALL ")))
	}
	return out
}

// statement makes one of a policy's statements: most are reports to its taste.
func (r *chainRun) statement(seed uint64, n int) *querygen.Query {
	g := querygen.New(seed*chainPerPolicy+uint64(n), r.lacks)
	var names []string
	for _, t := range r.chain.tables {
		names = append(names, t.name)
	}
	g.Over(names...)
	r.approximate = n == 9
	if n%4 == 3 {
		return g.Next()
	}
	taste := r.p.taste(r.chain.literals(g.Rand), n == 6)
	if r.stray {
		for name := range taste.Keys {
			taste.Keys[name] = columnNames(r.chain.table(name))
		}
	}
	if n%4 != 2 {
		return g.Report(taste)
	}
	r.p.sketchy(&taste)
	q := g.Report(taste)
	sketched(g.Rand, q)
	return q
}

func (r *chainRun) lacks(table, column string) bool {
	t := r.chain.table(table)
	return t == nil || !slices.Contains(columnNames(t), column)
}

// ask asks one statement, and judges what became known by it.
func (r *chainRun) ask(ctx context.Context, q *querygen.Query) *violation {
	sql, args := q.SQL()
	r.look.take()
	r.look.divert(nil)
	answer, err := r.answer(ctx, sql, args)
	seen := r.look.take()
	r.counts["asked"]++
	if outcome(err) == "refused" && (len(seen) == 0 || !r.p.mayFail(sql)) {
		r.counts["refused"]++
		if len(seen) > 0 {
			return violated("refused", "and yet shard %s was asked %s", seen[0].shard, seen[0].sql)
		}
		return nil
	}
	if len(seen) == 0 {
		r.counts["needs no shard"]++
		return nil
	}
	r.counts["permitted"]++
	if err != nil {
		r.counts["failed"]++
	}
	if v := r.chain.crossings(r.p, sql+fmt.Sprint(args)+r.p.yaml(r.chain), seen); v != nil {
		return v
	}
	if v := r.chain.filters(r.p, q, seen); v != nil {
		return v
	}
	if v := r.registers(ctx, seen); v != nil {
		return v
	}
	if !r.single {
		if v := r.interferes(ctx, sql, args, seen, err); v != nil {
			return v
		}
	}
	if r.estimates(sql) {
		r.counts["estimates"]++
		return nil
	}
	g := groupedOf(q)
	if g != nil {
		if v := r.aggregates(ctx, r.p, g, seen); v != nil {
			return v
		}
	}
	if r.brief {
		return nil
	}
	return r.differs(ctx, q, g, answer, err)
}

func (r *chainRun) answer(ctx context.Context, sql string, args []any) (logictest.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, randomTimeout)
	defer cancel()
	session := r.engine.As(r.p.caller)
	if r.approximate {
		session = session.Approximate()
	}
	return answerOf(ctx, session, sql, args...)
}

// interferes asks the same of the twin: the shards must see and give the same. An answer that is known before every shard has given its rows ends the
// others' statements, sooner or later, or keeps them from being asked: what differs must differ however often both are asked.
func (r *chainRun) interferes(ctx context.Context, sql string, args []any, before []*sighting, failed error) *violation {
	if r.twins == nil {
		if err := r.openTwins(ctx); err != nil {
			return violated("twin", "%v", err)
		}
	}
	var a, b string
	for range 20 {
		r.look.divert(r.twins)
		_, err := r.answer(ctx, sql, args)
		r.look.divert(nil)
		after := r.look.take()
		if (failed == nil) != (err == nil) { // which of several errors is told is chance
			return violated("interference", "whether there is an error depends on what no rule lets out: %v, or else %v", failed, err)
		}
		if failed != nil {
			return nil // when the other shards' statements are ended is chance
		}
		if a, b = leaving(r.p, before), leaving(r.p, after); a == b {
			return nil
		}
		r.counts["asked again"]++
		_, failed = r.answer(ctx, sql, args)
		before = r.look.take()
	}
	return violated("interference", "what crosses depends on what no rule lets out:\n%s\n  and over other such values:\n%s", a, b)
}

// leaving is the transcript of what crossed a border.
func leaving(p *chainPolicy, seen []*sighting) string {
	return transcript(slices.DeleteFunc(slices.Clone(seen), func(s *sighting) bool { return len(p.beyond(regionOf(s.shard))) == 0 }))
}

func (r *chainRun) openTwins(ctx context.Context) error {
	twin := r.chain.twin(r.p, r.other)
	r.twins = map[string]connectors.Connector{}
	for _, s := range isles {
		if len(r.p.beyond(s.region)) == 0 {
			continue
		}
		path := filepath.Join(r.dir, fmt.Sprintf("twin-%d-%s.duckdb", r.policies, s.shard))
		if err := duckdb.CreateFile(ctx, path, twin.statements(s.shard, ""), nil); err != nil {
			return err
		}
		conn, err := duckdb.Open(connectors.Config{Shard: s.shard, Region: s.region, DSN: path})
		if err != nil {
			return err
		}
		if _, err := conn.Calibrate(ctx); err != nil {
			return err
		}
		r.twins[s.shard] = conn
	}
	return nil
}

func (r *chainRun) closeTwins(t *testing.T) {
	t.Helper()
	for _, conn := range r.twins {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	r.twins = nil
	r.look.divert(nil)
}

func (r *chainRun) oracleIn(ctx context.Context, schema, sql string, args []any) (logictest.Answer, error) {
	if _, err := r.oracle.PgConn().Exec(ctx, "SET search_path = "+schema).ReadAll(); err != nil {
		return logictest.Answer{}, err
	}
	return logictest.FromPostgres(ctx, r.oracle, sql, args)
}

// differs holds an answer to that of one PostgreSQL, where it is plain which rows the rules leave.
func (r *chainRun) differs(ctx context.Context, q *querygen.Query, g *groupedQuery, got logictest.Answer, failed error) *violation {
	sql, args := q.SQL()
	extra, ok := r.remaining(ctx, sql, g)
	if !ok {
		return nil
	}
	if len(extra) > 0 {
		if _, err := r.oracle.PgConn().Exec(ctx, strings.Join(r.views(extra), ";\n")).ReadAll(); err != nil {
			return violated("oracle", "%v", err)
		}
		defer func() { r.onOracle(r.t, r.views(nil)) }()
	}
	want, err := r.oracleIn(ctx, "o", sql, args)
	switch {
	case err != nil && failed != nil || err != nil && stateOfPostgres(err)[:2] == "22" || stateOfPostgres(err) == "57014":
		return nil // which rows are looked at before an error is not determined
	case err != nil:
		return violated("oracle", "%v", err)
	case failed != nil && (admitted(failed) || strings.HasPrefix(stateOf(failed), "22")): // likewise; whether there is an error must be the same over the twin
		return nil
	case failed != nil:
		return violated("failure", "%v", failed)
	}
	r.counts["compared"]++
	if len(extra) > 0 {
		r.counts["compared without groups"]++
	}
	c := logictest.Case{SQL: sql, Args: args, Ordered: q.Ordered(), FloatTolerance: q.Loose()}
	if err := logictest.Compare(c, want, got); err != nil {
		return violated("answer", "%v", err)
	}
	return nil
}

// remaining tells which rows the rules leave beside their conditions; false where several rules stand, or groups are held back of which one cannot
// say that simply.
func (r *chainRun) remaining(ctx context.Context, sql string, g *groupedQuery) (map[[2]string]string, bool) {
	if strings.Contains(sql, "pseudonym(") {
		return nil, false
	}
	extra := map[[2]string]string{}
	for _, t := range r.chain.tables {
		if mentions(sql, t.name) == 0 {
			continue
		}
		for _, s := range isles {
			to := r.p.beyond(s.region)
			rules := r.p.standing(t.name, s.region, to)
			switch {
			case len(to) == 0 || len(rules) == 0:
			case len(rules) > 1:
				return nil, false
			case rules[0].form == "sketch":
				return nil, false
			case rules[0].form == "aggregate":
				if g == nil || len(g.query.From) > 1 || rules[0].onSmall != "drop" {
					return nil, false
				}
				groups, err := r.groups(ctx, g, r.chain.countingOf(r.p, g, s.region), s.mark)
				if err != nil {
					return nil, false
				}
				left, err := g.without(groups)
				if err != nil {
					return nil, false
				}
				if left != "" {
					extra[[2]string{s.shard, t.name}] = left
				}
			}
		}
	}
	return extra, true
}

// report makes a statement smaller that shows a violation, and prints all that is needed to see it again.
func (r *chainRun) report(t *testing.T, seed int, q *querygen.Query, v *violation) {
	t.Helper()
	counts := maps.Clone(r.counts)
	small := querygen.Shrink(q, func(s *querygen.Query) bool {
		sql, args := s.SQL()
		if _, err := r.oracleIn(t.Context(), "o", sql, args); err != nil && stateOfPostgres(err)[:2] != "22" && !strings.Contains(sql, "pseudonym(") && !r.estimates(sql) {
			return false
		}
		w := r.ask(t.Context(), s)
		return w != nil && w.kind == v.kind
	})
	whole, args := q.SQL()
	sql, smallArgs := small.SQL()
	t.Errorf("ATOLL_RANDOM=%d ATOLL_RANDOM_SEED=%d: %v\n%s %v\nsmaller: %s %v\n%v\n%v\n%s", chainPerPolicy, seed, v, whole, args, sql, smallArgs, r.ask(t.Context(), small), r.p, r.p.yaml(r.chain))
	r.counts = counts
}
