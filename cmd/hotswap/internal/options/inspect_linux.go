package options

import "golang.org/x/sys/unix"

// mayInspect reports whether this process may read the memory of, and duplicate sockets from, processes of other
// users (ptrace(2), access mode checking). Containers give root no such right.
func mayInspect() bool {
	var sets [2]unix.CapUserData // capget(2)
	err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &sets[0])
	return err == nil && sets[0].Effective&(1<<unix.CAP_SYS_PTRACE) != 0
}
