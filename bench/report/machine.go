package report

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Machine is what figures were measured on.
type Machine struct {
	Processor  string `json:"processor"` // "" where the system does not say
	Processors int    `json:"processors"`
	Memory     string `json:"memory"` // "" where the system does not say
	System     string `json:"system"`
	Go         string `json:"go"`
}

// ThisMachine describes the machine that this process runs on.
func ThisMachine() Machine {
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

// MemoryBytes is the memory in bytes; 0 where the system does not say.
func (m Machine) MemoryBytes() int64 {
	number, found := strings.CutSuffix(m.Memory, " kB") // which are 1024 bytes, in Linux's words
	kib, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil {
		return 0
	}
	return kib << 10
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
	return fmt.Sprintf("%d processors (%s), memory %s, %s, %s", m.Processors, cpu, memory, m.System, m.Go)
}
