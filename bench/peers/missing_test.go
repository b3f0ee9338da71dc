package peers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program puts a shell script into a directory of programs.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

const (
	fakePython = `case "$*" in *cache_tag*) echo cpython-300;; *pip*) echo "ERROR: No matching distribution" >&2; exit 1;; *) exit 1;; esac`
	java17     = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`
	java8      = `echo 'java version "1.8.0_202"' >&2`
	noMaven    = `echo '[ERROR] Could not transfer artifact' ; exit 1`
)

// TestMissing: what cannot be had is said with the reason and the remedy, and is no failure.
func TestMissing(t *testing.T) {
	world := World{Shards: []Server{{DSN: "postgres://u@/d?host=/nowhere&port=1", Host: loopback, Port: 1, User: "u"}}}
	tarball := filepath.Join(t.TempDir(), "trino.tgz")
	unreadable := filepath.Join(t.TempDir(), "trino-server-368.tar.gz")
	if err := os.WriteFile(unreadable, []byte("no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	noTCP := World{Shards: []Server{{DSN: world.Shards[0].DSN}}}
	for _, tc := range []struct {
		name, peer string
		programs   map[string]string
		world      World
		o          Options
		want       []string
	}{
		{"no Python", DuckDB, nil, world, Options{Download: true}, []string{"python3 is not in PATH", "install Python"}},
		{"no downloads", DuckDB, map[string]string{"python3": fakePython}, world, Options{}, []string{"duckdb==1.5.5", "downloads are not permitted", "pip install"}},
		{"no index", DuckDB, map[string]string{"python3": fakePython}, world, Options{Download: true}, []string{"No matching distribution", "pip install"}},
		{"no TCP", Trino, nil, noTCP, Options{}, []string{"TCP", "loopback"}},
		{"no Java", Trino, nil, world, Options{Download: true}, []string{"java is neither", "install a JDK"}},
		{"old Java", Trino, map[string]string{"java": java8}, world, Options{Download: true}, []string{"JDK 1", "install JDK 11 or later"}},
		{"no downloads of Trino", Trino, map[string]string{"java": java17}, world, Options{}, []string{"trino-server:368", "downloads are not permitted", "local tarball"}},
		{"no Maven", Trino, map[string]string{"java": java17}, world, Options{Download: true}, []string{"mvn is not in PATH", "install Maven"}},
		{"no Maven Central", Trino, map[string]string{"java": java17, "mvn": noMaven}, world, Options{Download: true}, []string{"Could not transfer", "local tarball"}},
		{"another name", Trino, map[string]string{"java": java17}, world, Options{TrinoTarball: tarball}, []string{"trino.tgz", "trino-server-N.tar.gz"}},
		{"no archive", Trino, map[string]string{"java": java17}, world, Options{TrinoTarball: unreadable}, []string{"cannot be unpacked"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bin := t.TempDir()
			for name, script := range tc.programs {
				program(t, bin, name, script)
			}
			t.Setenv("PATH", bin)
			t.Setenv("HOME", t.TempDir()) // where Maven keeps what it has
			t.Setenv("JAVA_HOME", "")
			tc.o.Dir = t.TempDir()
			p, about, err := Open(t.Context(), tc.peer, tc.world, tc.o)
			if err != nil || p != nil {
				t.Fatalf("%v, %v", p, err)
			}
			for _, want := range tc.want {
				if !strings.Contains(about.Missing, want) {
					t.Errorf("missing because %q, which lacks %q", about.Missing, want)
				}
			}
			if left, err := os.ReadDir(tc.o.Dir); err != nil || len(left) > 0 {
				t.Errorf("left are %v, %v", left, err)
			}
		})
	}
}

func TestReleaseFor(t *testing.T) {
	for jdk, want := range map[string]string{"11": "368", "17": "368", "21": "368", "24": "476", "25": "476"} {
		if got, err := releaseFor(jdk); err != nil || got != want {
			t.Errorf("JDK %s: %s, %v, want %s", jdk, got, err, want)
		}
	}
}
