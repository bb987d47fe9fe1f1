// Package exclusive finds out whether a generation holds something that only one process may
// have open, from what the kernel shows of its processes. It reports only what it knows:
//
//   - A file is open for writing in a PostgreSQL data folder, which has a file PG_VERSION. PGlite
//     keeps such files open from its start until it is closed, and takes no lock: a second
//     process opens the folder too, and rows get lost. PGlite in memory has no such file.
//   - A server that is known by its name keeps data alone. Of two Redis servers at one address clients would meet
//     either.
//   - A process has an exclusive lock (flock(2), fcntl(2)) on a file in the project, and keeps the
//     lock. SQLite with locking_mode=EXCLUSIVE, LevelDB, RocksDB and DuckDB do. SQLite in its
//     other modes locks for the moment of a write, and LMDB keeps a shared lock. Outside of the project many programs
//     lock files of their own.
//   - Generations keep data in a file and in their memory meanwhile, as the kernel tells of what they open
//     ([FindData]).
//   - PostgreSQL has refused a generation a slot of logical replication, Erlang a name, or Telegram a second bot, while
//     another generation was there. The refusal is in the output of the program.
//   - A generation has failed to which SQLite had refused a write, while an older one served.
//
// The kernel does not tell since when a lock is held, so a lock counts only if it was seen in a
// row of looks ([enough]). A program of which each look meets another write, all in a row, counts
// as well; that costs it the overlap and no data.
//
// hotswap cannot look into a process of another user, or one that is not dumpable. Nothing is
// said of such a process.
package exclusive
