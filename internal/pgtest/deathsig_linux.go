package pgtest

import "syscall"

// setDeathSignal asks for an immediate shutdown of the server when its starter dies.
func setDeathSignal(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
