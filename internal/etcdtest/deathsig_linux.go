package etcdtest

import "syscall"

// setDeathSignal has the server die with the process that started it.
func setDeathSignal(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
