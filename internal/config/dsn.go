package config

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDSNFile bounds a file that holds a DSN, in bytes.
const maxDSNFile = 64 << 10

// expanded stands for the value of a variable while a DSN is searched for literal passwords.
const expanded = "\uE000"

// dsnInline expands the variables of a DSN in the file and refuses a password written there.
func (l *loader) dsnInline(n *node, driver string) string {
	raw := l.text(n)
	if raw == "" {
		return ""
	}
	value, template, ok := l.expand(n, raw)
	if !ok {
		return ""
	}
	if driver != "duckdb" && literalPassword(template) {
		l.fail(n.keyAt, `%s holds a password or another secret: a credential stands only in the environment (dsn: "${VARIABLE}", or ${VARIABLE} in place of the password) or in a file (dsn_file: path)`, n.path)
		return ""
	}
	if strings.TrimSpace(value) == "" {
		l.fail(n.place(), "%s is empty once its variables are expanded", n.path)
	}
	return value
}

// dsnFromFile reads the DSN from a file, without surrounding space. Nothing is expanded there.
func (l *loader) dsnFromFile(n *node) string {
	path := l.text(n)
	if path == "" {
		return ""
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.dir, path)
	}
	data, err := readFile(path, maxDSNFile)
	if err != nil {
		l.fail(n.at, "%s: %v", n.path, err)
		return ""
	}
	dsn := strings.TrimSpace(string(data))
	if dsn == "" || !utf8.ValidString(dsn) || strings.ContainsRune(dsn, 0) {
		l.fail(n.at, "%s: the file must hold one DSN, as text", n.path)
		return ""
	}
	return dsn
}

// expand replaces ${NAME} and $$. The template is the same text with a mark for each value, so that what
// was written and what came from outside can be told apart.
func (l *loader) expand(n *node, raw string) (value, template string, ok bool) {
	var v, t strings.Builder
	ok = true
	for raw != "" {
		i := strings.IndexByte(raw, '$')
		if i < 0 {
			i = len(raw)
		}
		v.WriteString(raw[:i])
		t.WriteString(raw[:i])
		raw = raw[i:]
		ref := variable.FindString(raw)
		switch {
		case raw == "":
		case strings.HasPrefix(raw, "$$"):
			v.WriteByte('$')
			t.WriteByte('$')
			raw = raw[2:]
		case strings.HasPrefix(raw, ref) && ref != "":
			name := ref[2 : len(ref)-1]
			text, set := l.env(name)
			if !set {
				l.fail(l.inside(n, ref), "%s: environment variable %s is not set", n.path, name)
				ok = false
			}
			v.WriteString(text)
			t.WriteString(expanded)
			raw = raw[len(ref):]
		default:
			l.fail(l.inside(n, "$"), "%s: write ${NAME} for a variable of the environment, $$ for a dollar sign", n.path)
			return "", "", false
		}
	}
	return v.String(), t.String(), ok
}

// inside finds the place of a part of a scalar in its line; the scalar's own place if it is not there.
func (l *loader) inside(n *node, part string) position {
	line := []rune(l.src.line(n.at.line))
	start := min(max(n.at.column-1, 0), len(line))
	if i := strings.Index(string(line[start:]), part); i >= 0 {
		return position{n.at.line, start + utf8.RuneCountInString(string(line[start:])[:i]) + 1}
	}
	return n.at
}

// keywordPassword matches password = value in a DSN of keywords.
var keywordPassword = regexp.MustCompile(`(?i)(?:^|\s)(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'?|\S*)`)

// listed matches key=value in a DSN of keywords between semicolons, as SQL Server's are: ADO's, where quotation marks
// protect a semicolon, and after odbc:, where braces do.
var listed = regexp.MustCompile(`(?:^|[;:])\s*([\pL][\pL\s_-]*?)\s*=\s*("(?:[^"]|"")*"?|\{(?:[^}]|\}\})*\}?|[^;]*)`)

// secretWords occur in the names of parameters that hold a credential: password, pwd, client secret, access token,
// clientassertion, ….
var secretWords = []string{"password", "passwd", "pwd", "secret", "token", "assertion"}

func namesSecret(key string) bool {
	key = strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(key))
	return slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(key, w) })
}

// literalPassword reports whether any character of a password, or of another secret, is written in the DSN itself. In
// doubt it says yes.
func literalPassword(template string) bool {
	literal := func(s string) bool { return strings.Trim(strings.ReplaceAll(s, expanded, ""), "'\"{} ") != "" }
	for _, m := range keywordPassword.FindAllStringSubmatch(template, -1) {
		if literal(m[1]) {
			return true
		}
	}
	for _, m := range listed.FindAllStringSubmatch(template, -1) {
		if namesSecret(m[1]) && literal(m[2]) {
			return true
		}
	}
	_, rest, isURL := strings.Cut(template, "://")
	if !isURL {
		return false
	}
	if _, password, ok := strings.Cut(userInfo(rest), ":"); ok && literal(password) {
		return true
	}
	_, query, _ := strings.Cut(rest, "?")
	for _, pair := range strings.Split(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(key); err == nil {
			key = k
		}
		if namesSecret(key) && literal(value) {
			return true
		}
	}
	return false
}

// userInfo returns what stands before the @ of a URL's authority. If the authority has none but a later
// part has, a password with unescaped slashes is assumed.
func userInfo(rest string) string {
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		return authority[:i]
	}
	return rest[:max(strings.LastIndexByte(rest, '@'), 0)]
}
