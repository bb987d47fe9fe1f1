// Package record is what a running hotswap leaves written about itself, in a
// directory of its user: who it is, what it runs, where it is spoken with.
//
// Two read it: the commands that look for a hotswap to speak with, and the next
// hotswap, if this one was killed: what its processes are marked with is
// written there, so that those that are left can be found and ended.
//
// # Why is the number of a process not enough?
//
// It is given to another one some time after the process has ended. So a record
// names the process's start time too, and the boot and the pid namespace in
// which both mean something. A record of another namespace, which a directory
// shared between containers may hold, is left alone: its hotswap may live.
//
// # When is it written?
//
// When generations start or end, never at rest: beside its place, then renamed
// over it, so that no reader sees half of it. If that fails, the disk being
// full, the record before stays: it is old and not wrong, for the marker of a
// hotswap's processes does not change.
package record
