//go:build linux

package e2etest

import (
	"context"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Traffic is a load that runs until it is ended.
type Traffic struct {
	*load.Client
	Cancel context.CancelFunc
	t      testing.TB
}

// Begin starts a load, whose requests have the tests' patience.
func Begin(t testing.TB, c load.Config) *Traffic {
	t.Helper()
	c.Timeout = testkit.Patience
	ctx, cancel := context.WithCancel(context.Background())
	tr := &Traffic{load.New(c), cancel, t}
	go tr.Run(ctx)
	t.Cleanup(cancel)
	return tr
}

// Answers waits until a version has been answered so often.
func (tr *Traffic) Answers(version string, n uint64) {
	tr.t.Helper()
	tr.Until("answers of version "+version, func(s load.Snapshot) bool { return s.Version(version).Answers >= n })
}

// More waits for so many further requests.
func (tr *Traffic) More(n uint64) {
	tr.t.Helper()
	from := tr.Snapshot().Requests
	tr.Until("further requests", func(s load.Snapshot) bool { return s.Requests >= from+n })
}

// Until waits for a fact about the load.
func (tr *Traffic) Until(what string, is func(load.Snapshot) bool) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Patience)
	defer cancel()
	if err := tr.Await(ctx, is); err != nil {
		tr.t.Fatalf("%s: %v\n%v", what, err, tr.Snapshot())
	}
}

// End ends the load and demands that each request was answered right.
func (tr *Traffic) End() load.Snapshot {
	tr.t.Helper()
	tr.Cancel()
	s := tr.Wait()
	tr.t.Logf("%v", s)
	if s.Failed()+s.Counts[load.Abandoned] > 0 {
		tr.t.Errorf("%d requests failed, %d were never answered", s.Failed(), s.Counts[load.Abandoned])
	}
	return s
}
