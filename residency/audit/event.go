package audit

import "time"

// The types of entries.
const (
	TypeIntent       = "INTENT"        // a query was asked; before its first fragment runs
	TypeDecision     = "DECISION"      // what the rules say of a query, or of one of its edges
	TypeShipment     = "SHIPMENT"      // what crossed an edge
	TypeComplete     = "COMPLETE"      // the query ended with its last row
	TypeAbort        = "ABORT"         // the query ended otherwise: refused, failed, cancelled
	TypePolicyChange = "POLICY_CHANGE" // another policy is in force, or one failed to load
	TypeMove         = "MOVE"          // keys move from one shard to another: the move enters a phase, or ends
	TypeLogRead      = "LOG_READ"      // somebody read the log
	TypeCheckpoint   = "CHECKPOINT"    // written by the log itself: the head of the chain, signed if there is a key
	TypeRecovered    = "RECOVERED"     // written by the log itself: an incomplete last line was moved aside
)

// The values of Event.Decision.
const (
	DecisionAllow = "allow"
	DecisionDeny  = "deny"
)

// FormatVersion is the version of the entries' format that this package writes and reads.
const FormatVersion = 1

// Event is an entry. The caller fills what it knows; Version, Sequence, Time, ID, Region, Checkpoint, Recovered, Prev and Hash are the log's, and
// what a caller puts there is ignored. An empty field is left out of the line, but for Rows and Bytes of a SHIPMENT and RowsToClient of a
// COMPLETE or ABORT. The order of the fields is that of the line.
type Event struct {
	Version  int       `json:"v"`
	Sequence uint64    `json:"seq"`  // from 1, without gaps within a region's log
	Time     time.Time `json:"time"` // UTC, microseconds, of the clock of Options.Now
	ID       string    `json:"id"`   // unique among all logs
	Type     string    `json:"type"`
	Region   string    `json:"region"`          // whose log this is
	Node     string    `json:"node,omitempty"`  // of Options.Node, unless the caller names one
	Query    string    `json:"query,omitempty"` // ties the entries of one query together, over the logs of all regions

	// Who asked, from where and why.
	User           string   `json:"user,omitempty"`
	OnBehalfOf     string   `json:"on_behalf_of,omitempty"`
	Roles          []string `json:"roles,omitempty"`
	Authentication string   `json:"authentication,omitempty"`
	ClientAddress  string   `json:"client_address,omitempty"`
	ClientRegion   string   `json:"client_region,omitempty"`
	Application    string   `json:"application,omitempty"`
	Purpose        string   `json:"purpose,omitempty"`
	LegalBasis     string   `json:"legal_basis,omitempty"`
	Ticket         string   `json:"ticket,omitempty"`

	// What was asked.
	Fingerprint  string   `json:"fingerprint,omitempty"`
	Text         string   `json:"text,omitempty"`          // normalised, without literals
	Literals     []string `json:"literals,omitempty"`      // only in the log of the home region
	LiteralsHash string   `json:"literals_hash,omitempty"` // keyed: equal literals can be told, none can be guessed without the key
	PlanHash     string   `json:"plan_hash,omitempty"`
	Accesses     []Access `json:"accesses,omitempty"`

	// What the rules say.
	Decision      string   `json:"decision,omitempty"` // DecisionAllow or DecisionDeny
	Rules         []string `json:"rules,omitempty"`    // of a SHIPMENT: those that its DECISION names
	PolicyVersion int64    `json:"policy_version,omitempty"`
	PolicyHash    string   `json:"policy_hash,omitempty"`
	Reason        string   `json:"reason,omitempty"`
	Alternatives  []string `json:"alternatives,omitempty"` // forms that were tried before

	// What crossed. A DECISION that names a FromSite is about that edge, any other about the whole query.
	FromSite         string   `json:"from_site,omitempty"`
	FromReplica      string   `json:"from_replica,omitempty"` // of the site, where not its own server is meant; of a SHIPMENT, what really sent the rows
	FromRegion       string   `json:"from_region,omitempty"`
	ToSite           string   `json:"to_site,omitempty"`
	ToRegion         string   `json:"to_region,omitempty"`
	Recipient        string   `json:"recipient,omitempty"`
	Form             string   `json:"form,omitempty"`
	Columns          []string `json:"columns,omitempty"`
	Rows             int64    `json:"rows,omitempty"`
	Bytes            int64    `json:"bytes,omitempty"`
	PayloadDigest    string   `json:"payload_digest,omitempty"`
	KRequired        int64    `json:"k_required,omitempty"`
	GroupsSuppressed *int64   `json:"groups_suppressed,omitempty"` // nil: not counted
	RowCondition     string   `json:"row_condition,omitempty"`     // of the rules, as applied at the source
	Counters         []Count  `json:"counters,omitempty"`

	// How it ended.
	Status       string `json:"status,omitempty"`
	DurationUS   int64  `json:"duration_us,omitempty"` // microseconds
	RowsToClient int64  `json:"rows_to_client,omitempty"`

	// The chain.
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
	Recovered  *Recovered  `json:"recovered,omitempty"`
	Prev       string      `json:"prev"` // Hash of the entry before, or of the log's genesis
	Hash       string      `json:"hash"` // SHA-256 over all bytes of the line before it, in hexadecimal
}

// Access is one use of a column at a shard.
type Access struct {
	Shard  string `json:"shard,omitempty"`
	Table  string `json:"table,omitempty"`
	Column string `json:"column,omitempty"`
	Use    string `json:"use,omitempty"` // "value", "argument", "key", "filter", "join", "order"
}

// Count is what a rule permitted so far in the day of UTC, and what it still permits; nil where it sets no limit.
type Count struct {
	Rule        string `json:"rule"`
	Queries     int64  `json:"queries"`
	Rows        int64  `json:"rows"`
	QueriesLeft *int64 `json:"queries_left,omitempty"`
	RowsLeft    *int64 `json:"rows_left,omitempty"`
}

// Recovered tells of an incomplete last line, which a crash left behind. Its bytes were moved to a file beside the log.
type Recovered struct {
	File   string `json:"file"` // within the region's folder
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Redact returns the form of an event of the home region in which it may stand in the logs of other regions: without the literals, of which the keyed hash
// stays, and without what is an oracle itself: groups suppressed and the digest of what was shipped. It shares slices with e.
func Redact(e Event) Event {
	e.Literals = nil
	e.GroupsSuppressed = nil
	e.PayloadDigest = ""
	return e
}
