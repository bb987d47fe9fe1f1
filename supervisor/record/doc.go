// Package record keeps a file about each running hotswap in a directory of its user:
// its process, its command and its control socket.
//
// Two programs read a record: commands that look for a running hotswap, and the next
// hotswap after a kill, which finds leftover processes by the mark in the record.
//
// # Identity
//
// Process IDs are reused. So a record also has the start time of a process, and the boot and the pid namespace in which
// both are valid. A record of another namespace, which containers with a shared directory may see, is ignored: its
// hotswap may be alive.
//
// # Writing
//
// A record is written when a generation starts or ends: to a file beside it, which
// then replaces it. If that fails, for example on a full disk, the older record stays.
// It is still of use, because the mark of a run's processes does not change.
package record
