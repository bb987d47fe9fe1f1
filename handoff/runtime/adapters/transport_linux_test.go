package adapters

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The variables that a program gets lead to both: the script, and the socket that is named as the script's folder. Both
// are there until the generation ends.
func TestPrepare(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	tr := testkit.Must(New(scratch.In(testkit.ShortDir(t))))(t)
	l := &handoff.Launch{Gen: 3, Env: []string{"A=1"}}
	session := testkit.Must(tr.Prepare(l))(t)
	path := tr.Wire(3).Path
	options := handoff.Value(l.Env, node.OptionsVariable)
	script, ok := strings.CutPrefix(options, "--require ")
	if _, err := os.Stat(script); !ok || err != nil || filepath.Base(path) != filepath.Base(filepath.Dir(script)) {
		t.Errorf("%q, %q, %v", options, path, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	testkit.NoError(t, session.Run(ctx, handoff.Running{}, nil))
	if tr.Wire(3) != nil {
		t.Error("the generation has a session when it has ended")
	}
	if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Errorf("left: %v", err)
	}
	if (*Transport)(nil).Wire(3) != nil {
		t.Error("no transport has adapters")
	}
}

// Without a folder for the adapter's files the program starts as it is.
func TestWithoutAFolder(t *testing.T) {
	why := error(nil)
	nowhere := []assets.Folder{{Path: "/proc/nowhere", Mode: 0o700}}
	tr := newTransport(scratch.In(testkit.ShortDir(t)), nowhere)
	tr.OnWithout = func(err error) { why = err }
	l := &handoff.Launch{Gen: 1}
	if session, err := tr.Prepare(l); err != nil || session != nil || len(l.Env) > 0 || tr.Wire(1) != nil ||
		why == nil {
		t.Errorf("%v, %v, %q, %v", session, err, l.Env, why)
	}
}
