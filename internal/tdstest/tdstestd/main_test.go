package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/microsoft/go-mssqldb"
)

func TestServesUntilItsInputEnds(t *testing.T) {
	script := filepath.Join(t.TempDir(), "fill.sql")
	if err := os.WriteFile(script, []byte("CREATE TABLE dbo.t (a int); INSERT INTO dbo.t (a) VALUES (1), (2);"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, hold := io.Pipe()
	out, dsn := io.Pipe()
	var said bytes.Buffer
	done := make(chan error, 1)
	go func() {
		err := run(context.Background(), []string{"-user", "me", "-password", "p@ss/word", "-database", "shop", "-script", script}, in, dsn, &said)
		dsn.Close()
		done <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-done)
	}
	db, err := sql.Open("sqlserver", strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM dbo.t").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
	db.Close()
	hold.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !strings.Contains(said.String(), "tests and demos") {
		t.Errorf("said %q", said.String())
	}
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{{"-address", "0.0.0.0:0"}, {"-script", "/nowhere.sql"}, {"extra"}, {"-what"}} {
		if err := run(context.Background(), args, strings.NewReader(""), io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
