// Package store keeps the state that outlives the processes of a program: keys with
// versions, times to live, one initializer at a time, and watchers.
//
// # How it works
//
// One mutex guards everything, and no call waits while it holds the mutex. Callbacks run
// without it: a call collects them and makes them after it has unlocked.
//
// Each write and each deletion takes the next version, whichever key it is for, so versions
// never repeat. All items are in one list in the order of their versions. A watcher of a
// prefix is a marker in that list: what stands behind the marker is what the watcher has not
// returned yet. So a watcher that is slow costs no memory, and returns only the newest value
// of a key. A deleted key leaves a tombstone in the list while a marker stands before it;
// when there are too many, the watcher that is furthest behind ends with [ErrLagging].
//
// # What is durable
//
// A store with a [Journal] changes its memory first. Sync returns when everything that was
// written or seen before is in the journal; whoever has waited for Sync may tell others. All
// that write meanwhile share the next commit. If a commit fails, the store takes back what
// the commit should have written, and what was written on top of that, and Sync fails for
// everybody who has written or may have seen it.
package store
