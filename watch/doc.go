// Package watch reports when the sources of a program have really changed, in
// debounced batches of files whose bytes differ.
//
// # How does a save become a batch?
//
// The kernel's events are hints. An event for a path that counts (package rules)
// marks the path dirty and starts the quiet time. At its end every dirty file is read
// and compared with what was known of it; the files that differ are the batch. So a
// temporary file that came and went, vim's way of saving, a rename over the old file
// and 500 files rewritten with the bytes they had all come out as what they are.
//
// # How long is the quiet time?
//
// 15 ms for a single file that no process has open for writing, as the kernel says. Otherwise, or where the kernel
// cannot tell, 60 ms. These double with every pause between bursts of events and with every fourfold of files, up to
// eight times, so that a checkout or a package installation is one batch. Two seconds after the first event the quiet
// time is over in any case. Config.Quiet fixes it to the doubling one. A batch waits for the two seconds while a
// compiler that runs beside writes what is watched. Within them, a file that is gone has 500 ms to come back.
//
// # What is a file compared with?
//
// With its digest: size and hash, or size and modification time above 8 MiB. Run sets
// all watches and lists all files before it reads any. A goroutine then reads them,
// asleep half of the time, so that the program that starts meanwhile hardly notices.
// baseline.go says what happens to a file that changes before it was read.
//
// # Which goroutine does what?
//
// Run's loop owns all state. Events, digests and its timer reach it by channels, and
// nothing wakes it when nothing happens, unless folders have to be polled. Two more goroutines
// exist at times: the reader of the baseline, and the poller, because a network folder may not answer.
//
// # What if a batch is not received?
//
// Then it grows. A new event withdraws it until things are quiet again, and a file that
// is again as the receiver knows it leaves the batch. That is how changes are paused.
//
// # What of installed packages?
//
// Of these only the lists count that installers write last (rules.Packages). An installation that leaves the same lists
// is no change, so that a command such as npm ci && node server.js is not swapped for ever. Before an installer has
// written its list, and of what is removed, nothing is said. While Config.Installs knows of an installer, its changes
// stay dirty, at most for a minute, and other files do not wait for them.
//
// # What has the program loaded?
//
// The caller may say (Follow). Then these files count wherever they are. Those that
// count for no other reason are marked in the batch, because the program's own build may
// have just written them. While such a file is gone nothing is said of it, because builds begin
// by a removal: what comes back is compared with what was there.
//
// # What is promised?
//
//   - A batch holds each path once, sorted, with at least one change.
//   - A change is never reported twice, and after the last event of a file its
//     final bytes have been compared.
//
// # What is not noticed?
//
// What changes in folders reached only by a symbolic link below a root, a file deleted between
// New and its listing by Run, and writes through mmap. Files of a folder that takes another's place
// while they are read for the first time. Changes that another machine makes on a network mount, or the
// host below a virtual machine, raise no events: folders on such file systems (statfs(2))
// are polled as well.
package watch
