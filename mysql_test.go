package atoll

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// pair is a statement in MySQL's SQL and what must answer alike.
type pair struct {
	name, mysql, postgres string
	args                  []any
	ordered               bool
	state, message        string // of the error that is expected instead
}

// readPairs reads testdata/mysql/pairs.test.
func readPairs(t *testing.T) []pair {
	t.Helper()
	text, err := os.ReadFile("testdata/mysql/pairs.test")
	if err != nil {
		t.Fatal(err)
	}
	var out []pair
	for _, block := range strings.Split(string(text), "\n== ")[1:] {
		name, rest, _ := strings.Cut(block, "\n")
		p := pair{name: name}
		part := &p.mysql
		for _, line := range strings.Split(rest, "\n") {
			directive, arg, _ := strings.Cut(strings.TrimPrefix(line, "-- "), " ")
			switch {
			case !strings.HasPrefix(line, "-- "):
				if !strings.HasPrefix(line, "# ") {
					*part += line + "\n"
				}
			case directive == "args":
				for _, a := range strings.Split(arg, " | ") {
					p.args = append(p.args, a)
				}
			case directive == "ordered":
				p.ordered = true
			case directive == "postgres":
				part = &p.postgres
			case directive == "error":
				p.state, p.message, _ = strings.Cut(arg, " ")
			default:
				t.Fatalf("%s: what is %q?", name, line)
			}
		}
		if strings.TrimSpace(p.postgres) == "" {
			p.postgres = p.mysql
		}
		out = append(out, p)
	}
	return out
}

// openBoth opens one engine for each dialect over the same three DuckDB shards with the rows of the logic tests.
func openBoth(t *testing.T) (mysql, postgres *Engine) {
	t.Helper()
	data, err := logictest.NewDataset()
	if err != nil {
		t.Fatal(err)
	}
	shards := logictest.NewShards(3)
	for i := range shards {
		shards[i].Driver = "duckdb"
	}
	l := layout(shards)
	for i := range shards {
		s := &shards[i]
		s.DSN = filepath.Join(t.TempDir(), s.Name+".duckdb")
		stmts, err := data.DuckDBStatements(l, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if err := duckdb.CreateFile(t.Context(), s.DSN, stmts, nil); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := ParseConfig([]byte(data.ConfigYAML(l)+colocationClasses), t.TempDir(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	open := func(opts ...Option) *Engine {
		e, err := Open(t.Context(), cfg, opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		return e
	}
	return open(WithDialect("mysql")), open()
}

// TestMySQLColocation: the check of colocation classes asks in the dialect of the configuration.
func TestMySQLColocation(t *testing.T) {
	mysql, postgres := openBoth(t)
	got, err := mysql.CheckColocation(t.Context())
	want, wantErr := postgres.CheckColocation(t.Context())
	if err != nil || wantErr != nil || len(got) == 0 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, %v; in PostgreSQL's dialect %v, %v", got, err, want, wantErr)
	}
}

// TestMySQLDialect asks statements in MySQL's SQL, and in PostgreSQL's what they must mean.
func TestMySQLDialect(t *testing.T) {
	mysql, postgres := openBoth(t)
	for _, p := range readPairs(t) {
		t.Run(p.name, func(t *testing.T) {
			got, err := asker(mysql)(t.Context(), p.mysql, p.args)
			if p.state != "" {
				checkMySQLError(t, p, err)
				return
			}
			if err != nil {
				t.Fatalf("%s\n%v", p.mysql, err)
			}
			want, err := asker(postgres)(t.Context(), p.postgres, nil)
			if err != nil {
				t.Fatalf("%s\n%v", p.postgres, err)
			}
			if err := logictest.Compare(logictest.Case{Name: p.name, Ordered: p.ordered}, want, got); err != nil {
				t.Errorf("%s\n%v", p.mysql, err)
			}
		})
	}
}

func checkMySQLError(t *testing.T, p pair, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T)", err, err)
	}
	if e.SQLState != p.state || e.Pos <= 0 || !strings.Contains(e.Error()+e.Hint, p.message) {
		t.Errorf("%+v", e)
	}
}

// TestUnknownDialect: Open says which there are.
func TestUnknownDialect(t *testing.T) {
	cfg, err := ParseConfig([]byte("version: 1\ncoordinator: {region: a}\nregions: {a: {}}\nshards: {s: {region: a, driver: duckdb, dsn: none.duckdb}}\n"+
		"tables: {t: {sharding: {strategy: single, shard: s}}}\n"), t.TempDir(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfg, WithDialect("klingon")); err == nil || !strings.Contains(err.Error(), "postgres or mysql") {
		t.Errorf("%v", err)
	}
}
