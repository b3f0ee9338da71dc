package residency

import (
	"encoding/hex"
	"testing"
)

// TestPseudonymKey: a key is a matter of the secret and the purpose, and of nothing else. The values are another implementation's.
func TestPseudonymKey(t *testing.T) {
	for _, c := range []struct{ master, purpose, want string }{
		{"master", "", "b20a7d78a6cb04707f06082e4b2125403472a034b0e31bdd285dacfa94dc3a36"},
		{"master", "finance", "83fd6971c56f8f6c7f2dfa971a87fdfb48fa3a9554708d6fada6c48bee550fbf"},
		{"Master", "finance", "c3426deefdae5d545e9e0c74aa67775b22c0dc1ecf6f807f7cfd6110fc04709a"},
	} {
		if got := hex.EncodeToString(PseudonymKey([]byte(c.master), c.purpose)); got != c.want {
			t.Errorf("%q, %q: %s, want %s", c.master, c.purpose, got, c.want)
		}
	}
	for _, master := range [][]byte{nil, {}} {
		if key := PseudonymKey(master, "finance"); key != nil {
			t.Errorf("without a secret the key is %x", key)
		}
	}
}
