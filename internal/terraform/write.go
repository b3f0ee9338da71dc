package terraform

import (
	"regexp"
	"slices"
	"strings"
)

// YAML writes the regions and shards as they stand in a configuration, each shard with the resource that it comes from. Equal imports give equal bytes.
func (i *Import) YAML() []byte {
	var b strings.Builder
	for _, left := range i.Left {
		b.WriteString("# not imported: " + left + "\n")
	}
	b.WriteString("regions:\n")
	for _, r := range i.Regions {
		r.write(&b, "  ")
	}
	b.WriteString("shards:\n")
	for _, s := range i.Shards {
		s.write(&b, "  ")
	}
	return []byte(b.String())
}

func (r Region) write(b *strings.Builder, indent string) {
	b.WriteString(indent + word(r.Name) + ": {jurisdiction: " + word(r.Jurisdiction) + "}\n")
}

func (s Shard) write(b *strings.Builder, indent string) {
	b.WriteString(indent + "# " + s.Source + "\n")
	for _, note := range s.Notes {
		b.WriteString(indent + "#   " + note + "\n")
	}
	for _, r := range s.Replicas {
		b.WriteString(indent + "#   replica, not a shard: " + r + "\n")
	}
	b.WriteString(indent + word(s.Name) + ": {region: " + word(s.Region) + ", driver: " + s.Driver + ", dsn: " + quoted(s.DSN) + "}\n")
}

var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// notTexts are words that YAML, in one version or another, does not take for texts.
var notTexts = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"}

// word writes a name, in quotation marks where YAML would read something else.
func word(s string) string {
	if plainWord.MatchString(s) && !slices.Contains(notTexts, strings.ToLower(s)) {
		return s
	}
	return quoted(s)
}

// quoted writes a text without control characters between single quotation marks if it holds double ones, otherwise between double ones.
func quoted(s string) string {
	if strings.Contains(s, `"`) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + strings.ReplaceAll(s, `\`, `\\`) + `"`
}
