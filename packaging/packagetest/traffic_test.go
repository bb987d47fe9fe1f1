//go:build linux

package packagetest

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// begin starts a load of new and kept connections.
func begin(t *testing.T, address string) *e2etest.Traffic {
	t.Helper()
	kinds := []load.Kind{load.FreshGET(2), load.KeepAliveGET(2)}
	// a kept client that asks again is cut at the stop signal
	kinds[0].Think, kinds[1].Think = 50*time.Millisecond, time.Hour
	return e2etest.Begin(t, load.Config{Targets: []string{address}, Kinds: kinds, Checks: load.ExampleChecks()})
}
