// Command bench measures how long after a save the first fresh answer comes, for
// hotswap and, in turns in the same run, for the watcher that the program has without
// hotswap.
//
//	dist/bench fresh -programs hono-cdc -rhythms 2.5s -traffic on -saves 8
//
// Further sub-commands measure other things with the same processes, clients and figures: stacks (below), baseline
// (this hotswap and another build of it, in turns), cost (throughput, start, idle and output, beside the bare program),
// own (what a save costs hotswap's own process: nobody connected, kept clients, many connections in TIME_WAIT), state
// (calls of the clients' state), survey (unmodified servers of every kind, swapped under load), places (worktrees of
// one repository, side by side), fronts (servers behind nginx, HAProxy and Caddy) and watchers (the table of
// README.md). The scripts .ci/bench* build dist/bench and run it in the repository's root. Packages fresh, places,
// fronts and watchers say what is measured.
//
// # What is "bench stacks"?
//
// The same measurement in the projects of bench/stacks, each described by its stack.json,
// in many short runs in which every save counts:
//
//	dist/bench stacks -stacks hono-saas -runs 2
//
// A run starts a fresh hotswap. hotswap has a cache for each project, which is empty at the
// first start of all; that start is reported apart. The first save comes 5 s after the first
// answer, later ones every 3 s. Two requests that take 2 s are always under way. A project
// fails if the median of hotswap's worst run exceeds a part of its watcher's median, or if its own check does.
// bench/stacks/small has such checks: that each acknowledged row is there, and nothing starts without a save.
//
// # What else is measured in these projects?
//
// Each of these commands measures one thing, beside the project's first watcher in the same run; first writes
// its table of docs/evidence.md with -docs:
//
//	dist/bench columns    # cold, with bare standbys, with standbys that load packages
//	dist/bench first      # each save of a first session: hotswap's cache is empty
//	dist/bench busy       # the same two sessions in a row, with -busy loops for each processor, or with -tools
//	dist/bench processor  # processor seconds of all processes for each save, and their memory
//	dist/bench rush       # saves that come faster than a program boots: how many boots until something newer is shown
//
// No option of hotswap's makes a bare standby. For that column the command copies the cache of a hotswap that has
// learnt the program, and marks each package there as one that does something while it is loaded: the standby boots
// runtime and loader, and leaves all packages to the program. The table shows how many packages it has loaded all the
// same. A watcher's saves that a later one superseded are not part of its median in first, busy and columns. Processor
// time is that of all processes below the contender, with those that have been waited for.
package main
