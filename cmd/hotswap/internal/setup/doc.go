// Package setup finds out which watcher runs a project today and makes the hotswap.yaml that
// replaces the watcher. It reads through an fs.FS and writes nothing itself.
//
// In the project's script people write hotswap in the watcher's place: whatever ran before or beside
// the watcher still does. In hotswap.yaml stands the command that the watcher ran.
//
// The watchers are rows of one table, which says what becomes of each option: it becomes a key of
// hotswap.yaml, stays in the command, is dropped because hotswap has no need of it, or is left,
// which means that hotswap.yaml names it. An option that the table does not have stays in the
// command. Where a command is not understood, nothing is written: one line says what to write.
package setup
