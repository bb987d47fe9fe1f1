//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// goServers are the versions of examples/go-server: each is built once.
var goServers sync.Map // version → func() (path string, err error)

// goServer is a version of examples/go-server, static.
func goServer(t testing.TB, version int) string {
	t.Helper()
	build, _ := goServers.LoadOrStore(version, sync.OnceValues(func() (string, error) {
		path := filepath.Join(filepath.Dir(binary), fmt.Sprintf("go-server-%d", version))
		return path, e2etest.Build(path, "./examples/go-server", []string{"CGO_ENABLED=0"}, "-ldflags", fmt.Sprintf("-w -X main.version=%d", version))
	}))
	path := testkit.Must(build.(func() (string, error))())(t)
	return path
}

// buildGoServer puts that version at the path by rename, as a build does. It is a
// link and no copy: what another test forks meanwhile would have a copy open for
// writing, and then it cannot be executed.
func buildGoServer(t testing.TB, path string, version int) {
	t.Helper()
	testkit.NoError(t, os.Link(goServer(t, version), path+".new"))
	testkit.NoError(t, os.Rename(path+".new", path))
}
