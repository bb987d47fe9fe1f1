// Package watcher knows the programs that restart a server when a file changes, such as tsx
// watch, nodemon or air, and what hotswap needs in order to do the same.
//
// The watchers are rows of one table, which says what becomes of each option: it becomes an
// option of hotswap, stays in the command, is dropped because hotswap has no need of it, or is
// left, which means that the result names it. An option that the table does not have is never
// dropped.
package watcher
