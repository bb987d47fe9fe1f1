// Package scratch gives a hotswap one temporary folder, in which everything is made that lives no longer than
// hotswap does: sockets, reports, standbys.
//
// # How is a folder known to be left over?
//
// By a lock. hotswap holds an flock(2) on its folder as long as it lives, and the kernel takes the lock away when it
// ends, however it ends. So the next hotswap removes the folders that it can lock, and no others. The process id would
// not do: two containers that share /tmp have process ids of their own, and each would take the other's folders for
// those of a dead process. The lock is on the inode, which they share. systemd-tmpfiles(8) leaves locked folders alone,
// too: those that several hotswaps use have a shared lock (see [Keep]).
//
// # Who may look into it?
//
// This user alone; if that is root, others may pass through it, but cannot list it: a program that root has started may
// have become another user. What is made in it has a name that nobody can guess, and a socket is bound by a path that
// says nothing of it (see [Folder.Socket]), for /proc/net/unix shows each socket's path to everybody.
package scratch
