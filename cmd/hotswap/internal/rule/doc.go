// Package rule decides what a change of files does: which commands run before the next
// generation starts, whether one starts at all, which signal the program gets, and what the
// browser is told. It does no input or output.
//
// # Which rules apply to a file?
//
// Every rule with a pattern that matches the file, unless a rule that says `do: nothing` and
// runs no command matches it too: then nothing happens. A file that no rule matches starts a
// generation, as without rules.
//
// # When does a file start a generation?
//
// When no rule that applies says what to do instead: a signal, the browser, or nothing.
//
// # What is a rule without a pattern?
//
// A command that runs before each start, as --build gives it. A restart after a crash, a
// rollback and the first generation after an upgrade are not preceded by it, since nothing has
// changed.
//
// # What is a task?
//
// A rule whose command runs before the first start, and again only when the content of its
// files is another than at its last success. Package once remembers that.
package rule
