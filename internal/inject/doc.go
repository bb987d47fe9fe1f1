// Package inject lets a thread of another process make a system call for hotswap. It needs no more rights
// than ptrace(2) on a process of the same user, which Docker's default seccomp profile allows since Linux
// 4.8, while it forbids pidfd_getfd(2).
//
// # Which thread?
//
// One that sleeps in a system call which the kernel can continue: /proc/PID/task/TID/syscall names the call.
// Right before the instruction pointer of such a thread is a syscall instruction, which serves for the injected
// calls as well. Nothing of the program's memory is changed: a call that needs some maps and unmaps it itself
// (mmap(2)), and two constants are read where every program has them. The best thread sleeps in a call
// that goes on without the program's notice (futex, poll, nanosleep, read, epoll_wait without a limit).
// epoll_wait with a limit is the last choice, because it returns EINTR, as after SIGSTOP and SIGCONT
// (signal(7)).
//
// # What happens to the thread?
//
//   - PTRACE_SEIZE and PTRACE_INTERRUPT stop it inside the kernel's signal handling, and only it: the other
//     threads run on. The registers are saved. All its signals are blocked from now on; they stay pending.
//   - The registers are set to those of the injected call, with no call to restart (orig_rax -1).
//     PTRACE_SYSCALL runs the thread up to the entry of the call. Here the caller may look a last time and
//     cancel the call. Then PTRACE_INTERRUPT and PTRACE_CONT let the kernel make it, and stop the thread in
//     the signal handling again.
//   - The saved registers and the signals are restored, and PTRACE_DETACH lets the thread go on. It is inside
//     the signal handling, so the kernel itself now restarts the interrupted call, or continues it with the
//     rest of its time (restart_syscall(2)), or handles a signal first, exactly as without hotswap. After
//     PTRACE_SYSCALL's second stop the kernel would not: the program would see ERESTARTSYS.
//
// Each call stops the thread for some 20 µs in all. No call is made whose thread cannot be stopped so.
//
// # What is left alone?
//
// A process that is traced or stopped, 32-bit calls, and a process with seccomp filters of its own, which
// might kill it for the injected call.
//
// # What if hotswap is killed meanwhile?
//
// The kernel detaches. If the registers are not restored, the thread continues behind its system call with
// the result of the injected one, and its signals may be blocked. That can only happen in the microseconds of
// an injection, and only to a program that its keeper ends anyway, because hotswap is gone. Whoever ends
// hotswap on purpose calls [Finish] before, because an upgrade leaves the program alone.
//
// # Why amd64 only?
//
// On arm64 the kernel prepares the restart before the thread stops. The stopped thread does not show whether
// it needs restart_syscall(2), and its first argument (orig_x0) cannot be set, so a signal that comes just
// before PTRACE_DETACH would find a call that restarts where it has to fail with EINTR.
package inject
