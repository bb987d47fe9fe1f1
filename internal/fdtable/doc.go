// Package fdtable finds the sockets that other processes have open, and
// duplicates them.
//
// # Why does it ask for threads?
//
// A descriptor table belongs to a task (clone(2), CLONE_FILES). When the first
// thread of a process has ended while others run, /proc/PID/fd is empty and
// pidfd_getfd(2) on the process says EBADF: the kernel looks at the first
// thread's table, and that is gone. So a thread that lives is looked at
// instead. To duplicate from it takes PIDFD_THREAD (Linux 6.9, pidfd_open(2)).
//
// A thread that has a table of its own (unshare(2), CLONE_FILES) is seen only
// where it is asked for by its own number.
package fdtable
