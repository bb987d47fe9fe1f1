// Package e2etest runs the real hotswap for the tests of internal/e2e and
// internal/faults. It builds the binary, starts it and reads its log (--log json), on
// whose lines the tests wait.
package e2etest
