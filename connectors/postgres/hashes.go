package postgres

import (
	"context"
	_ "embed"
	"errors"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// hashesFile has a line for each feature: its name, a tab, and a condition that holds where the server's hashes of a fixed set of awkward values are
// those of Atoll. A test of package sqlgen writes it.
//
//go:embed hashes.txt
var hashesFile string

// hashProbe is a feature and the condition that proves it.
type hashProbe struct{ feature, holds string }

var hashProbes = func() []hashProbe {
	var out []hashProbe
	for line := range strings.Lines(hashesFile) {
		feature, holds, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out = append(out, hashProbe{feature, holds})
	}
	return out
}()

// tryHashes returns the features whose conditions do not hold, each tried by itself: one function that does not exist, or that a server in FIPS mode
// will not compute, spoils a whole statement.
func (s *shard) tryHashes(ctx context.Context) (missing []string, err error) {
	for _, p := range hashProbes {
		holds := false
		err := s.ask(ctx, "SELECT coalesce("+p.holds+", false)", []arrow.Field{boolField(p.feature)}, nil, func(r row) { holds = r.bool(0) })
		if err != nil && !hashRefused(err) {
			return nil, err
		}
		if err != nil || !holds {
			missing = append(missing, p.feature)
		}
	}
	return missing, nil
}

// hashRefused reports that a live server would not run the statement itself.
func hashRefused(err error) bool {
	var e *connectors.Error
	if !errors.As(err, &e) || len(e.SQLState) != 5 {
		return false
	}
	switch e.SQLState[:2] {
	case "08", "28", "53", "57", "58": // connection, password, resources, an operator, the system
		return false
	}
	return true
}

// hashesText says for operators which hashes a server is without.
func hashesText(missing []string) string {
	if len(missing) == 0 {
		return "PostgreSQL's own, MD5 and HMAC-SHA-256 agree with Atoll's"
	}
	return "without " + strings.Join(missing, ", ") + ": distinct values travel instead, where they may"
}
