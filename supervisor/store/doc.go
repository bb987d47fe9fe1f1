// Package store keeps the state that outlives the processes of a program: keys with
// versions, times to live, one initializer at a time, and watchers.
//
// # How it works
//
// One mutex guards everything. A [Tx] reads and writes with the mutex held. What others are
// told of (an answer to Define, a wake of a watcher) is collected meanwhile, and called when
// the mutex is unlocked.
//
// Each write and each deletion takes the next version, whichever key it is for, so versions
// never repeat. The log has the key of each version. A watcher only knows how far in the log
// it has come. So a watcher that is slow costs no memory, and returns only the newest value
// of a key. Now and then the log drops what is not the newest of its key; deleted keys stay
// in it while a watcher needs them, up to a number: then that watcher ends with [ErrLagging].
//
// # What is durable
//
// [Store.Do] returns when the [Journal] has what it has written. Calls that come while the
// journal writes share the next commit. Nobody sees anything that is not committed: if a
// commit fails, the store is as it was before the calls, which all return the error.
package store
