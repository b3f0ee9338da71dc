package main

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/bench/report"
)

// benchTerminal is a terminal whose outputs are files.
func benchTerminal(t *testing.T) (_ *terminal, out func() string, errOut func() string) {
	dir := t.TempDir()
	open := func(name string) (*os.File, func() string) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f, func() string {
			text, err := os.ReadFile(f.Name())
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	o, out := open("out")
	e, errOut := open("err")
	return &terminal{out: o, err: e}, out, errOut
}

func measured(value float64) func(context.Context, func(string)) (*report.Report, error) {
	return func(_ context.Context, progress func(string)) (*report.Report, error) {
		progress("round 1\x1b[2J")
		r := report.New("plan", 1)
		r.Observe("planning", report.Seconds, report.Lower, value, "shape", "join")
		return r, nil
	}
}

func TestRunBench(t *testing.T) {
	term, out, errOut := benchTerminal(t)
	dir := t.TempDir()
	o := &benchOutput{json: filepath.Join(dir, "a.json"), html: filepath.Join(dir, "a.html"), plots: filepath.Join(dir, "plots"), format: "text"}
	if err := term.runBench(t.Context(), o, measured(0.001)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out(), "join     1 ms") {
		t.Errorf("printed: %s", out())
	}
	if !strings.Contains(errOut(), "0.0s  round 1\\") || strings.Contains(errOut(), "\x1b") {
		t.Errorf("told on the way: %q", errOut())
	}
	r, err := report.Load(o.json)
	if err != nil || r.Took <= 0 || r.Find("planning", "shape", "join").Median() != 0.001 {
		t.Errorf("kept: %+v, %v", r, err)
	}
	for _, path := range []string{o.html, o.plots} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// TestRunBenchChecksFirst holds that nothing is measured for a place that does not exist.
func TestRunBenchChecksFirst(t *testing.T) {
	term, _, _ := benchTerminal(t)
	dir := t.TempDir()
	for name, o := range map[string]*benchOutput{
		"json":   {format: "text", json: filepath.Join(dir, "no", "a.json")},
		"html":   {format: "text", html: filepath.Join(dir, "no", "a.html")},
		"plots":  {format: "text", plots: filepath.Join(dir, "no", "plots")},
		"folder": {format: "text", json: dir},
		"format": {format: "pdf"},
	} {
		err := term.runBench(t.Context(), o, func(context.Context, func(string)) (*report.Report, error) {
			t.Errorf("%s: measured", name)
			return nil, nil
		})
		if wrong := (*usageError)(nil); !errors.As(err, &wrong) {
			t.Errorf("%s: %v is no error of usage", name, err)
		}
	}
}

// TestRunBenchKeepsWhatItCan holds that figures are printed although they cannot be kept.
func TestRunBenchKeepsWhatItCan(t *testing.T) {
	term, out, _ := benchTerminal(t)
	o := &benchOutput{json: filepath.Join(t.TempDir(), "a.json"), format: "text"}
	if err := term.runBench(t.Context(), o, measured(math.NaN())); err == nil {
		t.Error("NaN was kept as JSON")
	}
	if !strings.Contains(out(), "planning, lower is better") {
		t.Errorf("printed: %s", out())
	}
	if _, err := os.Stat(o.json); err == nil {
		t.Error("half a report was kept")
	}
}

func TestRunBenchFails(t *testing.T) {
	term, out, _ := benchTerminal(t)
	want := errors.New("no server")
	if err := term.runBench(t.Context(), &benchOutput{format: "text"}, func(context.Context, func(string)) (*report.Report, error) { return nil, want }); !errors.Is(err, want) || out() != "" {
		t.Errorf("%v, printed %q", err, out())
	}
}
