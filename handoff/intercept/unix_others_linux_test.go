package intercept

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What is not a gate's is left to the kernel, which says that the address is taken.
func TestUnixAddressOfOthers(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, w *world, addr string){
		"another program listens": func(t *testing.T, w *world, addr string) { w.bare().listensUnix("a", addr) },
		"another program has left its file": func(t *testing.T, w *world, addr string) {
			g := w.bare()
			g.listensUnix("a", addr)
			g.end()
		},
		"another program listens where a generation did": func(t *testing.T, w *world, addr string) {
			g := w.start("sockets")
			g.listensUnix("a", addr)
			g.end()
			remove(t, addr)
			w.bare().listensUnix("a", addr)
		},
		"it is a file now": func(t *testing.T, w *world, addr string) {
			g := w.start("sockets")
			g.listensUnix("a", addr)
			remove(t, addr)
			testkit.NoError(t, os.WriteFile(addr, []byte("precious"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
			prepare(t, w, addr)
			fresh := w.start("sockets")
			fresh.bindsUnix("a", addr, "EADDRINUSE")
			fresh.quiet()
			if _, err := os.Lstat(addr); err != nil {
				t.Errorf("the file was removed: %v", err)
			}
		})
	}
}

// A stranger who has come to the path is not replaced by a cutover.
func TestUnixCutoverOntoAStranger(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	w.start("sockets").listensUnix("a", addr)
	w.start("sockets").listensUnix("a", addr)
	remove(t, addr)
	w.bare().listensUnix("a", addr)
	if _, _, err := w.registry.Cutover(2); err == nil {
		t.Error("the cutover succeeds")
	}
	unixAnswered(t, addr, "0")
}

// The sockets over which a program's own processes talk are not touched.
func TestUnixPrivateSockets(t *testing.T) {
	for _, kind := range []string{"number", "folder"} {
		t.Run(kind, func(t *testing.T) {
			w, dir := newWorld(t), t.TempDir()
			g := w.start("sockets")
			g.ok("socket first tcp4")
			addr := filepath.Join(dir, "p"+strconv.Itoa(g.PID())+".sock")
			if kind == "folder" {
				g.ok("bind first 127.0.0.1:0", "listen first 5") // the session runs
				began := time.Now()
				testkit.Eventually(t, func() error { // the clock of files has ticks
					_ = os.Remove(filepath.Join(dir, "x"))
					if err := os.Mkdir(filepath.Join(dir, "x"), 0o700); err != nil {
						return err
					}
					st, err := os.Stat(filepath.Join(dir, "x"))
					if err == nil && !st.ModTime().After(began) {
						err = fmt.Errorf("the folder is too old")
					}
					return err
				})
				addr = filepath.Join(dir, "x", "a.sock")
			}
			g.listensUnix("a", addr)
			g.quiet()
			g.ok("unlink " + addr)
			if _, err := os.Lstat(addr); !os.IsNotExist(err) {
				t.Error(err)
			}
		})
	}
}

// Only one socket can have an abstract name: the supervisor is told, and the kernel refuses.
func TestUnixAbstractName(t *testing.T) {
	w, addr := newWorld(t), fmt.Sprintf("@hotswap-test-%d", os.Getpid())
	old := w.start("sockets")
	w.registry.SetProcesses(1, func() ([]int, error) { return old.Tree(), nil })
	old.listensUnix("a", addr)
	old.quiet()
	fresh := w.start("sockets")
	for range 2 {
		fresh.bindsUnix("a", addr, "EADDRINUSE")
	}
	fresh.heard(handoff.Unshared{Gen: 2, Address: addr, Err: errAbstract})
	fresh.quiet()
}

func remove(t *testing.T, path string) {
	t.Helper()
	testkit.NoError(t, os.Remove(path))
}
