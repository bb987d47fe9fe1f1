// Package e2etest runs the real hotswap for tests: it builds the binary, starts it
// and reads its own lines (--log json), which are what a test waits for.
//
// It is used by internal/e2e, which runs real programs, and by internal/faults,
// which breaks things at each step of a swap.
package e2etest
