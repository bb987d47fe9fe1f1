//go:build linux

package e2e

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// everyVersion reports whether all variants of all tests run, each Node and Python with all programs.
func everyVersion() bool { return os.Getenv("HOTSWAP_E2E_FULL") != "" }

// enough returns how often a test repeats something: all times, or as often as shows a defect on most runs.
func enough(all, some int) int {
	if everyVersion() {
		return all
	}
	return some
}

var left struct {
	sync.Mutex
	tests []string
}

// spare leaves a variant to HOTSWAP_E2E_FULL=1: another variant runs the same code of hotswap.
func spare(t *testing.T, is bool) {
	t.Helper()
	if !is || everyVersion() {
		return
	}
	left.Lock()
	left.tests = append(left.tests, strings.TrimPrefix(t.Name(), "Test"))
	left.Unlock()
	t.Skip("left to HOTSWAP_E2E_FULL=1")
}

// leftOut prints what did not run, in one line.
func leftOut() {
	if everyVersion() {
		return
	}
	slices.Sort(left.tests)
	fmt.Printf("e2e: left to HOTSWAP_E2E_FULL=1: further rounds of what is repeated, %d in %d programs in each other Node and Python, and %s\n",
		every-1, every, cmp.Or(strings.Join(left.tests, ", "), "no test"))
}
