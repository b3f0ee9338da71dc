package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/atoll-sql/atoll/cmd/atoll/internal/demo"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

// islands is a demo that all scripts share and only read.
var islands string

func TestMain(m *testing.M) {
	testscript.Main(shared{m}, map[string]func(){"atoll": main})
}

// shared makes the demo before the tests run, and removes it after them.
type shared struct{ m *testing.M }

func (s shared) Run() int {
	dir, err := os.MkdirTemp("", "atoll-test-")
	if err != nil {
		panic(err)
	}
	defer func() {
		if err := errors.Join(pgtest.StopShared(), os.RemoveAll(dir)); err != nil {
			panic(err)
		}
	}()
	islands = filepath.Join(dir, "islands")
	if _, err := demo.Prepare(context.Background(), islands, storeShard); err != nil {
		panic(err)
	}
	if err := os.WriteFile(openConfig(), []byte(strings.Replace(demo.Config(), "\nresidency: ", "\n# residency: ", 1)), 0o644); err != nil {
		panic(err)
	}
	return s.m.Run()
}

// openConfig is a configuration of the shared demo without its residency policy, and so without an audit log: one folder of it is written by one
// process at a time. The policy has scripts of its own.
func openConfig() string { return filepath.Join(islands, "open.yaml") }

// indiscreet is what no message may contain: credentials and rows of the scripts, and where in our code it came from.
var indiscreet = regexp.MustCompile(`s3cret|For-tests-0nly|ZANZIBAR|goroutine |panic|\.go:\d|internal error`)

// TestScripts runs the program as users do. The scripts are in testdata/script; `status N command…` runs a command and
// expects that exit status and a discreet standard error. Further commands are in scripts_test.go.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			tmp := filepath.Join(env.WorkDir, "tmp")
			env.Setenv("ISLANDS", islands)
			env.Setenv("CONFIG", openConfig())
			env.Setenv("TMPDIR", tmp)
			env.Values[serversKey{}] = map[string]*tdstest.Server{}
			return os.MkdirAll(tmp, 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": expectStatus, "postgres": startPostgres, "duckdb": makeFile, "lock": lockFile, "active": awaitActive,
			"sqlserver": startSQLServer, "deny": denyColumns, "fail": failNext, "sent": expectSent,
			"auditlog": makeAuditLog,
		},
	})
}

func expectStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
	if bad := indiscreet.FindString(ts.ReadFile("stderr")); bad != "" {
		ts.Fatalf("standard error contains %q", bad)
	}
}
