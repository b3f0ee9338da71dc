package peers

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// duckVersionWanted is that of the Python packages: figures of one version of the bench are of one version of DuckDB.
const duckVersionWanted = "1.5.5"

// duckDriver is the program that answers requests.
//
//go:embed duckdb_driver.py
var duckDriver string

// python is an interpreter that has the package duckdb.
type python struct {
	program  string
	packages string // directory to look for packages in first; "" for the interpreter's own
}

// findPython finds the interpreter and the packages, which are installed where that is permitted.
func findPython(ctx context.Context, o Options) (python, error) {
	program, err := exec.LookPath("python3")
	if err != nil {
		return python{}, lacks("python3 is not in PATH: install Python 3.9 or later with pip")
	}
	cmd := exec.Command(program, "-c", "import sys; print(sys.implementation.cache_tag)")
	tag, err := run(ctx, cmd)
	if err != nil {
		return python{}, lacks("python3 does not run (%v: %s): install Python 3.9 or later with pip", err, telling(tag, "Error"))
	}
	dir, err := o.directory()
	if err != nil {
		return python{}, err
	}
	name := "duckdb-" + duckVersionWanted + "-" + strings.TrimSpace(tag)
	if o.DuckDBExtension != "" {
		if own := (python{program: program}); !isDir(filepath.Join(dir, name)) && own.imports(ctx) {
			return own, nil
		}
	}
	packages, err := kept(dir, name, func(into string) error { return install(ctx, o, program, into, filepath.Join(dir, name)) })
	return python{program: program, packages: packages}, err
}

// install has pip put the packages into a directory.
func install(ctx context.Context, o Options, program, into, kept string) error {
	wanted := []string{"duckdb==" + duckVersionWanted, "duckdb-extension-postgres-scanner==" + duckVersionWanted}
	by := "python3 -m pip install --no-deps --target " + kept + " " + strings.Join(wanted, " ")
	if !o.Download {
		return lacks("%s and its postgres extension are not in %s, and downloads are not permitted: permit them, or run %s", wanted[0], filepath.Dir(kept), by)
	}
	o.say("duckdb: installing %s", strings.Join(wanted, " and "))
	args := append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--target", into}, wanted...)
	out, err := run(ctx, exec.Command(program, args...))
	if err != nil {
		return lacks("pip cannot install %s (%v: %s): where the Python package index can be reached, run %s", strings.Join(wanted, " and "), err,
			telling(out, "ERROR", "No module"), by)
	}
	return nil
}

// imports reports whether the interpreter has the package by itself.
func (p python) imports(ctx context.Context) bool {
	cmd := p.command("")
	cmd.Args = []string{p.program, "-c", "import duckdb"}
	_, err := run(ctx, cmd)
	return err == nil
}

// command is the driver's. The environment's PG… variables are left out: libpq, which the extension connects with, would heed them.
func (p python) command(dir string) *exec.Cmd {
	cmd := exec.Command(p.program, "-c", duckDriver)
	cmd.Dir = dir
	cmd.Env = []string{"PYTHONUNBUFFERED=1", "PYTHONIOENCODING=utf-8"}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "PYTHON") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	if p.packages != "" {
		cmd.Env = append(cmd.Env, "PYTHONPATH="+p.packages)
	}
	return cmd
}
