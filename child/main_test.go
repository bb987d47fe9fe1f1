package child

import (
	"fmt"
	"os"
	"testing"
)

// helpers are what this binary does as a child of a test: CHILD_TEST_HELPER names one.
var helpers = map[string]func() int{}

// atEnd are called when all tests have run.
var atEnd []func()

const helperVariable = "CHILD_TEST_HELPER"

func TestMain(m *testing.M) {
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	if name := os.Getenv(helperVariable); name != "" {
		f := helpers[name]
		if f == nil {
			fmt.Println("no helper", name)
			os.Exit(2)
		}
		os.Exit(f())
	}
	code := m.Run()
	for _, f := range atEnd {
		f()
	}
	os.Exit(code)
}
