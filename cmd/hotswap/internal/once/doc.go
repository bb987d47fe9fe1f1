// Package once remembers with which inputs the tasks of a project have succeeded. A task is
// a command, such as a migration, that runs before the first start, and again only when the
// content of its inputs is another.
//
// # What is remembered?
//
// For each project's folder and command, the digest of the input files' names and content.
// It is taken before the command runs: a file that changes while the command runs makes the
// task owed again. Only a success is remembered. A command that failed or was cancelled
// leaves what was remembered before.
//
// # Where?
//
// In the user's state directory ($XDG_STATE_HOME/hotswap/tasks, else
// ~/.local/state/hotswap/tasks), one file per project's folder, named by a digest of its
// path. A file is written beside, synced and renamed. It has no command in it, because a
// command line may have a password: only digests. Worktrees are different folders. The file
// also identifies the folder, so that a project that was removed and cloned again at the
// same path starts anew.
//
// # The lock
//
// A task holds a lock of its project from Begin until End (flock(2)), so that no other
// hotswap runs a task of the same project meanwhile. The lock is CLOEXEC: it ends with
// hotswap, however that ends, and no command inherits it.
//
// # When nothing is known
//
// Without a state directory, with inputs that cannot be read, and with more inputs than are
// compared, a task runs each time, and the user is told why.
package once
