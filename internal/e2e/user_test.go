//go:build linux

package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// twoSwaps is a static Go binary under the full load, swapped by SIGHUP.
func twoSwaps(t *testing.T, o options, kinds []load.Kind) *hotswap {
	t.Helper()
	dir := openFolder(t)
	program := filepath.Join(dir, "server")
	buildGoServer(t, program, 1)
	o.dir, o.args, o.command = dir, append(o.args, "--no-watch", unhurried), []string{program, "-addr", "127.0.0.1:$PORT"}
	return swapBySignal(t, o, kinds, func(v int) { buildGoServer(t, program, v) })
}

// openFolder returns a folder that every user may read. t.TempDir is its owner's alone.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hotswap-e2e")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	testkit.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// With pidfd_getfd forbidden, sockets are injected: hotswap says so, and no client of a new connection loses a
// request. Nobody can end kept connections of a program without an adapter.
func TestPidfdGetfdForbidden(t *testing.T) {
	t.Parallel()
	h := twoSwaps(t, forbiddenGetfd(t), []load.Kind{load.FreshGET(4), load.FreshPOST(2), load.SlowFresh(2, slow)})
	if n := h.Count(is("sockets-injected")); n == 0 {
		t.Error("the fallback was not told")
	}
	if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Busy }); n > 0 {
		t.Errorf("%d generations were stopped while they were busy", n)
	}
}

// forbiddenGetfd runs hotswap with pidfd_getfd forbidden.
func forbiddenGetfd(t *testing.T) options {
	t.Helper()
	self := testkit.Must(os.Executable())(t)
	return options{binary: self, wrap: []string{binary}, env: []string{forbidEnv + "=1"}}
}

const nobody = 65534

// root's hotswap runs the program, its standbys, its builds and rules as --user says, at a port that this user may not
// bind. Saves, a crash and an upgrade lose nothing, standbys take the saves, and no file belongs to root.
func TestUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may bind a low port for another user")
	}
	dir := openFolder(t)
	const dep = "node_modules/dep/"
	for name, text := range map[string]string{
		"server.js":    "require('dep')\nrequire('fs').appendFileSync('/dev/stderr', 'I am ' + process.getuid() + ' ' + process.env.USER + '\\n')\n" + plainNode,
		"version.json": versionOne, dep + "package.json": `{"name": "dep", "version": "1.0.0"}`, dep + "index.js": "\n",
		"hotswap.yaml": "on:\n  - change: version.json\n    run: id -u >>rule.txt\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	own := func(do func(path string, info fs.FileInfo)) {
		t.Helper()
		testkit.NoError(t, filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
			if err == nil {
				do(path, info)
			}
			return err
		}))
	}
	own(func(path string, _ fs.FileInfo) { _ = os.Chown(path, nobody, nobody) })
	host := testkit.LowPort(t)
	h := start(t, options{
		dir: dir, env: []string{"HOST=" + host, "PORT=80"}, command: words("node server.js"),
		args: []string{"--user", "nobody", "--ignore", "*.txt", "--probation", brief, "--build", "id -u >>build.txt"},
	})
	h.Serving(1)
	version := filepath.Join(dir, "version.json")
	tr := begin(t, sixteen(), load.ExampleChecks(), host+":80")
	for v := 2; v <= 4; v++ {
		tr.Answers(strconv.Itoa(v-1), 20)
		h.waits(v)
		save(t, version, v)
		testkit.NoError(t, os.Chown(version, nobody, nobody))
		h.warm(v)
		h.Drained(v - 1)
	}
	tr.Answers("4", 20)
	h.upgradeSelf(1)
	h.Serving(5)
	tr.More(20)
	tr.end(t)

	p := testkit.Must(pinged(host + ":80"))(t)
	if st, err := os.Stat(fmt.Sprintf("/proc/%d", p.Pid)); err != nil || st.Sys().(*syscall.Stat_t).Uid != nobody {
		t.Errorf("process %d: %v, %v", p.Pid, st, err)
	}
	if err := syscall.Kill(p.Pid, syscall.SIGKILL); err != nil { // its clients wait in a socket that the next generation adopts
		t.Fatal(err)
	}
	h.Serving(6)
	testkit.Eventually(t, func() error {
		_, err := pinged(host + ":80")
		return err
	})
	if !strings.Contains(h.Log(), "I am 65534 nobody") {
		t.Error("the program cannot open /dev/stderr, or is another user")
	}
	for _, file := range []string{"build.txt", "rule.txt"} {
		if b, err := os.ReadFile(filepath.Join(dir, file)); err != nil || strings.ReplaceAll(string(b), "65534\n", "") != "" {
			t.Errorf("%s: %q, %v", file, b, err)
		}
	}
	own(func(path string, info fs.FileInfo) {
		if st := info.Sys().(*syscall.Stat_t); st.Uid != nobody {
			t.Errorf("%s belongs to user %d", path, st.Uid)
		}
	})
}

// Where pidfd_getfd is forbidden, the program gets hotswap's own sockets.
func TestUserWithSocketsOfHotswap(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may run the program as another user")
	}
	o := forbiddenGetfd(t)
	o.args = []string{"--user", "nobody"}
	twoSwaps(t, o, []load.Kind{load.FreshGET(4), load.FreshPOST(2), load.SlowFresh(2, slow)})
}
