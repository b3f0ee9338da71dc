package audit

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// LimitError tells that a rule permits no more in this day of UTC.
type LimitError struct {
	Rule  string
	What  string // "queries" or "rows"
	Limit int64
	Used  int64 // of them, when it was asked for more
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("rule %s permits %d %s a day, and %d were used: the next day of UTC begins anew", e.Rule, e.Limit, e.What, e.Used)
}

// Counters count what rules permitted in the current day of UTC: queries that were allowed, and rows that were shipped. They are filled from the entries of the
// day when the log is opened, then by reservations and by appended entries; a query that was reserved and then recorded counts once. They
// are safe for concurrent use, and know of this log only.
type Counters struct {
	now  func() time.Time
	home string

	mu    sync.Mutex
	day   string
	used  map[string]*usage
	open  map[string]map[string]*share // by query and rule, until the query is long ended
	ended []string                     // queries that ended, the latest last
	left  map[string]dayCounts         // days that were left, by the clock
}

// keepEnded is how many ended queries are still known: other regions' logs may get their last entries later than the home region's.
const keepEnded = 4096

// usage is what a rule permitted in the day.
type usage struct{ queries, rows int64 }

// share is what a query took of a rule.
type share struct {
	decided bool  // a DECISION is appended: the share is not given back
	ahead   int64 // rows that were added, and are not in a SHIPMENT yet
}

func newCounters(now func() time.Time, home string) *Counters {
	c := &Counters{now: now, home: home, left: map[string]dayCounts{}}
	c.today()
	return c
}

// keepDays is how many days are kept beside the current one. A clock that is set wrong and right again leads back to a day that was left, of which what was
// permitted must still count.
const keepDays = 3

// dayCounts is what was permitted in a day.
type dayCounts struct {
	used  map[string]*usage
	open  map[string]map[string]*share
	ended []string
}

// today begins the day anew if it is another one, or goes back to one that was left.
func (c *Counters) today() {
	day := c.now().UTC().Format(time.DateOnly)
	if day != c.day {
		if c.day != "" {
			c.left[c.day] = dayCounts{c.used, c.open, c.ended}
		}
		now, known := c.left[day]
		if !known {
			now = dayCounts{used: map[string]*usage{}, open: map[string]map[string]*share{}}
		}
		delete(c.left, day)
		c.day, c.used, c.open, c.ended = day, now.used, now.open, now.ended
		for len(c.left) > keepDays {
			delete(c.left, slices.Min(slices.Collect(maps.Keys(c.left))))
		}
	}
}

// Used returns what a rule permitted in the current day of UTC.
func (c *Counters) Used(rule string) (queries, rows int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.today()
	u := c.rule(rule)
	return u.queries, u.rows
}

// Reserve takes one of the queries that a rule permits a day, or returns a *LimitError. Limit 0 is no limit. A query takes it once, however often it asks.
func (c *Counters) Reserve(rule, query string, limit int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.today()
	if c.open[query][rule] != nil {
		return nil
	}
	if u := c.rule(rule); limit > 0 && u.queries >= limit {
		return &LimitError{Rule: rule, What: "queries", Limit: limit, Used: u.queries}
	}
	c.share(rule, query)
	return nil
}

// Release gives back what a query reserved of rules and no DECISION of it allowed: it was refused for another reason.
func (c *Counters) Release(query string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.today()
	for rule, s := range c.open[query] {
		if !s.decided && s.ahead == 0 {
			c.rule(rule).queries--
			delete(c.open[query], rule)
		}
	}
	if len(c.open[query]) == 0 {
		delete(c.open, query)
	}
}

// AddRows takes n of the rows that a rule permits a day, or none and returns a *LimitError. Limit 0 is no limit. Take them before they are shipped; the SHIPMENT
// that tells of them does not count them again.
func (c *Counters) AddRows(rule, query string, n, limit int64) error {
	if n < 0 {
		return fmt.Errorf("rule %s: %d rows cannot be taken", rule, n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.today()
	u := c.rule(rule)
	if limit > 0 && n > limit-u.rows {
		return &LimitError{Rule: rule, What: "rows", Limit: limit, Used: u.rows}
	}
	s := c.share(rule, query)
	u.rows += n
	s.ahead += n
	return nil
}

// rule returns a rule's usage.
func (c *Counters) rule(name string) *usage {
	u := c.used[name]
	if u == nil {
		u = &usage{}
		c.used[name] = u
	}
	return u
}

// share returns what a query took of a rule; the first time, that is one query.
func (c *Counters) share(rule, query string) *share {
	s := c.open[query][rule]
	if s == nil {
		if c.open[query] == nil {
			c.open[query] = map[string]*share{}
		}
		s = &share{}
		c.open[query][rule] = s
		c.rule(rule).queries++
	}
	return s
}

// count counts an entry that is being appended.
func (c *Counters) count(e *Event) {
	if !counted(e) && e.Type != TypeComplete && e.Type != TypeAbort {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.today()
	if e.Type == TypeComplete || e.Type == TypeAbort {
		if e.Region == c.home || c.home == "" {
			c.end(e.Query)
		}
		return
	}
	c.take(e)
}

// end forgets a query, in a while.
func (c *Counters) end(query string) {
	if c.open[query] == nil {
		return
	}
	c.ended = append(c.ended, query)
	if len(c.ended) >= 2*keepEnded {
		for _, q := range c.ended[:keepEnded] {
			delete(c.open, q)
		}
		c.ended = append([]string(nil), c.ended[keepEnded:]...)
	}
}

// counted tells entries that use up limits. What crosses an edge counts in the log of the region that it leaves, so that copies elsewhere do not.
func counted(e *Event) bool {
	switch e.Type {
	case TypeDecision:
		return e.Decision == DecisionAllow
	case TypeShipment:
		return e.FromRegion == "" || e.FromRegion == e.Region
	}
	return false
}

func (c *Counters) take(e *Event) {
	for i, rule := range e.Rules {
		if slices.Contains(e.Rules[:i], rule) {
			continue
		}
		s := c.share(rule, e.Query)
		s.decided = true
		if e.Type == TypeShipment {
			known := min(s.ahead, e.Rows)
			s.ahead -= known
			c.rule(rule).rows += e.Rows - known
		}
	}
}
