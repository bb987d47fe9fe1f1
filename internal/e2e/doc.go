// Package e2e runs the real hotswap over real, unmodified programs under real
// load. It has tests only.
//
// # Why here and not beside the command?
//
// These tests need programs from npm and Debian, minutes, and a load of their
// own; go test ./... leaves them out unless HOTSWAP_E2E=1, and then a program
// that is missing fails the run: nothing is skipped silently.
//
// # How do they wait?
//
// For lines of hotswap's own log (--log json), for answers, for the end of a
// process; never for a while.
package e2e
