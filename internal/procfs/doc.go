// Package procfs reads what the kernel tells of processes (proc(5)): all of it may be old when it is returned, because
// processes run on and end. Where there is no /proc, no process has any of this. The package also finds the sockets
// that other processes have open, and by what they can be duplicated.
//
// # Why threads?
//
// A descriptor table belongs to a task (clone(2), CLONE_FILES). When the first thread of a process has ended
// while others run, /proc/PID/fd is empty and pidfd_getfd(2) on the process returns EBADF. So [Sockets]
// asks a living thread instead; to duplicate from it takes PIDFD_THREAD (Linux 6.9, pidfd_open(2)). A thread
// with a table of its own (unshare(2), CLONE_FILES) is seen only if it is asked by its own number.
package procfs
