package plan

import "github.com/atoll-sql/atoll/connectors"

// Fragment is one statement that runs at one site, or the same statement at several shards that hold
// parts of the same tables; and the edge over which its rows travel to the coordinator.
type Fragment struct {
	ID      int
	Root    Node
	Targets []Target
	Pruned  []string // shards that hold the tables but cannot have rows for this query
	// Missing are shards that may have rows for this query and are left out, as if they held none.
	Missing []string
	// StandIn says that the one target has no row of the tables that the query asks for: it is asked because those that may have some are left out,
	// and somebody has to answer.
	StandIn bool
	// Copied says that every target could be another shard: of tables that several shards have whole, one copy is read.
	Copied bool
	Why    string // why it ends here, in a few words
	// EstRows estimates the rows each shard sends, -1 if unknown.
	EstRows int64
	Keys    []KeyUse // what the statement is for, as far as its conditions say; for counting only
}

// KeyUse is a part of a table's keys, or a key, that a statement to a shard is for.
type KeyUse struct {
	Shard string
	Table string // the one whose strategy places the key
	Part  string // as the shard map names it, "" where it has no parts
	Key   string // its text, columns joined by ", "; "" where Part says all that is known. It is data of rows.
}

// Target is one shard's share of a fragment.
type Target struct {
	Shard     string
	Region    string
	Statement Statement
	// Root is what the statement computes, where residency rules made something else of the fragment's Root, with the same
	// columns; nil where they did not.
	Root Node
	// Small, if not nil, counts after that what a residency rule keeps back: one row of one number.
	Small *Statement
}

// Statement is SQL in a site's dialect. Params lists which of the query's parameters are its $1, $2, ….
type Statement struct {
	SQL    string
	Params []int
}

// Plan is a checked, executable plan.
type Plan struct {
	Steps     []*Step // what runs first, each before those that follow it
	Root      Node    // what the coordinator does; a tree of Gather, MergeAggregate, Limit, Project of plain columns, Residual
	Fragments []*Fragment
	Output    []Column         // of Root, with the names that the user sees
	Params    []Type           // types of $1, $2, …, and of the hidden ones behind them
	Args      []connectors.Arg // their values, each in the canonical form of its type
	Logical   Node             // the tree before placement, for EXPLAIN
	Bound     Node             // the tree before any rule
	Crossings []Crossing       // what leaves a region, if a policy stands over the plan
}
