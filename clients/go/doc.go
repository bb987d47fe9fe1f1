// Package hotswap is for Go programs that hotswap runs: leases, and when to end connections. State that outlives the
// process is a page of JSON over a socket: https://github.com/hotswap-dev/hotswap/blob/main/docs/state.md.
//
// # What happens without hotswap?
//
// The same calls work in the memory of the process, which has each lease that it asks for, and never drains. So a
// program needs no second code path for production.
//
// The package talks with hotswap if HOTSWAP_SOCKET is set, over one connection for each request. If hotswap can no
// longer be reached, calls fail with [ErrGone], because two processes would otherwise have one lease.
package hotswap
