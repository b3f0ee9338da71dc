package yamldoc

import (
	"regexp"
	"strings"
)

var (
	// urlPassword finds the password of a URL: from the first colon after :// and a user to the last @.
	urlPassword = regexp.MustCompile(`://[^\s:@/]*:(.*)@`)
	// listedPassword finds password=…; in a DSN of SQL Server, up to the semicolon.
	listedPassword = regexp.MustCompile(`(?i)(?:password|passwd|pwd|token|secret|assertion)\s*=\s*([^;\n"'{]*);`)
	// namedPassword finds password=… in a DSN or a URL, to the end of the word, quotation or braces.
	namedPassword = regexp.MustCompile(`(?i)(?:password|passwd|pwd|token|secret|assertion)\s*=\s*(?:\{((?:[^}]|\}\})*)\}?|` + passwordValue + `)`)
	// keyPassword finds a password given as a key of its own, which is a mistake that an excerpt may not repeat.
	keyPassword = regexp.MustCompile(`(?i)(?:password|passwd|pwd|token|secret|pseudonym_key)["']?\s*:\s*` + passwordValue)
	// hexKey finds what may be a key in hexadecimal digits, wherever it stands.
	hexKey   = regexp.MustCompile(`([0-9A-Fa-f]{32,})`)
	variable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)
)

const passwordValue = `('(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|[^\s&]+)`

// maskText masks passwords in a message.
func maskText(text string) string {
	return mask(mask(mask(text, urlPassword), listedPassword), namedPassword)
}

// maskLine masks passwords in a line of the file.
func maskLine(line string) string { return mask(mask(maskText(line), keyPassword), hexKey) }

// mask replaces the group of each match, character by character, so that columns stay where they
// are. References to variables stay readable.
func mask(text string, re *regexp.Regexp) string {
	var out strings.Builder
	end := 0
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		from, to := m[2], m[3]
		if from < 0 { // the other alternative matched
			from, to = m[4], m[5]
		}
		out.WriteString(text[end:from])
		out.WriteString(maskWord(text[from:to]))
		end = to
	}
	out.WriteString(text[end:])
	return out.String()
}

// maskWord masks everything but references to variables.
func maskWord(word string) string {
	var out strings.Builder
	stars := func(s string) { out.WriteString(strings.Repeat("*", len([]rune(s)))) }
	end := 0
	for _, m := range variable.FindAllStringIndex(word, -1) {
		stars(word[end:m[0]])
		out.WriteString(word[m[0]:m[1]])
		end = m[1]
	}
	stars(word[end:])
	return out.String()
}
