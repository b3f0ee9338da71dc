package postgres

import (
	"sync"
	"time"
)

// run is one statement running on one connection.
type run struct {
	conn    *conn
	frame   frame
	limit   time.Duration // of the statement's time at the server, 0 for none of ours
	began   time.Time
	bound   int    // BindComplete messages so far
	done    int    // CommandComplete messages so far
	told    bool   // the frame's opened has been called
	state   string // what one of the frame's statements returned: the exported snapshot
	stmt    *prepared
	cached  bool        // the statement had been prepared before this run
	reused  bool        // the connection had run statements before
	heard   bool        // the server has answered something other than an error
	doomed  bool        // an interrupt is under way, though it may not have begun
	dead    bool        // the connection failed
	tripsAt int64       // the connection's round trips when the run began
	unwatch func() bool // ends the watch over the statement's context; false if that has ended

	once    sync.Once
	stopped chan struct{} // closed when interrupt begins
}

// interrupt unblocks whoever reads from the connection and asks the server to stop the statement. It
// returns when that is done, whoever started it, and may be called from any goroutine.
func (r *run) interrupt() {
	r.once.Do(func() {
		close(r.stopped)
		// Neither failure needs an answer here: a deadline that cannot be set means a closed connection,
		// which unblocks the reader as well, and a server that cannot be reached to cancel is found out
		// when the connection settles, or does not.
		_ = r.conn.net.SetDeadline(time.Unix(1, 0))
		_ = r.conn.cancel(settleLimit)
	})
}

func (r *run) interrupted() bool {
	select {
	case <-r.stopped:
		return true
	default:
		return false
	}
}

// opening reports that the server is about to execute a statement whose frame wants to hear of that.
func (r *run) opening() bool {
	return r.frame.opened != nil && !r.told && r.bound == len(r.frame.before)+1
}

// blame tells the failure of what stands before a statement, though not of BEGIN, from the statement's own.
func (r *run) blame(failure error) error {
	if r.done > 0 && r.done < len(r.frame.before) {
		return &prefaceError{failure}
	}
	return failure
}

// prefaceError is a server's refusal to export or to take over a snapshot.
type prefaceError struct{ cause error }

func (e *prefaceError) Error() string { return e.cause.Error() }
func (e *prefaceError) Unwrap() error { return e.cause }

// outdatedError is a prepared statement that the server has lost, or whose plan no longer fits.
type outdatedError struct{ cause error }

func (e *outdatedError) Error() string { return e.cause.Error() }
func (e *outdatedError) Unwrap() error { return e.cause }
