//go:build linux

package packagetest

import (
	"context"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// traffic is a load of new and kept connections.
type traffic struct {
	t      *testing.T
	client *load.Client
	cancel context.CancelFunc
}

func begin(t *testing.T, address string, kinds ...load.Kind) *traffic {
	t.Helper()
	for i := range kinds {
		kinds[i].Think = 50 * time.Millisecond
	}
	ctx, cancel := context.WithCancel(t.Context())
	tr := &traffic{t, load.New(load.Config{Targets: []string{address}, Kinds: kinds, Checks: load.ExampleChecks(), Timeout: testkit.Patience}), cancel}
	go tr.client.Run(ctx)
	return tr
}

func gets() []load.Kind { return []load.Kind{load.FreshGET(2), load.KeepAliveGET(2)} }

// answers waits until that version has answered so often.
func (tr *traffic) answers(version string, n uint64) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(tr.t.Context(), testkit.Patience)
	defer cancel()
	if err := tr.client.Await(ctx, func(s load.Snapshot) bool { return s.Version(version).Answers >= n }); err != nil {
		tr.t.Fatalf("version %s was not answered %d times: %v\n%v", version, n, err, tr.client.Snapshot())
	}
}

// end ends the load and demands that nothing was lost.
func (tr *traffic) end() {
	tr.t.Helper()
	tr.cancel()
	s := tr.client.Wait()
	tr.t.Logf("%v", s)
	if s.Failed() > 0 || s.Counts[load.Abandoned] > 0 {
		tr.t.Errorf("requests were lost: %v", s)
	}
}
