// Package task reads what the kernel tells of the threads of a process (proc_pid_task(5)). All of it may be old
// when it is returned, because the process runs on.
package task
