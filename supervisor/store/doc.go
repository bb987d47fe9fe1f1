// Package store keeps the state that outlives the processes of a program: keys with versions, times to live, and
// watchers.
//
// One mutex guards everything. Each write and each deletion takes the next version, whichever key it is for, so
// versions never repeat. A watcher has a queue of the changes that it has not returned, of each key the newest. So a
// watcher that is slow returns only the newest value of a key; one that is behind with too many keys ends with
// [ErrLagging].
package store
