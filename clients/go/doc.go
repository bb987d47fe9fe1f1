// Package hotswap is for Go programs that hotswap runs: state that outlives the process, leases, and a program that
// knows whether it serves.
//
// # What happens without hotswap?
//
// The same calls work in the memory of the process: state ends with the process, the process has each lease
// that it asks for, and it serves from the start. So a program needs no second code path for production.
//
// The package talks with hotswap if HOTSWAP_SOCKET is set, over one connection for all goroutines. If the
// connection ends, the next call opens another one. If hotswap can no longer be reached, calls fail with [ErrGone]
// and do not fall back to the memory of the process, because two processes would then have two states.
//
// # Which values can be kept?
//
// Values of type []byte travel as bytes. All others travel as JSON, by the rules of [encoding/json]: it refuses
// functions and channels, leaves out unexported fields and replaces bytes that are not UTF-8.
//
// Several versions of the program share the state while hotswap swaps them, and after a rollback. A version that
// changes what a key means uses another key, such as "v2/cart" instead of "v1/cart".
package hotswap
