// Package testkit is what tests of several packages need: one patience for every wait, ports, files that appear
// whole, connections, and processes whose output a test waits for.
package testkit
