package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
)

// childEnv makes this test binary start a cluster, print its server's pid and wait to be killed.
const childEnv = "ATOLL_PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

func child() {
	c, err := New("")
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString(strconv.Itoa(c.pid) + " " + c.Dir + "\n")
	time.Sleep(time.Minute)
}

func query(t *testing.T, dsn, sql string) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	res := conn.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	return string(res.Rows[0][0])
}

func TestClustersAreSeparateAndPlain(t *testing.T) {
	ctx := context.Background()
	cs := Start(t, 2, "shared_buffers=16MB")
	if err := cs[0].Exec(ctx, "CREATE TABLE only_here (a int); CREATE TABLE two (b int)"); err != nil {
		t.Fatal(err)
	}
	if got := query(t, cs[1].DSN, "SELECT count(*) FROM pg_class WHERE relname = 'only_here'"); got != "0" {
		t.Fatalf("the second cluster sees the first one's table: %s", got)
	}
	for setting, want := range map[string]string{
		"server_encoding": "UTF8", "lc_collate": "C", "timezone": "UTC", "fsync": "off", "shared_buffers": "16MB",
		"listen_addresses": "",
	} {
		if got := query(t, cs[0].DSN, "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

func TestCreateDatabaseReplaces(t *testing.T) {
	ctx := context.Background()
	c := Start(t, 1)[0]
	for range 2 {
		dsn, err := c.CreateDatabase(ctx, `odd "name"`)
		if err != nil {
			t.Fatal(err)
		}
		if got := query(t, dsn, "SELECT current_database()"); got != `odd "name"` {
			t.Fatalf("connected to %q", got)
		}
		if err := c.ExecIn(ctx, `odd "name"`, "CREATE TABLE t (a int)"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStopTwiceRemovesFiles(t *testing.T) {
	dir := filepath.Join(os.TempDir(), dirPrefix+strconv.Itoa(os.Getpid())+"-"+strings.Repeat("long", 30))
	c, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir); err == nil {
		t.Error("a directory in use was accepted")
	}
	for range 2 {
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("files are left: %v", err)
	}
}

func TestShared(t *testing.T) {
	a, err := Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Shared(2)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != 2 || a[0] != b[0] || b[0] == b[1] {
		t.Error("Shared does not share")
	}
	if err := StopShared(); err != nil {
		t.Fatal(err)
	}
}

func TestBadSettingTellsWhy(t *testing.T) {
	c, err := New("", "no_such_setting=1")
	if err == nil {
		t.Fatal("started", c.Stop())
	}
	if !strings.Contains(err.Error(), "no_such_setting") {
		t.Fatal(err)
	}
}

// TestServerDiesWithProcess kills a process that started a cluster and waits for the server's end.
func TestServerDiesWithProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	pidText, dir, _ := strings.Cut(strings.TrimSpace(string(buf[:n])), " ")
	pid, err := strconv.Atoi(pidText)
	if err != nil {
		t.Fatalf("child: %s", buf[:n])
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	defer os.RemoveAll(dir)
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil; {
		if time.Now().After(deadline) {
			t.Fatal("the server outlives its starter")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestOpenKeepsRows(t *testing.T) {
	acct, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(acct.tempBase(), dirPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for i, sql := range []string{"CREATE TABLE kept (a int)", "INSERT INTO kept VALUES (7)", "INSERT INTO kept VALUES (35)"} {
		c, err := Open(dir)
		if err != nil {
			t.Fatalf("start %d: %v", i+1, err)
		}
		if err := c.Exec(t.Context(), sql); err != nil {
			t.Error(err)
		}
		if second, err := Open(dir); err == nil {
			t.Error("a directory that is open was opened")
			if err := second.Stop(); err != nil {
				t.Error(err)
			}
		}
		if i == 2 {
			if got := query(t, c.DSN, "SELECT sum(a) FROM kept"); got != "42" {
				t.Errorf("the rows of two starts sum up to %s, want 42", got)
			}
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProcessorTime(t *testing.T) {
	c := Start(t, 1)[0]
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("the system has no /proc")
	}
	before, err := c.ProcessorTime()
	if err != nil {
		t.Fatal(err)
	}
	query(t, c.DSN, "SELECT sum(sqrt(g)) FROM generate_series(1, 1000000) g") // its session ends: the server counts it
	after, err := c.ProcessorTime()
	if err != nil {
		t.Fatal(err)
	}
	if used := after - before; used < 10*time.Millisecond || used > 30*time.Second {
		t.Errorf("a million square roots took %s of processor time", used)
	}
}
