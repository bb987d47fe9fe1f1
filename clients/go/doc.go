// Package hotswap is for Go programs that hotswap runs: leases, and a program that knows whether it serves. State that
// outlives the process is a page of JSON over a socket: https://github.com/hotswap-dev/hotswap/blob/main/docs/state.md.
//
// # What happens without hotswap?
//
// The same calls work in the memory of the process, which has each lease that it asks for, and serves from the start. So a
// program needs no second code path for production.
//
// The package talks with hotswap if HOTSWAP_SOCKET is set, over one connection for all goroutines. If the
// connection ends, the next call opens another one. If hotswap can no longer be reached, calls fail with [ErrGone],
// because two processes would otherwise have one lease.
package hotswap
