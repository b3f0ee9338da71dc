package yamldoc

import (
	"slices"
	"strings"
)

// Suggestion ends a message about an unknown name: with the nearest of the known ones, or with their list under the title what.
func Suggestion(name string, known []string, what string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	if best != "" {
		return ": did you mean " + best + "?"
	}
	list := known
	if len(list) > 12 {
		list = append(slices.Clone(list[:12]), "…")
	}
	return ": " + what + " are " + strings.Join(list, ", ")
}

// editDistance counts the insertions, deletions, substitutions and swaps of neighbours between two words.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
