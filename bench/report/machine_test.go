package report

import "testing"

func TestMemoryBytes(t *testing.T) {
	for text, want := range map[string]int64{"2048 kB": 2 << 20, "": 0, "24 GB": 0, "much kB": 0} {
		if got := (Machine{Memory: text}).MemoryBytes(); got != want {
			t.Errorf("%q: %d bytes, want %d", text, got, want)
		}
	}
}
