package residency

import (
	"slices"
	"sync/atomic"
	"testing"
)

// The clauses of the check. Each stands for one thing that must hold of a plan.
const (
	clauseNeedRule    = "rule"             // a table without a rule does not leave
	clauseDeny        = "deny"             // no deny rule forbids it
	clauseSource      = "source"           // the rule is for the region that is left
	clauseDestination = "destination"      // and for each one that is reached
	clauseRecipient   = "recipient_expiry" // a recipient's basis still holds
	clausePurpose     = "purpose"
	clauseRole        = "role"
	clauseValid       = "valid"
	clauseForm        = "form"           // what is shipped is in the rule's form
	clauseColumns     = "columns"        // only the rule's columns are shipped, ordered by, or aggregated
	clauseFilter      = "filter_columns" // only these decide which rows count
	clauseJoin        = "join_columns"   // only these are compared with other tables
	clauseOutput      = "output_never"
	clauseCompare     = "compare_never"
	clausePseudonym   = "pseudonym"        // a pseudonym rule's columns leave as pseudonyms only
	clauseGuess       = "pseudonym_guess"  // nobody makes pseudonyms of what they know, to look for them
	clauseShape       = "aggregate_shape"  // below an aggregate are filters and joins of tables, nothing else
	clauseSubquery    = "subquery"         // and no subqueries
	clauseSets        = "grouping_sets"    // the shard makes groups of one set only
	clauseKeys        = "group_by"         // groups are made by the rule's columns
	clauseArgument    = "argument"         // an aggregate's argument is a column, not something computed of it
	clauseFunction    = "functions"        // only the rule's functions
	clauseAggFilter   = "aggregate_filter" // no FILTER: its rows are not those that are counted
	clauseKinds       = "kinds"            // a sketch is of one of the rule's kinds
	clausePrecision   = "precision"        // and no finer than the rule lets it be
	clauseSketchKey   = "sketch_key"       // and of hashes under a key of the purpose, where the rule asks for one
	clauseDistinct    = "distinct"         // DISTINCT counts only, and only where the rule says so
	clauseDifference  = "differencing"     // no second aggregate over the same table beside it
	clauseCondition   = "where"            // the rule's condition is in the statement
	clauseThreshold   = "min"              // groups are counted in the statement
	clauseDominance   = "dominance"        // and their largest members weighed
	clauseClient      = "client"           // the caller's region is a destination
	clauseShipped     = "shipped"          // shards to which a step's rows are sent are destinations
	clauseFence       = "fence"            // what can fail sees only the rows and groups that pass
	clauseExact       = "final_statement"  // the final statement is what the rules ask for, and nothing else
)

// Clauses lists the names of the check's clauses, in the order in which a rule is held to them.
func Clauses() []string {
	return []string{clauseNeedRule, clauseDeny, clauseSource, clausePurpose, clauseRole, clauseDestination, clauseRecipient, clauseValid, clauseForm,
		clauseColumns, clauseFilter, clauseJoin, clauseOutput, clauseCompare, clausePseudonym, clauseGuess, clauseShape, clauseSubquery, clauseSets, clauseKeys,
		clauseArgument, clauseFunction, clauseAggFilter, clauseKinds, clausePrecision, clauseSketchKey, clauseDistinct, clauseDifference, clauseCondition, clauseThreshold, clauseDominance,
		clauseClient, clauseShipped, clauseFence, clauseExact}
}

// skippedClauses are clauses that a test has switched off; nil outside of tests.
var skippedClauses atomic.Pointer[[]string]

// SkipClause switches a clause off until restore is called, for tests that show what each clause is for. Outside of a test it
// panics.
func SkipClause(name string) (restore func()) {
	if !testing.Testing() {
		panic("residency: a clause of the check can be skipped in tests only")
	}
	if !slices.Contains(Clauses(), name) {
		panic("residency: no clause is called " + name)
	}
	before := skippedClauses.Load()
	list := []string{name}
	if before != nil {
		list = append(list, *before...)
	}
	skippedClauses.Store(&list)
	return func() { skippedClauses.Store(before) }
}

// holds reports that a clause is checked.
func holds(clause string) bool {
	list := skippedClauses.Load()
	return list == nil || !slices.Contains(*list, clause)
}
