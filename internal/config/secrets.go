package config

import (
	"regexp"
	"strings"
)

var (
	// urlPassword finds the password of a URL: from the first colon after :// and a user to the last @.
	urlPassword = regexp.MustCompile(`://[^\s:@/]*:(.*)@`)
	// namedPassword finds password=… in a DSN or a URL, to the end of the word or quotation.
	namedPassword = regexp.MustCompile(`(?i)(?:password|passwd|pwd)\s*=\s*` + passwordValue)
	// keyPassword finds a password given as a key of its own, which is a mistake that an excerpt may not repeat.
	keyPassword = regexp.MustCompile(`(?i)(?:password|passwd|pwd|token|secret)["']?\s*:\s*` + passwordValue)
	variable    = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)
)

const passwordValue = `('(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|[^\s&]+)`

// maskText masks passwords in a message.
func maskText(text string) string { return mask(mask(text, urlPassword), namedPassword) }

// maskLine masks passwords in a line of the file.
func maskLine(line string) string { return mask(maskText(line), keyPassword) }

// mask replaces the first group of each match, character by character, so that columns stay where they
// are. References to variables stay readable.
func mask(text string, re *regexp.Regexp) string {
	var out strings.Builder
	end := 0
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(text[end:m[2]])
		out.WriteString(maskWord(text[m[2]:m[3]]))
		end = m[3]
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
