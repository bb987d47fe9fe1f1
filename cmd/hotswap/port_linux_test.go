package main

import (
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// freePort is a port for the program of a test, which no other test gets.
func freePort(t *testing.T) int {
	t.Helper()
	port, err := strconv.Atoi(e2etest.FreePort(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// freeport [NAME]: sets $PORT, or another variable, to a port that no other script gets.
func setFreePort(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(append(args, "PORT")[0], e2etest.FreePort(t))
	}
}
