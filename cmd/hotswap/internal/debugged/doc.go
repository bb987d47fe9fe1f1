// Package debugged finds a process that stands still in a debugger, at a breakpoint say, and
// waits until it runs on. It reports only what it knows:
//
//   - Node and deno: V8's inspector reports Debugger.paused at once to a session that enables
//     the debugger. A second session beside that of the person's debugger changes nothing for
//     the first one (Node 18 to 24), but Node prints "Debugger attached." for each. So a session
//     is opened only if a debugger is connected and the main thread does not wait for events,
//     which a stopped thread never does. A session that stays would keep a program stopped
//     whose debugger has gone, so it ends when the debugger's connection does.
//   - A traced process (gdb, delve): the kernel reports the state t and the tracer
//     (proc_pid_status(5)). strace stops a process for moments as well. A process counts as
//     stopped if it was not switched for 180 ms.
//
// Python's debugpy, Ruby's debug, Java's jdwp and bun cannot be asked from outside.
package debugged
