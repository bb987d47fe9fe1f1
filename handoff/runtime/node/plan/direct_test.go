package plan

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A program that has set a title has other arguments than it was started with.
func TestBegan(t *testing.T) {
	dir := regular.Real(t.TempDir())
	main := filepath.Join(dir, "server.js")
	testkit.NoError(t, os.WriteFile(main, nil, 0o600))
	options := []string{"--require", "/x/preflight.cjs"}
	for _, c := range []struct {
		argv, options []string
		same          bool
	}{
		{[]string{"node", "server.js", "--port", "3"}, nil, true},
		{[]string{"node", "server"}, nil, true},
		{[]string{"node", "."}, nil, true},
		{[]string{"/usr/bin/node", "--require", "/x/preflight.cjs", main}, options, true},
		{[]string{"my server"}, nil, false},
		{[]string{"node"}, nil, false},
		{[]string{"my server", "", ""}, options, false},
		{[]string{"node", "--require", "/x/other.cjs", main}, options, false},
		{[]string{"node", "--require", "/x/preflight.cjs"}, options, false},
		{[]string{"node", "/y/other.js"}, nil, false},
	} {
		p := program{thread: files.Snapshot{Program: files.Program{Main: main, ExecArgv: c.options}}}
		if err := p.Began(standby.Process{Argv: c.argv, Dir: dir}); (err == nil) != c.same {
			t.Errorf("%q, options %q: %v", c.argv, c.options, err)
		}
	}
}
