// Package place serves the programs' side of hotswap: state that outlives a process, the place of a
// generation, and leases. docs/state.md is the contract.
//
// # Who runs what?
//
// Each generation has a unix socket ([Server] is a [handoff.Transport]), so the server knows of which
// generation a client is. Each connection has a goroutine that applies the lines that have come, and
// writes the answers. So no answer waits for a second goroutine, and answers to requests that a client sends without
// waiting share a write. Another one runs while an open request
// (define, place, lease) has news, which come from elsewhere. A mutex lets one of the two write at a time.
//
// # What bounds a client?
//
// A client that does not read its answers is not read, because the same goroutine writes. News are
// not queued here but looked up when they can be written: the newest place, the newest value of a key. A define
// has one answer. A generation has at most [maxOpens] open requests, a connection one line that has not ended.
//
// # Who has a lease?
//
// leases.go decides that, as a pure function of claims and places. lease.go connects it with requests, and
// with the end of processes: a lease is free when its holder says so or its process has ended, and never
// because a connection was closed.
package place
