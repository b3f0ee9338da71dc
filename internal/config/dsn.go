package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// maxDSNFile bounds a file that holds a DSN, in bytes.
const maxDSNFile = 64 << 10

// dsnInline expands the variables of a DSN in the file and refuses a password written there.
func (l *loader) dsnInline(n *yamldoc.Node, driver string) string {
	if l.Text(n) == "" {
		return ""
	}
	value, template, ok := l.Expand(n, l.env)
	if !ok {
		return ""
	}
	if driver != "duckdb" && literalPassword(template) {
		l.Fail(n.KeyAt, `%s holds a password or another secret: a credential stands only in the environment (dsn: "${VARIABLE}", or ${VARIABLE} in place of the password) or in a file (dsn_file: path)`, n.Path)
		return ""
	}
	if strings.TrimSpace(value) == "" {
		l.Fail(n.Place(), "%s is empty once its variables are expanded", n.Path)
	}
	return value
}

// dsnFromFile reads the DSN from a file, without surrounding space. Nothing is expanded there.
func (l *loader) dsnFromFile(n *yamldoc.Node) string {
	path := l.file(l.Text(n))
	if path == "" {
		return ""
	}
	data, err := yamldoc.ReadFile(path, maxDSNFile)
	if err != nil {
		l.Fail(n.At, "%s: %v", n.Path, err)
		return ""
	}
	dsn := strings.TrimSpace(string(data))
	if dsn == "" || !utf8.ValidString(dsn) || strings.ContainsRune(dsn, 0) {
		l.Fail(n.At, "%s: the file must hold one DSN, as text", n.Path)
		return ""
	}
	return dsn
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
	literal := func(s string) bool { return strings.Trim(strings.ReplaceAll(s, yamldoc.Expanded, ""), "'\"{} ") != "" }
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
