package admission

import (
	"fmt"
	"time"
)

// The names of the limits, which are their keys in the configuration.
const (
	LimitQueries = "limits.queries"
	LimitPerUser = "limits.per_user"
	LimitMemory  = "limits.total_memory"
	LimitWaiting = "limits.waiting"
	LimitQueue   = "limits.queue"
)

// Error is the refusal of a query.
type Error struct {
	// Limit is the name of the limit that was reached.
	Limit string
	// For is the limit whose room the query waited or would have had to wait for, where Limit is of the line itself; else "".
	For string
	Max int64 // what Limit allows: queries, bytes, or nanoseconds of LimitQueue
	// Needed is what the query alone asked for where that is more than Max can ever be, else 0. It is of LimitMemory.
	Needed int64
	Waited time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.Needed > 0:
		return fmt.Sprintf("the query reserves %d bytes of memory, and %s leaves %d to all queries", e.Needed, e.Limit, e.Max)
	case e.Limit == LimitQueue:
		return fmt.Sprintf("%s: the query waited %s for its turn, held up by %s", e.Limit, e.Waited.Round(time.Millisecond), e.For)
	case e.Limit == LimitWaiting:
		return fmt.Sprintf("%s: %d queries wait already, held up by %s", e.Limit, e.Max, e.For)
	}
	return fmt.Sprintf("%s: the query would have to wait for its turn, and limits.waiting lets none wait", e.Limit)
}
