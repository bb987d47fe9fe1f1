// Package watch tells when the sources of a program have really changed:
// settled batches of files whose bytes differ.
//
// # How does a save become a batch?
//
// The kernel's events are hints. An event for a path that the rules (package
// rules) want marks the path dirty and starts the quiet time. When it is over,
// every dirty file is read and compared with what was known of it, and what
// differs is the batch. So a temporary file that came and went, vim's backup
// dance, a rename over the old file, a delete and create, and 500 files
// rewritten with the bytes they had, all come out as what they are.
//
// # How long is quiet?
//
// 60 ms for a save. It doubles with every pause between bursts of events and
// with every fourfold of files, up to eight times, so that a checkout, a
// formatter or a package install that writes in bursts is one batch; two
// seconds after the first event it is over in any case. While git's index.lock
// exists the batch waits (git is not done), at most 30 s per batch, and a lock that
// outlived that is not waited for again. During a rebase half a second of
// quiet is asked for, since git lets go of the lock between two commits. A batch that
// would take away the program's own file waits for the two seconds too: a build is
// about to put it back.
//
// In the middle of the quiet time of what looks like a single save the batch is
// announced to who wants to know (Speculations), if the file's bytes differ. It may
// still not come; and one that does says which announcement was its own, unless
// something has happened since: an event, or a file of it was written once more.
//
// # What is a file compared with?
//
// With its digest: size and hash, for files above 8 MiB size and modification
// time. Run sets all watches and lists all files before anything is read; then
// a goroutine of its own reads them, half of the time asleep, so that the
// program which starts at the same time hardly notices. baseline.go tells what happens to
// a file that changes before it was read.
//
// # Who does what?
//
// One goroutine, Run's loop, owns all state: rules, tree, dirty paths, the
// batch on offer. It hears events, digests and its timer by channels, and when
// nothing happens none of these moves: no ticker, no wake-up. Two others exist at times: the reader of
// the baseline, and the poller for folders the kernel will not watch.
//
// # What if nobody takes the batch?
//
// Then it grows. The loop's send is enabled only while a settled batch is on
// offer; a new event withdraws the offer until things are quiet again, and a
// file that went back to what the receiver knows leaves it.
//
// # What of installed packages?
//
// A folder of them counts as if it were one file, whose bytes are the lists that
// installers write when they have ended: it costs one watch, and no other file in it is
// read. While an installer is at work (Config.Installer names its process, or its list
// has been removed) the batch waits, at most 5 minutes, or 30 s without a process. What
// has been removed and is there again has changed, even if it has the same bytes:
// the program has loaded what is gone. What a step of the program itself installs
// before its server starts is no change. (packages.go)
//
// # What did the program load?
//
// The watcher does not know, but can be told (Follow): then files count wherever
// they are, and those that are known nowhere else are marked in the batch, for
// they may be what the program's own build has just written.
//
// # What is promised?
//
//   - Batches come in order, Seq counts them from 1.
//   - A batch holds each path once, sorted, with at least one change.
//   - A change is never reported twice, and after the last event of a file its
//     final bytes have been compared.
//
// # What is left open?
//
// Folders reached only by a symbolic link are not watched. A file deleted
// after New and before Run listed it is not noticed. On systems without a
// change time (Windows), a file replaced by one with an old modification time
// before its baseline was read may be missed. Writes through mmap raise no events.
// Changes that another machine makes on a network mount, or the host below a
// virtual machine, raise none either: folders on such file systems, known by
// their kind (statfs(2)), are polled as well.
package watch
