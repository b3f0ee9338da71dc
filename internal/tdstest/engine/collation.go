package engine

import (
	"strings"
	"sync"
)

// DefaultCollation is what a collation of "" means.
const DefaultCollation = "SQL_Latin1_General_CP1_CI_AS"

// Strength is how firmly an expression's collation is fixed (the vendor's "collation label").
type Strength uint8

// The strengths.
const (
	CoercibleDefault  Strength = iota // of constants, variables and what other types were converted to
	ImplicitCollation                 // of columns and what is computed of them
	NoCollation                       // of a mixture of two columns of different collations
	ExplicitCollation                 // of COLLATE
)

// collation is what a collation's name says.
type collation struct {
	name          string
	binary        bool // BIN2
	utf8          bool // char and varchar are UTF-8
	supplementary bool // functions count a supplementary character as one
	weights100    bool // version 100: supplementary characters have weights
	caseful       bool // CS
	accentless    bool // AI
	widthful      bool // WS
}

var collations sync.Map // lower-case name → *collation

// lookupCollation returns the collation of that name, whatever its case; "" is the default. nil if there is none.
func lookupCollation(name string) *collation {
	if name == "" {
		name = DefaultCollation
	}
	if c, ok := collations.Load(name); ok {
		return c.(*collation)
	}
	c := parseCollation(name)
	if c != nil {
		collations.Store(name, c)
	}
	return c
}

// collationOf is lookupCollation for types, whose collations exist because KnownCollation was asked when they were made.
func collationOf(name string) *collation {
	if c := lookupCollation(name); c != nil {
		return c
	}
	return lookupCollation("")
}

// parseCollation knows the Latin1_General collations of versions 80 and 100 and SQL_Latin1_General_CP1 (sort orders 51, 52
// and 54), which are those tests use. Kana is not told apart by any of them here.
func parseCollation(name string) *collation {
	lower := strings.ToLower(name)
	c := &collation{name: name}
	rest, sql := strings.CutPrefix(lower, "sql_latin1_general_cp1_")
	if sql {
		c.caseful, c.accentless = rest == "cs_as", rest == "ci_ai"
		if rest == "ci_as" || rest == "cs_as" || rest == "ci_ai" {
			return c
		}
		return nil
	}
	rest, ok := strings.CutPrefix(lower, "latin1_general_100_")
	if c.weights100 = ok; !ok {
		if rest, ok = strings.CutPrefix(lower, "latin1_general_"); !ok {
			return nil
		}
	}
	if rest == "bin2" || rest == "bin2_utf8" && c.weights100 {
		c.binary, c.utf8 = true, rest == "bin2_utf8"
		c.supplementary = c.utf8
		return c
	}
	return parseSensitivity(c, strings.Split(rest, "_"))
}

func parseSensitivity(c *collation, words []string) *collation {
	if len(words) < 2 || words[0] != "ci" && words[0] != "cs" || words[1] != "ai" && words[1] != "as" {
		return nil
	}
	c.caseful, c.accentless = words[0] == "cs", words[1] == "ai"
	words = words[2:]
	for _, word := range [...]string{"ks", "ws", "sc", "utf8"} {
		if len(words) == 0 || words[0] != word {
			continue
		}
		words = words[1:]
		switch word {
		case "ws":
			c.widthful = true
		case "sc":
			c.supplementary = true
		case "utf8":
			c.utf8 = true
		}
	}
	if len(words) > 0 || c.utf8 && !c.supplementary || c.supplementary && !c.weights100 {
		return nil
	}
	return c
}

// KnownCollation returns error 448 for a collation that does not exist.
func KnownCollation(name string) *Error {
	if lookupCollation(name) == nil {
		return valueError(448, "Invalid collation '%s'.", name)
	}
	return nil
}

// CaseInsensitive reports whether names compare without regard to case under the collation.
func CaseInsensitive(name string) bool {
	c := collationOf(name)
	return !c.binary && !c.caseful
}

// sameCollation reports whether texts may meet. "" stands for the database's, not yet filled in, and gives way.
func sameCollation(a, b string) bool {
	return a == b || a == "" || b == "" || strings.EqualFold(collationOf(a).name, collationOf(b).name)
}

func collationConflict(a, b, operation string) *Error {
	return valueError(468, "Cannot resolve the collation conflict between \"%s\" and \"%s\" in the %s operation.",
		collationOf(a).name, collationOf(b).name, operation)
}

// ResolveCollation combines the collations of two texts that meet: an explicit one wins over an implicit one, that over a
// coercible default. Two different explicit ones are error 468; two different implicit ones give NoCollation, which is an
// error only where a collation is needed. CommonType, BinaryType and FunctionType refuse texts of different collations, so
// the binder calls this first and gives both types the collation it returns.
func ResolveCollation(a string, as Strength, b string, bs Strength) (string, Strength, *Error) {
	switch {
	case as == ExplicitCollation && bs == ExplicitCollation && !sameCollation(a, b):
		return a, as, collationConflict(a, b, "equal to")
	case as == ExplicitCollation:
		return a, as, nil
	case bs == ExplicitCollation:
		return b, bs, nil
	case as == NoCollation:
		return a, as, nil
	case bs == NoCollation:
		return b, bs, nil
	case as == ImplicitCollation && bs == ImplicitCollation && !sameCollation(a, b):
		return a, NoCollation, nil
	case bs > as:
		return b, bs, nil
	}
	return a, as, nil
}
