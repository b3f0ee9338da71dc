//go:build unix && !linux

package etcdtest

import "syscall"

// setDeathSignal does nothing: this system has no parent-death signal, so servers of a killed test process have to be stopped by hand.
func setDeathSignal(*syscall.SysProcAttr) {}
