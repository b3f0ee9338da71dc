package tpch

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Machine is what the figures were measured on.
type Machine struct {
	Processor  string `json:"processor"` // "" where the system does not say
	Processors int    `json:"processors"`
	Memory     string `json:"memory"` // "" where the system does not say
	System     string `json:"system"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql"`
}

func thisMachine() Machine {
	return Machine{
		Processor: systemLine("/proc/cpuinfo", "model name"), Processors: runtime.GOMAXPROCS(0), Memory: systemLine("/proc/meminfo", "MemTotal"),
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
	}
}

// systemLine returns what follows a name and a colon in a file of the system's, "" if it is not there.
func systemLine(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// String is one sentence without its end.
func (m Machine) String() string {
	cpu, memory := m.Processor, m.Memory
	if cpu == "" {
		cpu = "unknown"
	}
	if memory == "" {
		memory = "unknown"
	}
	return fmt.Sprintf("%d processors (%s), memory %s, %s, %s, PostgreSQL %s", m.Processors, cpu, memory, m.System, m.Go, m.PostgreSQL)
}

// describe begins the report.
func (s *servers) describe(ctx context.Context) (Report, error) {
	r := Report{
		Started: time.Now().UTC(), Machine: thisMachine(), Scale: s.opts.Scale, Seed: s.opts.Seed, Shards: s.opts.Shards,
		Repetitions: s.opts.Repetitions, WarmUps: s.opts.WarmUps, Timeout: s.opts.Timeout, Settings: s.opts.settings(),
		Partitions: fdwSettings + "; " + serverOptions, Off: s.opts.Off, Peers: s.opts.Peers,
	}
	err := with(ctx, s.single, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select current_setting('server_version')").Scan(&r.Machine.PostgreSQL)
	})
	return r, err
}
