package intercept

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// bindsUnix has the program bind a new socket to the unix address.
func (g *generation) bindsUnix(name, addr string) string {
	g.t.Helper()
	g.ok("socket " + name + " unix")
	return g.do("bind " + name + " " + addr)
}

// listensUnix makes a socket of that name which listens at the address.
func (g *generation) listensUnix(name, addr string) {
	g.t.Helper()
	if got := g.bindsUnix(name, addr); got != "ok" {
		g.t.Fatalf("bind %s: %s", addr, got)
	}
	g.ok("listen "+name+" 5", "serve "+name+" "+fmt.Sprint(g.id))
}

// unixAnswer is who answers at the address.
func unixAnswer(t *testing.T, addr string) string {
	t.Helper()
	c, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return answerOf(t, c)
}

// atPath is the endpoint of a path.
func atPath(t *testing.T, path string) handoff.Endpoint {
	t.Helper()
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	return handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, filepath.Base(path))}
}

func (w *world) cutover(gen handoff.GenID) {
	w.t.Helper()
	if _, _, err := w.registry.Cutover(gen); err != nil {
		w.t.Fatal(err)
	}
}

// names are the names in a folder.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		out = append(out, e.Name())
	}
	return out
}

// The path leads to the generation that was cut over to, whatever the others do to it, and no client is refused.
func TestUnixPath(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	addr := filepath.Join(dir, "app.sock")
	old := w.start("sockets")
	old.listensUnix("a", addr)
	old.heard(handoff.Listening{Gen: 1, Endpoint: atPath(t, addr)})
	if got := names(t, dir); !slices.Equal(got, []string{"app.sock"}) {
		t.Errorf("the first generation makes %q", got)
	}

	stop := make(chan struct{})
	var clients sync.WaitGroup
	answers := 0
	clients.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			c, err := net.Dial("unix", addr)
			if err != nil {
				t.Error(err)
				return
			}
			if b, err := io.ReadAll(c); err != nil || len(b) != 2 {
				t.Errorf("%q %v", b, err)
			}
			c.Close()
			answers++
		}
	})
	for gen := handoff.GenID(2); gen <= 4; gen++ {
		fresh := w.start("sockets")
		if got := fresh.do("connect " + addr); got != "ECONNREFUSED" {
			t.Errorf("it finds another server: %s", got)
		}
		fresh.ok("unlink "+addr, "unlinkat "+addr)
		fresh.listensUnix("a", addr)
		fresh.heard(handoff.Listening{Gen: gen, Endpoint: atPath(t, addr)})
		fresh.ok("connect " + addr)
		if got := unixAnswer(t, addr); got != fmt.Sprint(gen-1) {
			t.Errorf("before the cutover generation %s answers", got)
		}
		w.cutover(gen)
		if got := unixAnswer(t, addr); got != fmt.Sprint(gen) {
			t.Errorf("generation %s answers", got)
		}
		w.cutover(gen - 1)
		if got := unixAnswer(t, addr); got != fmt.Sprint(gen-1) {
			t.Errorf("after the rollback generation %s answers", got)
		}
		w.cutover(gen)
		old.ok("unlink "+addr, "unlink "+old.do("name a"))
		old.end()
		w.registry.GenerationEnded(gen - 1)
		w.registry.Sweep()
		if got := names(t, dir); len(got) != 2 {
			t.Errorf("the folder has %q", got)
		}
		old = fresh
	}
	close(stop)
	clients.Wait()
	t.Logf("%d clients", answers)
	old.ok("unlink " + addr)
	old.end()
	if err := w.registry.Close(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); got != nil {
		t.Errorf("hotswap leaves %q", got)
	}
}

// A program may bind its path again if it has removed that, as it could without hotswap.
func TestUnixPathBoundAgain(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	g := w.start("sockets")
	g.listensUnix("a", addr)
	if got := g.bindsUnix("b", addr); got != "EADDRINUSE" {
		t.Errorf("bind: %s", got)
	}
	g.ok("unlink "+addr, "bind b "+addr, "listen b 5", "serve b again")
	if got := unixAnswer(t, addr); got != "again" {
		t.Errorf("%s answers", got)
	}
}

// Clients wait for the next generation in the queue of a dead one.
func TestUnixPathOfADeadGeneration(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	old := w.start("sockets")
	old.listensUnix("a", addr)
	old.end()
	w.registry.GenerationEnded(1)
	c, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fresh := w.start("sockets")
	fresh.ok("unlink " + addr)
	fresh.listensUnix("a", addr)
	if got := answerOf(t, c); got != "2" {
		t.Errorf("generation %s answers", got)
	}
	if got := unixAnswer(t, addr); got != "2" {
		t.Errorf("generation %s answers", got)
	}
}

// Where the old one ends first, clients wait in a socket of hotswap.
func TestUnixPathParked(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	old := w.start("sockets")
	old.ok("umask 22")
	old.listensUnix("a", addr)
	if err := os.Chmod(addr, 0o604); err != nil {
		t.Fatal(err)
	}
	if parked, err := w.registry.ParkConnections(1); !parked || err != nil {
		t.Fatal(parked, err)
	}
	c, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	old.end()
	w.registry.GenerationEnded(1)
	fresh := w.start("sockets")
	fresh.listensUnix("a", addr)
	if got := answerOf(t, c); got != "2" {
		t.Errorf("generation %s answers", got)
	}
	if st, err := os.Stat(addr); err != nil || st.Mode().Perm() != 0o604 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}

// A program's own address is as long as it likes, relative or not; the umask and the user are the program's.
func TestUnixPathIsAsTheProgramMeansIt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs another user")
	}
	base := t.TempDir()
	for dir := base; dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) { // t.TempDir's are 0700 above
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w, dir := newWorld(t), filepath.Join(base, strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o700); err != nil || os.Chown(dir, 65534, 65534) != nil {
		t.Fatal(err)
	}
	for gen := handoff.GenID(1); gen <= 2; gen++ {
		g := w.start("sockets")
		g.ok("chdir "+dir, "umask 27", "become 65534")
		g.listensUnix("a", "app.sock")
		g.heard(handoff.Listening{Gen: gen, Endpoint: atPath(t, filepath.Join(dir, "app.sock"))})
		if gen == 2 {
			own := slices.DeleteFunc(names(t, dir), func(name string) bool { return name == "app.sock" })
			for _, name := range own {
				st, err := os.Stat(filepath.Join(dir, name))
				if err != nil || st.Mode().Perm() != 0o750 || st.Sys().(*syscall.Stat_t).Uid != 65534 {
					t.Errorf("%s: %v %v", name, st.Mode(), err)
				}
			}
		}
	}
}

// The mode is the one that the program's umask gives at its bind, until somebody changes the mode of the path.
func TestUnixUmask(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	for gen, c := range []struct {
		umask string
		chmod os.FileMode
		want  os.FileMode
		own   string // the socket's before the bind, if not "777"
	}{
		{umask: "7", want: 0o770},
		{umask: "77", want: 0o700},
		{umask: "27", want: 0o750},
		{umask: "7", want: 0o660, own: "666"},
		{umask: "77", want: 0o600, own: "660"},
		{umask: "77", chmod: 0o660, want: 0o660},
		{umask: "77", chmod: 0o660, want: 0o660},
		{umask: "27", want: 0o660},
	} {
		g := w.start("sockets")
		g.ok("socket a unix", "fchmod a "+cmp.Or(c.own, "777"), "umask "+c.umask, "bind a "+addr, "umask 22") // as gunicorn and PHP-FPM do
		if c.chmod != 0 {
			if err := os.Chmod(addr, c.chmod); err != nil {
				t.Fatal(err)
			}
		}
		g.ok("listen a 5")
		w.cutover(handoff.GenID(gen + 1))
		if st, err := os.Stat(addr); err != nil || st.Mode().Perm() != c.want {
			t.Errorf("generation %d: %v %v, want %v", gen+1, st.Mode(), err, c.want)
		}
	}
	w.cutover(1)
	if st, err := os.Stat(addr); err != nil || st.Mode().Perm() != 0o660 {
		t.Errorf("after the rollback: %v %v", st.Mode(), err)
	}
}

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
			if err := os.WriteFile(addr, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
			prepare(t, w, addr)
			fresh := w.start("sockets")
			if got := fresh.bindsUnix("a", addr); got != "EADDRINUSE" {
				t.Errorf("bind: %s", got)
			}
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
	if got := unixAnswer(t, addr); got != "0" {
		t.Errorf("%s answers", got)
	}
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
			if kind != "folder" {
				return
			}
			// But a later generation does not fail of the file that this one leaves.
			g.listensUnix("b", addr)
			g.end()
			fresh := w.start("sockets")
			fresh.listensUnix("a", addr)
			fresh.heard(handoff.Listening{Gen: 2, Endpoint: atPath(t, addr)})
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
		if got := fresh.bindsUnix("a", addr); got != "EADDRINUSE" {
			t.Errorf("bind: %s", got)
		}
	}
	fresh.heard(handoff.Unshared{Gen: 2, Address: addr, Err: errAbstract})
	fresh.quiet()
}

// A hotswap that was killed leaves names, of which the next one removes its own only.
func TestUnixLeftovers(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	addr := filepath.Join(dir, "app.sock")
	for gen := 1; gen <= 2; gen++ {
		w.start("sockets").listensUnix("a", addr)
	}
	w.cutover(2)
	killed := t.TempDir() // what the folder has when hotswap is killed
	for _, name := range names(t, dir) {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		if name != "app.sock" {
			if err := unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(killed, name)}); err != nil {
				t.Fatal(err)
			}
			_ = os.Link(filepath.Join(killed, name), filepath.Join(killed, "app.sock"))
		}
		_ = unix.Close(fd)
	}
	other := filepath.Join(killed, ".app.sock.hotswap-old")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next := newWorld(t).start("sockets")
	next.listensUnix("a", filepath.Join(killed, "app.sock"))
	if got := names(t, killed); !slices.Equal(got, []string{filepath.Base(other), "app.sock"}) {
		t.Errorf("the folder has %q", got)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
