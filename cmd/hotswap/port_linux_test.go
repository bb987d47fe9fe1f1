package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// freePort is a port for the program of a test, which no other test gets.
func freePort(t *testing.T) int { return int(testkit.FreeAddress(t, "127.0.0.1").Port()) }

// freeport [NAME]: sets $PORT, or another variable, to a port that no other script gets.
func setFreePort(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(append(args, "PORT")[0], testkit.FreePort(t))
	}
}
