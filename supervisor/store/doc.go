// Package store keeps the state that outlives the processes of a program: keys with versions and times to live.
//
// One mutex guards everything. Each write and each deletion takes the next version, whichever key it is for, so
// versions never repeat.
package store
