// Package once remembers with which inputs the tasks of a project have succeeded. A task is
// a command, such as a migration, that runs before the first start, and again only when the
// content of its inputs is another.
//
// For each project's folder and command it remembers one digest, of the folder's identity and of
// the names and content of the input files, computed before the command runs: a file that changes
// while the command runs makes the task owed again. Only a success replaces the digest.
//
// The digests are in the user's state directory ($XDG_STATE_HOME/hotswap/tasks, else ~/.local/state/hotswap/tasks; for
// root that has the HOME of another user /var/lib/hotswap/tasks). A project has a folder there and a command a file.
// Both names are digests, because a command line may have a password. If hotswap or the machine dies while the file is
// written, its content is no digest, and the task runs again.
//
// A task holds a lock of its project from Begin until End (flock(2)), so that no other hotswap runs
// one meanwhile. The lock ends with hotswap, however hotswap ends, and no command inherits it.
package once
