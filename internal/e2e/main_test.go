//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Paths of what TestMain built.
var (
	binary string // hotswap, with the race detector
	root   string // of the repository
	live   string // the port of the browsers' script in that binary
)

func TestMain(m *testing.M) {
	beClient()
	forbidden()
	wrapping()
	if os.Getenv("HOTSWAP_E2E") == "" {
		fmt.Println("e2e: set HOTSWAP_E2E=1 to run the end-to-end tests")
		os.Exit(0)
	}
	os.Exit(build(m))
}

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hotswap-e2e")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	_ = os.Chmod(dir, 0o755) // tests run it as nobody too
	// Its hotswaps meet no others.
	runtime := filepath.Join(dir, "run")
	_ = os.Mkdir(runtime, 0o700)
	_ = os.Setenv("XDG_RUNTIME_DIR", runtime)
	_ = os.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	root = e2etest.Root()
	live = testkit.Port()
	binary, err = e2etest.BuildHotswap(dir, "-ldflags", "-w -X main.liveAddress=127.0.0.1:"+live)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	code := m.Run()
	leftOut()
	return code
}
