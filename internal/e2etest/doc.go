// Package e2etest runs the real hotswap for the tests of internal/e2e,
// internal/faults and packaging/packagetest. It builds the binary, starts it, reads
// its log (--log json), on whose lines the tests wait, and puts it under load.
package e2etest
