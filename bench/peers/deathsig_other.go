//go:build unix && !linux

package peers

import "syscall"

// setDeathSignal does nothing: this system has no parent-death signal. DuckDB's process ends when its input does; a Trino whose starter was killed
// has to be stopped by hand.
func setDeathSignal(*syscall.SysProcAttr) {}
