package failover

// Failing reports whether a server's last statement failed for the server's sake, or its breaker is not closed: a probe may find out sooner than the next
// statement that it works again. It costs next to nothing.
func (s *Shard) Failing() bool {
	for _, srv := range s.servers {
		if srv.breaker.trouble.Load() {
			return true
		}
	}
	return false
}
