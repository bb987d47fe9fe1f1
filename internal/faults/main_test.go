//go:build linux

package faults

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// binary is hotswap, with the race detector; built by TestMain.
var binary string

func TestMain(m *testing.M) {
	program()
	flag.Parse()
	os.Exit(suite(m))
}

func suite(m *testing.M) int {
	if os.Getenv("HOTSWAP_FAULTS") == "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "hotswap-faults")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary, err = e2etest.BuildHotswap(dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	// Points wait more than they work.
	_ = flag.Set("test.parallel", "6")
	return m.Run()
}

// breaking skips a test unless the suite was asked for.
func breaking(t *testing.T) {
	t.Helper()
	if binary == "" {
		t.Skip("set HOTSWAP_FAULTS=1 to run the fault injection (2 minutes)")
	}
}
