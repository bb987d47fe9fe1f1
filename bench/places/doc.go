// Package places is "bench places": worktrees of one repository run side by side below "hotswap -d --port auto",
// although the same ports stand in their programs' code.
//
//	dist/bench places -worktrees 10 -requests 100000
//
// Each worktree has one of the stacks of internal/e2e/testdata/ports, in turns, and its own clients: three that connect
// for each request, three that keep their connection, and one that has the program ask itself at the port in its code.
// Clients that keep a connection to a program without an adapter ask once and rest: the stop signal may cut what such a
// connection asks for (docs/limits.md). While all ask, each worktree is saved once, one after the other. The clients go
// on until every old process has ended and so many requests are answered. Then all are started with --idle, and woken.
//
// The command fails if two worktrees have one URL, a request failed, or somebody got another worktree's answer or an
// old one.
package places
