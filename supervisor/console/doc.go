// Package console gives each generation its standard streams.
//
// # Theory of operation
//
// # What does the program get?
//
// Standard error is relayed, so that the last lines are known when a generation
// crashes: where ours is a terminal, the program gets a pty(7), so that isatty(3),
// colours and the window's size are as they were; else it gets a pipe. Standard
// output is relayed only if it is the same open file or terminal as standard
// error, and then through the same pty or pipe, which keeps the order of the two;
// or if it must be read to find readiness. In all other cases the program has our
// own descriptor and nobody stands between. plan.go decides, and is pure.
//
// # What is changed of what it writes?
//
// Nothing. The pty passes bytes on as they are (no OPOST): what the real terminal
// does with them, it does once. A relay reads what there
// is and writes it, at once and blocking. If nobody reads ours, the pipe fills
// up and the program blocks, as it would without us. If our reader has gone
// (EPIPE), we close our end, and the program's next write fails as it would have
// without us: one write later. A full disk is not passed on: what could not be
// written is lost, as it is with a program that looks at no error.
//
// # How is the end found?
//
// Not by end of file: a process that left the generation's tree may keep a stream
// open for ever, and the keeper has it too. When the program has ended, Flush
// wakes the relay by a read deadline; it reads what there is until there is no
// more (a pty's slave has handed over all by the time its writer's write(2) has
// returned: n_tty flushes its work before it says EAGAIN), and says so. Close does
// the same and ends it. Both wait for a reader that does not read, but not long. After
// Close the relay goes on by itself until the reader reads, in a bounded number: what a
// further program has left over is lost, and Close says so.
//
// # And if hotswap is killed?
//
// The generation's keeper has a copy of our end ([Streams.Outlets]) and passes on
// what comes from then on.
//
// # Who writes when?
//
// Our own lines go the same way as what is relayed ([Console.Write]) and know
// whether a line of the program's is unfinished. They wait for its end a moment,
// and then begin on a fresh line.
//
// # Who owns what?
//
// The [Console] owns nothing but the knowledge of our own descriptors. [Streams]
// own a generation's: the program's ends until Started, ours until Close. A
// [Keyboard] belongs to its Streams; who has one may write to it at any time, and
// is told os.ErrClosed when they are closed.
//
// # What differs on other systems?
//
// Without Linux's keeper the last process that has a stream ends the relay with
// it, or Close does.
package console
