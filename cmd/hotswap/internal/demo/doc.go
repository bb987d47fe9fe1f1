// Package demo compares hotswap with plain restarts: both replace the same small server under
// the same load, one after the other. Doctor uses the server too.
package demo
