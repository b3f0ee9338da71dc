package peers

import "syscall"

// setDeathSignal asks the system to kill the child when the thread that started it ends, and so with this process.
func setDeathSignal(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
