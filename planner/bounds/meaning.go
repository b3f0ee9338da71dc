package bounds

import (
	"fmt"
	"strings"
)

// Rows says what the rows of the partial answer are in the whole one.
type Rows string

// The kinds of rows.
const (
	// AllRows: the whole answer has as many rows, and each row stands for one of them.
	AllRows Rows = "all"
	// Subset: every row is one of the whole answer, value for value; rows may be missing.
	Subset Rows = "subset"
	// Groups: every row stands for one of the whole answer, no two for the same, each column as its kind says; rows may be missing.
	Groups Rows = "groups"
	// RowsOfAnswered: the query chose rows by LIMIT, OFFSET or a rank among those of the shards that answered. Each stands, as in
	// Groups, for a row of the whole answer without that choice, but may not be among those that it would choose.
	RowsOfAnswered Rows = "of_answered"
)

// String says it for people.
func (r Rows) String() string {
	switch r {
	case AllRows:
		return "all rows are there"
	case Subset:
		return "every row is one of the whole answer; rows may be missing"
	case Groups:
		return "every row stands for one of the whole answer, its columns as said; rows may be missing"
	}
	return "the rows were chosen among those of the shards that answered; the whole answer may choose others"
}

// Kind says what a column's values are to those in the same row of the whole answer. Order and equality are SQL's.
type Kind string

// The kinds of columns.
const (
	Exact       Kind = "exact"         // the same value, or NULL in both
	ExactOrNull Kind = "exact_or_null" // the same value; NULL may stand for a value that was not seen
	AtLeast     Kind = "at_least"      // the whole answer's is not less; of NULL, nothing is known
	AtMost      Kind = "at_most"       // the whole answer's is not more; of NULL, nothing is known
	OfAnswered  Kind = "of_answered"   // what the shards that answered say, and nothing beyond
)

// String says it for people.
func (k Kind) String() string {
	switch k {
	case Exact:
		return "exact"
	case ExactOrNull:
		return "exact unless NULL"
	case AtLeast:
		return "at least"
	case AtMost:
		return "at most"
	}
	return "of the shards that answered"
}

// Column is what an output column means.
type Column struct {
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason,omitempty"` // why it is not exact, in plain words
}

// Meaning is what a partial answer says of the whole one.
type Meaning struct {
	Rows    Rows     `json:"rows"`
	Reason  string   `json:"reason,omitempty"` // why rows may be missing, or be others
	Columns []Column `json:"columns"`          // one for each output column, in order
}

// Complete reports that the partial answer is the whole one.
func (m Meaning) Complete() bool { return m.Rows == AllRows && m.exact() }

func (m Meaning) exact() bool {
	for _, c := range m.Columns {
		if c.Kind != Exact {
			return false
		}
	}
	return true
}

// String is a line for the rows and one for each column that is not exact.
func (m Meaning) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rows: %s", m.Rows)
	if m.Reason != "" {
		b.WriteString(" (" + m.Reason + ")")
	}
	for _, c := range m.Columns {
		if c.Kind != Exact {
			fmt.Fprintf(&b, "\n%s: %s", c.Name, c.Kind)
			if c.Reason != "" {
				b.WriteString(" (" + c.Reason + ")")
			}
		}
	}
	return b.String()
}

// Unsound refuses a query whose partial answer could have rows that the whole one has not.
type Unsound struct {
	Construct string // what makes them, in SQL's words: "NOT EXISTS", "EXCEPT", "HAVING"
	Table     string // a table whose rows may be missing and that the construct reads, "" if that is not known
	Reason    string // why missing rows would make wrong ones
}

// Error implements error.
func (e *Unsound) Error() string {
	over := ""
	if e.Table != "" {
		over = " over " + e.Table
	}
	return fmt.Sprintf("a partial answer would be wrong: %s%s: %s", e.Construct, over, e.Reason)
}
