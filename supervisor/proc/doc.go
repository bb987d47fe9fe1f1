// Package proc runs the process tree of one generation: start, signal, wait, kill.
//
// # Keepers
//
// The program's parent is a keeper: hotswap's own binary, one per generation. When nothing of the generation is left,
// the keeper waits for the program of another one: [Start] starts a keeper only if none waits. The keeper is a
// subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), so that every descendant stays below it, even after a double fork,
// setsid or an emptied environment. When hotswap is killed, the keeper reads end of file on its control socket. Then it
// asks the program to end, and two seconds later kills what is left.
// Where the system has no subreapers, as macOS, the processes below are those of the
// program's process group; see [family].
//
// A parent-death signal reaches only direct children and is bound to the thread that
// forked. A marker in the environment is lost where a program clears it (nginx, env
// -i). A keeper costs one small process, and some 20 ms of processor time when it starts.
//
// If a keeper is killed, its processes fall to hotswap, which is a subreaper, too, and kills them. If hotswap is killed
// as well, they fall to process 1, and the next hotswap finds them by the marker ([EndLeftovers]).
//
// # Promises
//
//   - Exited is sent once, when the program has ended, with the number of living
//     descendants. Gone is closed when none is left.
//   - A signal reaches each process below. A request to end goes from the top down, and
//     should reach each process once; see [stop].
//   - Kill reaches everything below, in any process group or session.
//   - No signal reaches a process that is not below; see [signalIf].
package proc
