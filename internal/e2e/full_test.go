//go:build linux

package e2e

import (
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
	variants map[string]int // by the test
}

// spare leaves a variant to HOTSWAP_E2E_FULL=1: another variant runs the same code of hotswap.
func spare(t *testing.T, is bool) {
	t.Helper()
	if !is || everyVersion() {
		return
	}
	left.Lock()
	defer left.Unlock()
	if left.variants == nil {
		left.variants = map[string]int{}
	}
	test, _, _ := strings.Cut(t.Name(), "/")
	left.variants[test]++
	t.SkipNow()
}

// leftOut prints what did not run, in one line.
func leftOut() {
	all, tests := 0, []string{}
	for test, n := range left.variants {
		all += n
		tests = append(tests, fmt.Sprintf("%s (%d)", strings.TrimPrefix(test, "Test"), n))
	}
	slices.Sort(tests)
	if all > 0 {
		fmt.Printf(
			"e2e: %d variants and further rounds of what is repeated are left to HOTSWAP_E2E_FULL=1 .ci/e2e: %s\n", all,
			strings.Join(tests, ", "))
	}
}
