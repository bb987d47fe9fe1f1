package e2etest

import (
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// FreePort is [testkit.FreePort], for tests that have not moved there yet.
func FreePort(t testing.TB) string { t.Helper(); return testkit.FreePort(t) }

// Freeze is [testkit.Freeze], for tests that have not moved there yet.
func Freeze(t testing.TB, pid int) { t.Helper(); testkit.Freeze(t, pid) }
