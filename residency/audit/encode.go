package audit

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// timeLayout has a fixed width, so that lines can be told apart by day without decoding them.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// appendStamp appends the part of a line that is known only when its place in the chain is.
func appendStamp(b []byte, e *Event) []byte {
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, int64(e.Version), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, e.Sequence, 10)
	b = append(b, `,"time":"`...)
	b = e.Time.UTC().AppendFormat(b, timeLayout)
	return append(b, '"')
}

// appendBody appends everything between the stamp and the chain. Entries have one spelling: fields in the order of Event, no spaces, empty fields left
// out, in strings only what must be escaped.
func appendBody(b []byte, e *Event) []byte {
	w := writer{b}
	w.text("id", e.ID)
	w.text("type", e.Type)
	w.text("region", e.Region)
	w.text("node", e.Node)
	w.text("query", e.Query)
	w.caller(e)
	w.text("fingerprint", e.Fingerprint)
	w.text("text", e.Text)
	w.texts("literals", e.Literals)
	w.text("literals_hash", e.LiteralsHash)
	w.text("plan_hash", e.PlanHash)
	w.accesses(e.Accesses)
	w.text("decision", e.Decision)
	w.texts("rules", e.Rules)
	w.number("policy_version", e.PolicyVersion, false)
	w.text("policy_hash", e.PolicyHash)
	w.text("reason", e.Reason)
	w.texts("alternatives", e.Alternatives)
	w.crossing(e)
	w.text("status", e.Status)
	w.number("duration_us", e.DurationUS, false)
	w.number("rows_to_client", e.RowsToClient, e.Type == TypeComplete || e.Type == TypeAbort)
	w.checkpoint(e.Checkpoint)
	w.recovered(e.Recovered)
	return w.b
}

type writer struct{ b []byte }

func (w *writer) caller(e *Event) {
	w.text("user", e.User)
	w.text("on_behalf_of", e.OnBehalfOf)
	w.texts("roles", e.Roles)
	w.text("authentication", e.Authentication)
	w.text("client_address", e.ClientAddress)
	w.text("client_region", e.ClientRegion)
	w.text("application", e.Application)
	w.text("purpose", e.Purpose)
	w.text("legal_basis", e.LegalBasis)
	w.text("ticket", e.Ticket)
}

func (w *writer) crossing(e *Event) {
	shipped := e.Type == TypeShipment
	w.text("from_site", e.FromSite)
	w.text("from_replica", e.FromReplica)
	w.text("from_region", e.FromRegion)
	w.text("to_site", e.ToSite)
	w.text("to_region", e.ToRegion)
	w.text("recipient", e.Recipient)
	w.text("form", e.Form)
	w.texts("columns", e.Columns)
	w.number("rows", e.Rows, shipped)
	w.number("bytes", e.Bytes, shipped)
	w.text("payload_digest", e.PayloadDigest)
	w.number("k_required", e.KRequired, false)
	w.pointer("groups_suppressed", e.GroupsSuppressed)
	w.text("row_condition", e.RowCondition)
	w.list("counters", len(e.Counters), func(i int) {
		c := e.Counters[i]
		w.text("rule", c.Rule)
		w.number("queries", c.Queries, true)
		w.number("rows", c.Rows, true)
		w.pointer("queries_left", c.QueriesLeft)
		w.pointer("rows_left", c.RowsLeft)
	})
}

func (w *writer) accesses(list []Access) {
	w.list("accesses", len(list), func(i int) {
		w.text("shard", list[i].Shard)
		w.text("table", list[i].Table)
		w.text("column", list[i].Column)
		w.text("use", list[i].Use)
	})
}

func (w *writer) checkpoint(c *Checkpoint) {
	if c == nil {
		return
	}
	w.name("checkpoint")
	w.b = c.appendJSON(w.b)
}

func (w *writer) recovered(r *Recovered) {
	if r == nil {
		return
	}
	w.name("recovered")
	w.object(func() {
		w.text("file", r.File)
		w.number("bytes", r.Bytes, true)
		w.text("sha256", r.SHA256)
	})
}

// name starts a member; all but the first of an object follow a comma.
func (w *writer) name(name string) {
	if n := len(w.b); n == 0 || w.b[n-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *writer) object(members func()) {
	w.b = append(w.b, '{')
	members()
	w.b = append(w.b, '}')
}

func (w *writer) list(name string, n int, members func(i int)) {
	if n == 0 {
		return
	}
	w.name(name)
	w.b = append(w.b, '[')
	for i := range n {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.object(func() { members(i) })
	}
	w.b = append(w.b, ']')
}

func (w *writer) text(name, s string) {
	if s != "" {
		w.name(name)
		w.b = appendString(w.b, s)
	}
}

func (w *writer) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	w.name(name)
	w.b = append(w.b, '[')
	for i, s := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = appendString(w.b, s)
	}
	w.b = append(w.b, ']')
}

func (w *writer) number(name string, n int64, always bool) {
	if n != 0 || always {
		w.name(name)
		w.b = strconv.AppendInt(w.b, n, 10)
	}
}

func (w *writer) pointer(name string, n *int64) {
	if n != nil {
		w.number(name, *n, true)
	}
}

func (w *writer) time(name string, t time.Time) {
	w.name(name)
	w.b = append(w.b, '"')
	w.b = t.UTC().AppendFormat(w.b, timeLayout)
	w.b = append(w.b, '"')
}

// appendString appends a JSON string that escapes the quote, the backslash and control characters only. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
			i++
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			i++
		case c < utf8.RuneSelf:
			b = append(b, c)
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
		}
	}
	return append(b, '"')
}
