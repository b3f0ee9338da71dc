package faultproxy

import "time"

// Faults say what a proxy does wrong, all of it at once. The zero value forwards everything at once and unharmed.
//
// What counts bytes counts those that the server sends, over each connection by itself, from the moment that the faults were set or the
// connection began, whichever was later; each such fault strikes a connection once.
type Faults struct {
	// Refuse closes the port: who connects is refused. Connections that there are go on.
	Refuse bool
	// HangUp lets connections be made, and closes each when its client has said something. Connections that there are go on.
	HangUp bool
	// Silent lets connections be made and nothing pass on any, in neither direction, not even that an end has closed: a black hole, and a
	// half-open connection to those that it swallowed. What was held passes when the fault ends, as a network's retransmission would have it.
	Silent bool

	// Latency is added to everything, once in each direction: an exchange takes twice as much longer.
	Latency time.Duration
	// Jitter is how much more or less than Latency that may be, drawn anew for every piece. The order of bytes stays.
	Jitter time.Duration
	// Bandwidth bounds each direction of each connection, in bytes per second; 0 leaves it unbounded.
	Bandwidth int

	// StallShare is the share of requests, from 0 to 1, that reach the server StallBy later. The first request of a connection, which is
	// the beginning of its login, or a request to cancel, is never among them.
	StallShare float64
	StallBy    time.Duration

	// ResetAfter, if positive, resets a connection (RST) once so many bytes of the server's have passed.
	ResetAfter int64
	// CutAfter, if positive, closes a connection (FIN) once so many bytes of the server's have passed.
	CutAfter int64
	// SilentAfter, if positive, lets nothing pass any more over a connection, in neither direction, once so many bytes of the server's have.
	SilentAfter int64
	// GarbageAfter, if positive, puts [GarbageBytes] random bytes into the server's stream once so many bytes have passed. Nothing is taken
	// away, so that a protocol that counts its bytes is out of step from there on.
	GarbageAfter int64

	// SlowClose is how long an end is left in the belief that the other has not closed.
	SlowClose time.Duration

	// Existing restricts all but Refuse and HangUp to connections that were there when the faults were set.
	Existing bool
}

// GarbageBytes is how many bytes [Faults.GarbageAfter] adds.
const GarbageBytes = 64

// setting is a set of faults in force.
type setting struct {
	Faults
	made int           // how many connections there had been when it was set
	over chan struct{} // closed when another takes its place
}

// calm is what applies to connections that the faults spare. It ends with the setting that spares them.
func (s *setting) calm() *setting { return &setting{made: s.made, over: s.over} }
