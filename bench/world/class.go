package world

import (
	"context"
	"errors"

	"github.com/atoll-sql/atoll"
)

// Class names the way in which a query failed, for load.Open and load.Closed: the limit that ended it, else "timeout", else its SQLSTATE, else "other".
func Class(err error) string {
	var own *atoll.Error
	var state interface{ SQLState() string } // as of a driver's error
	switch {
	case errors.As(err, &own) && own.Limit != "":
		return own.Limit
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case own != nil && own.SQLState != "":
		return own.SQLState
	case errors.As(err, &state):
		return state.SQLState()
	}
	return "other"
}
