package main

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// serversKey is where a script keeps its SQL Servers, by the variable that holds their DSN.
type serversKey struct{}

func serverOf(ts *testscript.TestScript, name string) *tdstest.Server {
	s := ts.Value(serversKey{}).(map[string]*tdstest.Server)[name]
	if s == nil {
		ts.Fatalf("no SQL Server is called %s", name)
	}
	return s
}

// startSQLServer is `sqlserver VARIABLE FILE [lacks=feature,…]`: it starts a server, runs the batches of a file, which lines
// with GO part, and puts its DSN into a variable; into VARIABLE_WRONG one with another password, and into
// VARIABLE_STRANGER one that does not trust the server's certificate.
func startSQLServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: sqlserver VARIABLE FILE [lacks=feature,...]")
	}
	options := tdstest.Options{Engine: engine.Options{AllowSnapshot: true}}
	if len(args) == 3 {
		options.Engine.Missing = strings.Split(strings.TrimPrefix(args[2], "lacks="), ",")
	}
	s, err := tdstest.New(options)
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Close()) })
	for _, batch := range regexp.MustCompile(`(?m)^GO$`).Split(ts.ReadFile(args[1]), -1) {
		if strings.TrimSpace(batch) != "" {
			ts.Check(s.Exec(context.Background(), batch))
		}
	}
	ts.Value(serversKey{}).(map[string]*tdstest.Server)[args[0]] = s
	ts.Setenv(args[0], s.DSN())
	ts.Setenv(args[0]+"_WRONG", strings.Replace(s.DSN(), tdstest.DefaultPassword, "s3cret", 1))
	ts.Setenv(args[0]+"_STRANGER", s.DSNWith("certificate", ""))
}

// denyColumns is `deny VARIABLE TABLE COLUMN...`: the login may not read these columns any more.
func denyColumns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: deny VARIABLE TABLE COLUMN...")
	}
	serverOf(ts, args[0]).Database().Deny("dbo", args[1], args[2:]...)
}

// failures are the errors that a script can have a server fail with.
var failures = map[string]func() *engine.Error{
	"40613": tdstest.ErrUnavailable, "10928": tdstest.ErrThrottled, "1205": tdstest.ErrDeadlock,
}

// failNext is `fail VARIABLE login|statement N ERROR`: the next N fail; all if N is negative, and none any more if it is 0.
func failNext(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 || failures[args[3]] == nil {
		ts.Fatalf("usage: fail VARIABLE login|statement N 40613|10928|1205")
	}
	s := serverOf(ts, args[0])
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	fault := tdstest.Fault{Times: n, Error: failures[args[3]]()}
	switch {
	case n == 0:
		s.ClearFaults()
	case args[1] == "login":
		s.FailLogins(fault)
	default:
		fault.Match = "[dbo]" // a query's, not one to the catalogue
		s.FailStatements(fault)
	}
}

// expectSent is `[!] sent VARIABLE REGEXP`: whether a statement that matches has arrived.
func expectSent(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] sent VARIABLE REGEXP")
	}
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	found := false
	var texts []string
	for _, st := range serverOf(ts, args[0]).Statements() {
		found = found || re.MatchString(st.Text)
		texts = append(texts, st.Text)
	}
	if found == neg {
		ts.Fatalf("sent: %v, of\n%s", found, strings.Join(texts, "\n"))
	}
}
