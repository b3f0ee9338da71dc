package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lives reports whether a process runs; one that has ended and is not waited for yet does not.
func lives(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	return !strings.Contains(string(text), ") Z ")
}

// awaitEnd waits for the end of a process that somebody else started.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); lives(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d lives on", pid)
		}
	}
}

// TestChildrenDie kills a program that has started another.
func TestChildrenDie(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system has no parent-death signal")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fakeDriver+"="+startsSleep)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, numberErr := strconv.Atoi(strings.TrimSpace(line))
	if err := errors.Join(err, numberErr); err != nil || !lives(pid) {
		t.Fatalf("it started %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it was not killed")
	}
	awaitEnd(t, pid)
}

// startsSleep makes this program start another one, tell its number and wait.
const startsSleep = "sleep"

func startSleep() {
	p, err := launch(exec.Command("sleep", "600"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(p.pid)
	<-p.exited
}

// TestStop ends a program that ignores being asked, and what it has started.
func TestStop(t *testing.T) {
	cmd := exec.Command("sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait; wait")
	var out tail
	cmd.Stdout = &out
	p, err := launch(cmd)
	if err != nil {
		t.Fatal(err)
	}
	for out.String() == "" && !p.gone() {
		time.Sleep(time.Millisecond)
	}
	child, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(200 * time.Millisecond); err != nil || !p.gone() {
		t.Errorf("it is gone: %t, %v", p.gone(), err)
	}
	awaitEnd(t, child)
	if err := p.stop(time.Second); err != nil {
		t.Errorf("stopping again: %v", err)
	}
}

func TestRun(t *testing.T) {
	out, err := run(t.Context(), exec.Command("sh", "-c", "echo one; echo two >&2; exit 3"))
	var code *exec.ExitError
	if out != "one\ntwo\n" || !errors.As(err, &code) || code.ExitCode() != 3 {
		t.Errorf("%q, %v", out, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := run(ctx, exec.Command("sleep", "600")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a program that is no longer waited for: %v", err)
	}
}
