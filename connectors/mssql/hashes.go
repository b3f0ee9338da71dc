package mssql

import (
	_ "embed"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
)

// hashesFile has a line for each feature: its name, a tab, and a condition that holds where the server's hashes of a fixed set of awkward values are
// those of Atoll. A test of package sqlgen writes it.
//
//go:embed hashes.txt
var hashesFile string

// hashProbes are the probes of hashes. PostgreSQL's own hash is none that a server could have, and neither are intervals.
func hashProbes() []probe {
	var out []probe
	for line := range strings.Lines(hashesFile) {
		feature, holds, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out = append(out, probe{feature, holds})
	}
	return out
}

// hashesText says for operators which hashes a server is without.
func hashesText(missing []string) string {
	var without []string
	for _, feature := range missing {
		switch feature {
		case connectors.FeatureHashPortable, connectors.FeatureHashKeyed, connectors.FeatureHashText, connectors.FeatureHashTime, connectors.FeatureStringAgg:
			without = append(without, feature)
		}
	}
	if len(without) == 0 {
		return "MD5 and HMAC-SHA-256 agree with Atoll's"
	}
	return "without " + strings.Join(without, ", ") + ": distinct values travel instead, where they may"
}
