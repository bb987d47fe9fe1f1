// Package shim is what hotswap's binary does between fork and the program's
// exec: install the seccomp filter on the thread that will fork, and say
// LISTEN_PID.
//
// # Why a step of its own for LISTEN_PID?
//
// sd_listen_fds(3) wants the process's own id in its environment, which is not
// known before fork. So, only where descriptors are passed, the binary is
// executed once more, sets the variable to its own id and executes the
// program: the id stays.
package shim
