// Package faultproxy stands between a client and a server and does what networks, machines and operators do to connections: it refuses
// them, falls silent, resets, cuts, delays, throttles and garbles them.
//
// A [Proxy] forwards a port of this machine to a server that is reached by TCP or by a unix socket. [Faults] say what goes wrong; they are
// set and taken back while connections run, and what is drawn by lot follows from a seed. The proxy knows nothing of the protocol it carries:
// a request, to it, is what a client sends after the server was last heard.
//
// It serves tests of failures, and benchmarks whose servers are to seem far away.
package faultproxy
