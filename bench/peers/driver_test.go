package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// fakeDriver is the environment variable that makes this program act as DuckDB's process: its value is the answers, in order, separated by
// newlines. "hang" is no answer, "die" an end with words.
const fakeDriver = "ATOLL_FAKE_DRIVER"

func actDriver(script string) {
	lines := bufio.NewScanner(os.Stdin)
	for _, answer := range strings.Split(script, "\n") {
		if !lines.Scan() {
			return
		}
		switch answer {
		case "hang":
			lines.Scan() // until the input ends
			time.Sleep(time.Hour)
		case "die":
			fmt.Fprintln(os.Stderr, "starting\nImportError: no such thing")
			os.Exit(3)
		}
		fmt.Println(answer)
	}
	lines.Scan()
}

func fakePeer(t *testing.T, script string) (*duckPeer, error) {
	t.Helper()
	p := &duckPeer{temp: t.TempDir()}
	p.launch = func(ctx context.Context) (*driver, error) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fakeDriver+"="+script)
		return startDriver(ctx, cmd, hello{})
	}
	var err error
	p.driver, err = p.launch(t.Context())
	return p, err
}

const helloAnswer = `{"version":"1.0","extension":"x"}`

func TestDriver(t *testing.T) {
	p, err := fakePeer(t, strings.Join([]string{
		helloAnswer,
		`{"columns":["n","x"],"types":["DECIMAL(12,2)","VARCHAR"],"rows":[["1.50","a"],[null,"b"]],"took":0.25}`,
		`{"columns":["n"],"types":["STRUCT(a INTEGER)"],"rows":[],"took":0.25}`,
	}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer closePeer(t, p)
	r, err := p.Ask(t.Context(), "select", time.Minute)
	if err != nil || r.Took != 250*time.Millisecond || len(r.Answer.Rows) != 2 || r.Answer.Rows[0][0].Text != "1.5" || !r.Answer.Rows[1][0].Null ||
		strings.Join(r.Answer.Types, ",") != "numeric,text" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := p.Ask(t.Context(), "select", time.Minute); err == nil || !strings.Contains(err.Error(), "STRUCT") {
		t.Errorf("a type without a name: %v", err)
	}
}

// TestDriverFails: after a query that failed or was interrupted the next one is asked of another process.
func TestDriverFails(t *testing.T) {
	for answer, want := range map[string]string{
		`{"error":"ParserException: no","timeout":false}`: "ParserException",
		`{"error":"interrupted","timeout":true}`:          ErrTimeout.Error(),
		"die":                                             "ImportError: no such thing",
	} {
		p, err := fakePeer(t, helloAnswer+"\n"+answer)
		if err != nil {
			t.Fatal(err)
		}
		defer closePeer(t, p)
		first := p.driver.process
		_, err = p.Ask(t.Context(), "select", time.Minute)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrTimeout) != strings.Contains(answer, "true") {
			t.Errorf("%s: %v", answer, err)
		}
		if !first.gone() {
			t.Errorf("%s: the process lives on", answer)
		}
		if _, err = p.Ask(t.Context(), "select", time.Minute); err == nil || !strings.Contains(err.Error(), want) || p.driver != nil {
			t.Errorf("%s, of another process: %v", answer, err)
		}
	}
}

// TestDriverHangs ends what was asked, and with it a process that answers nothing.
func TestDriverHangs(t *testing.T) {
	p, err := fakePeer(t, helloAnswer+"\nhang")
	if err != nil {
		t.Fatal(err)
	}
	defer closePeer(t, p)
	process := p.driver.process
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Ask(ctx, "select", time.Minute); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrTimeout) {
		t.Errorf("the caller gave up: %v", err)
	}
	if !process.gone() {
		t.Error("the process lives on")
	}
}

// TestDriverRefuses: a process that cannot set up says why, and does not live on.
func TestDriverRefuses(t *testing.T) {
	for script, want := range map[string]string{
		`{"error":"IOException: no extension","timeout":false}`: "IOException: no extension",
		"die":      "ImportError: no such thing",
		"no JSON!": "invalid character",
	} {
		if _, err := fakePeer(t, script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", script, err, want)
		}
	}
}
