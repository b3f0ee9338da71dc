package rooms

// rule says what the packages of one room may import.
type rule struct {
	// Room is a directory, or one with everything below it if it ends in "/...". The longest match counts.
	Room string
	// May lists rooms of this module, spelled the same way; a room may always import its own packages.
	May []string
	// Outside lists prefixes of import paths of other modules; "*" means any.
	Outside []string
	// Reason is what the rule protects.
	Reason string
}

const (
	arrow = "github.com/apache/arrow/go/v17/"
	pgx   = "github.com/jackc/pgx/v5"
	duck  = "github.com/duckdb/duckdb-go-bindings"
)

// table is the table of rooms. The design's rows come first; each further row says why it is there.
var table = []rule{
	{".", []string{"admission", "planner/...", "residency/...", "shardmap/...", "scalar/...", "aggregate/...", "connectors", "connectors/pool", "connectors/failover", "connectors/postgres", "connectors/duckdb", "connectors/mssql", "executor/...", "heat/...", "internal/config", "internal/yamldoc", "move/..."},
		[]string{arrow, "golang.org/x/sync/"},
		"the face wires the rooms together; it knows neither doors nor the command"},

	{"planner/ast", nil, nil, "the syntax tree is neutral: no parser's and no engine's types"},
	{"planner/parser/postgres", []string{"planner/ast"}, []string{"github.com/pganalyze/pg_query_go/v6", "google.golang.org/protobuf/"},
		"a parser turns text into a tree and knows no tables"},
	{"planner/parser/mysql", []string{"planner/ast"}, []string{"github.com/xwb1989/sqlparser"},
		"a parser turns text into a tree and knows no tables"},
	{"planner/plan", []string{"connectors"}, []string{arrow},
		"plans are data: the port's names for types, and nothing that runs"},
	{"planner/catalog", []string{"planner/plan", "connectors"}, []string{arrow}, "the catalog reconciles what connectors describe"},
	{"planner/bind", []string{"planner/ast", "planner/plan", "planner/catalog", "scalar/..."}, []string{arrow},
		"names and types are resolved, and literals read, without knowing where rows live"},
	{"planner/rules", []string{"planner/plan", "scalar"}, []string{arrow}, "a rewrite sees the plan only, and computes its constants"},
	{"planner/bounds", []string{"planner/plan", "planner/rules"}, nil, "what missing rows mean follows from the plan, and from what rewrites know of functions"},
	{"planner/place", []string{"planner/ast", "planner/plan", "planner/catalog", "planner/sqlgen", "shardmap", "aggregate/...", "connectors"}, []string{arrow},
		"placement asks the generator what a dialect renders exactly, the shard map where rows live, aggregates how they split"},
	{"planner/sqlgen", []string{"planner/plan", "connectors", "scalar"}, []string{arrow}, "SQL is written from the plan, the names of what a server lacks, and what the kernels take"},
	{"residency/...", []string{"planner/plan", "internal/yamldoc"}, nil, "the check reads plans; it must not depend on who executes them"},
	{"shardmap", []string{"planner/plan", "scalar/pghash"}, nil, "where keys live is known without any engine"},
	{"shardmap/store", []string{"internal/yamldoc"}, nil, "the port of stores knows of a document its version, and nothing of what it means"},
	{"shardmap/store/storetest", []string{"shardmap/store"}, nil, "the suite tests a store through the port alone"},
	{"shardmap/store/file", []string{"shardmap/store", "internal/yamldoc"}, []string{"github.com/fsnotify/fsnotify"}, "a store knows its place and the port"},
	{"shardmap/store/postgres", []string{"shardmap/store", "connectors/dialerror"}, []string{pgx}, "a store knows its server and the port, and says of a connection that fails what shards say"},
	{"shardmap/store/etcd", []string{"shardmap/store"}, []string{"go.etcd.io/etcd/client/v3", "go.etcd.io/etcd/api/v3", "go.uber.org/zap"}, "a store knows its cluster and the port"},
	{"shardmap/resolver", []string{"shardmap/store"}, nil, "which version is served follows from versions and clocks, whatever the document says"},
	{"shardmap/lookup", nil, nil, "a cache of answers knows neither tables nor shards"},
	{"scalar/...", []string{"aggregate/hll/..."}, []string{arrow}, "PostgreSQL's scalar semantics over Arrow arrays, for any engine to register"},
	{"scalar/pghash", nil, nil, "a hash is arithmetic: the shard map and the functions share it"},
	{"aggregate/...", []string{"scalar/..."}, []string{arrow}, "partials and merges work on Arrow columns wherever they came from"},
	{"aggregate/hll/...", nil, []string{"github.com/axiomhq/hyperloglog"}, "stored sketches are read by functions, by aggregates and by programs of others"},
	{"connectors", []string{"connectors/pool", "connectors/dialerror"}, []string{arrow}, "the port must be implementable by anybody"},
	{"connectors/dialerror", nil, nil, "why a connection could not be made is told in one way, whoever wanted it"},
	{"connectors/pool", nil, nil, "how connections are lent and bounded concerns no engine and no query"},
	{"connectors/failover", []string{"connectors", "connectors/pool"}, []string{arrow}, "which of a shard's servers is asked, and how often, concerns no engine and no query"},
	{"connectors/conformance", []string{"connectors"}, []string{arrow}, "the suite tests an adapter through the port alone"},
	{"connectors/postgres/...", []string{"connectors", "connectors/pool", "connectors/dialerror"}, []string{arrow, pgx}, "an adapter knows its engine and the port"},
	{"connectors/duckdb/...", []string{"connectors", "connectors/pool", "scalar/..."}, []string{arrow, duck, "golang.org/x/sync/"},
		"an adapter knows its engine and the port; it registers our scalar functions"},
	{"connectors/mssql/...", []string{"connectors", "connectors/pool", "connectors/dialerror"}, []string{arrow, "github.com/microsoft/go-mssqldb"}, "an adapter knows its engine and the port"},
	{"executor/...", []string{"planner/plan", "aggregate/...", "scalar/...", "connectors"}, []string{arrow, "golang.org/x/sync/"},
		"the executor runs fragments: it never plans, and it meets engines through the port"},
	{"server/...", []string{".", "connectors"}, []string{"*"}, "a door serves the library's face"},
	{"cmd/...", []string{".", "connectors/...", "server/...", "residency/...", "shardmap", "internal/config", "internal/terraform", "bench/..."}, []string{"*"}, "flags, wiring and terminal output"},
	{"bench/...", []string{".", "bench/...", "connectors/...", "executor/...", "aggregate/...", "planner/plan", "shardmap", "internal/config", "internal/pgtest", "internal/logictest", "internal/tpch", "internal/faultproxy"}, []string{"*"},
		"workloads over the face, and over single operators"},

	{"admission", []string{"connectors/pool"}, nil, "who runs and who waits is arithmetic over numbers, names and the clock of budgets: it knows neither queries nor shards"},
	{"heat", nil, nil, "counting is arithmetic: who counts says when, and what"},
	{"heat/advice", []string{"heat", "shardmap"}, nil, "what should move follows from the map, the sizes and the counts, without asking anybody"},

	{"move", []string{"shardmap", "connectors"}, []string{arrow, "golang.org/x/time/rate"}, "the saga knows shards and the map through its ports, and no dialect"},
	{"move/shards", []string{"move", "connectors", "planner/..."}, []string{arrow}, "what a move asks of a shard is written as a query's fragment is"},

	{"internal/yamldoc", nil, []string{"github.com/goccy/go-yaml"}, "YAML becomes a tree with places, and secrets come from the environment, in one way for every file"},
	{"internal/config", []string{"shardmap", "connectors", "internal/yamldoc"}, nil, "the file's text becomes a shard map and connector settings"},
	{"internal/terraform", []string{"internal/yamldoc"}, nil, "what Terraform knows of databases becomes entries of a configuration; nothing is asked of Terraform or a cloud"},
	{"internal/pgtest", nil, []string{pgx, "golang.org/x/sync/"}, "test clusters serve every room, so they use none"},
	{"internal/etcdtest", nil, []string{"go.etcd.io/etcd/client/v3", "go.uber.org/zap"}, "test servers serve every room, so they use none"},
	{"internal/logictest", nil, []string{arrow, pgx}, "the oracle's side must not share code with the side under test"},
	{"internal/plantest", []string{"planner/...", "connectors", "shardmap", "internal/config", "internal/logictest"}, []string{arrow, "github.com/cockroachdb/datadriven"}, "the planner's tests share one world without I/O"},
	{"internal/tpch", []string{"internal/logictest", "shardmap"}, []string{arrow, pgx}, "the benchmark's rows and places; of the side under test it has the hash function only"},
	{"internal/faultproxy", nil, nil, "faults strike bytes, of whatever protocol: tests and benchmarks set the same ones"},
	{"internal/tap", []string{"connectors"}, []string{arrow}, "what crosses a border is recorded without knowing who sent it or why"},
	{"internal/querygen", []string{"internal/logictest"}, nil, "random queries are made from the tables' definitions alone"},
	{"internal/tdstest/tsql", nil, nil, "T-SQL as the vendor documents it, written apart from the dialect under test"},
	{"internal/tdstest/...", []string{"internal/tdstest/tsql"}, []string{"golang.org/x/sync/", "golang.org/x/text/"}, "the server under the driver shares no code with the side under test"},
	{"internal/rooms", nil, nil, "reads sources only"},
}

// never lists pairs of rooms that test files keep apart as well; otherwise tests may import what they need.
var never = [][2]string{
	{"planner/...", "executor/..."}, {"executor/...", "planner/bind"}, {"executor/...", "planner/rules"},
	{"executor/...", "planner/place"}, {"executor/...", "planner/sqlgen"}, {"executor/...", "planner/parser/..."},
}
