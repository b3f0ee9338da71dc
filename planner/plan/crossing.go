package plan

// Crossing is what leaves a region over one edge, as the residency rules permit it. A plan over which no policy stands has none.
type Crossing struct {
	Fragment int      // the ID of the fragment whose rows leave
	Shard    string   // from where
	Replica  string   // of the shard, which may be asked in its place; "" for its own server
	From     string   // its region: the replica's, if it is one
	To       []string // every region that the rows, or what is made of them, get to: the coordinator's, those of shards to which steps send them, the caller's
	Form     string   // "rows", "pseudonym", "aggregate", "sketch"
	Tables   []CrossingTable
	Columns  []string // names of the columns that are shipped
	OnSmall  string   // "drop", "remainder", "error"; "" where no threshold holds
	// Ungrouped says that one row leaves for all rows, whose values are NULL where a threshold is not met.
	Ungrouped bool
}

// CrossingTable is the share of one reference to a table in a crossing.
type CrossingTable struct {
	Table     string
	Rule      string      // the rule that permits it
	Uses      []ColumnUse // every column that is read, and what for
	Recipient string      // the named recipient by whose basis it permits it, "" for none
	Where     string      // the rule's condition on rows, "" for none
	Entity    string      // what groups are counted by, "" for no threshold
	Min       int64       // distinct entities that a group needs
	// Largest entities must not have more than Percent of a total; 0 for no bound.
	Largest, Percent int64
}

// ColumnUse is a column of a table and one thing that a fragment does with it.
type ColumnUse struct {
	Column string
	Use    string // "value", "argument", "key", "filter", "join", "order"
}
