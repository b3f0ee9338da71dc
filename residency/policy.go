package residency

import (
	"sync"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// Policy is a checked residency policy. It is not changed after loading and safe for concurrent use.
type Policy struct {
	File    string // as given to Load or Parse
	Version int64
	Hash    string // SHA-256 of the file's bytes, in hexadecimal
	// Entities are the kinds of persons or things that are protected, by name.
	Entities   map[string]*Entity
	Recipients map[string]*Recipient
	// Columns are what no rule can permit.
	Columns map[ColumnName]ColumnLimit
	Rules   []*Rule // in the order of the file
	// PseudonymKey is the secret under which pseudonyms are made, at least 32 bytes, nil if there is none. It is never printed.
	PseudonymKey yamldoc.Secret
	// World is what the policy was read against.
	World World

	source   *yamldoc.Source // for the excerpts of warnings; nil of a policy that was not read
	warnings []warning       // those that do not depend on the day

	once   sync.Once          // guards what follows
	allows map[string][]*Rule // by table
	denies map[string][]*Rule // by table; "" for tables that no deny rule names
}

// Entity says in which column of a table an entity is told by: its identity in that table.
type Entity struct {
	Name    string
	Columns map[string]string // by table
	Pos     Position
}

// Recipient is a named receiver in a region, until its legal basis ends.
type Recipient struct {
	Name    string
	Region  string
	Expires time.Time // the first moment at which it is none any more; zero for never
	Basis   string
	Pos     Position
}

// ColumnName is a column of a table.
type ColumnName struct{ Table, Column string }

// ColumnLimit says what may never be done with a column, whatever a rule says.
type ColumnLimit struct {
	NoOutput  bool // it is shipped in no form, nor anything computed from it
	NoCompare bool // it decides about no row: no filter, join, key or order
	Pos       Position
}

// Effect is what a rule does.
type Effect uint8

// The effects.
const (
	Allow Effect = iota
	Deny
)

// Form is in what shape data leaves.
type Form uint8

// The forms, in the order in which they say less.
const (
	Rows      Form = iota // values as they are, or whatever is computed of them
	Pseudonym             // pseudonym(x) for a column x
	Aggregate             // aggregates of groups of enough entities
	Sketch                // sketches of sets of enough entities
)

// Rule permits or forbids edges.
type Rule struct {
	ID     string
	Effect Effect
	From   []string // regions and jurisdictions; empty in a deny rule: any
	To     []string // regions, jurisdictions and recipients; empty in a deny rule: any
	Tables []string // empty in a deny rule: any
	// Columns may be shipped, in Form. Of a deny rule: may not be used at all; empty stands for all columns.
	Columns []string
	Form    Form
	// PlainColumns may be shipped as they are beside the pseudonyms, under Pseudonym.
	PlainColumns []string
	// Where is a condition over the table's columns in the PostgreSQL dialect: only rows for which it is true count. "" for all.
	Where    string
	WherePos Position // of Where in the file
	Purposes []string // empty: any, also none
	Roles    []string // empty: any, also none
	// ValidFrom and ValidUntil bound the moments of queries: from the first, before the second. Zero for no bound.
	ValidFrom, ValidUntil time.Time
	// FilterColumns may decide which rows count, JoinColumns may be compared with columns of other tables; neither may be shipped for that. Under Rows,
	// Columns may do both as well.
	FilterColumns []string
	JoinColumns   []string
	Aggregate     *AggregateTerms // of the form Aggregate
	Sketch        *SketchTerms    // of the form Sketch; under Aggregate, sketches may leave beside the aggregates
	Limits        Limits
	Pos           Position
}

// OnSmall is what becomes of groups that may not leave.
type OnSmall uint8

// What becomes of small groups.
const (
	Drop      OnSmall = iota // they do not leave
	Remainder                // they leave as one group whose keys are NULL, with the group whose keys are NULL, if that is large enough
	Fail                     // the query fails, naming no group
)

// AggregateTerms are the terms under which aggregates leave.
type AggregateTerms struct {
	Functions []string // PostgreSQL's names in lower case; "count_distinct" is count(DISTINCT x)
	GroupBy   []string
	Entity    string
	Min       int64 // distinct entities that a group needs, at least 1
	// Dominance is the most that the largest contributors may have of the absolute sum of an aggregated column; nil for no bound.
	Dominance *Dominance
	OnSmall   OnSmall
	// CountSuppressed: how many groups do not leave is counted, by a further statement, and told to the source region's audit log only.
	CountSuppressed bool
}

// Dominance keeps groups at home whose Largest entities have more than Percent of a column's total.
type Dominance struct {
	Largest int64
	Percent int64 // 1 to 100
}

// SketchTerms are the terms under which sketches leave.
type SketchTerms struct {
	Kinds     []string // "hll"
	GroupBy   []string
	Entity    string
	Min       int64  // distinct entities that the set of a group needs, at least 1
	Key       string // "", "per_purpose"
	Precision int64  // the most, 4 to 18: a sketch has 2^Precision registers
}

// Limits bound what a rule permits in a day of UTC; 0 for no bound.
type Limits struct {
	QueriesPerDay int64
	RowsPerDay    int64
}

// Position is a place in the policy's file, both from 1; zero if there is none.
type Position = yamldoc.Position
