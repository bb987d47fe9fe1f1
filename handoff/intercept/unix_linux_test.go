package intercept

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/peercred"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// bindsUnix has the program bind a new socket to the unix address.
func (g *generation) bindsUnix(name, addr, want string) {
	g.t.Helper()
	g.ok("socket " + name + " unix")
	g.gets(want, "bind "+name+" "+addr)
}

// listensUnix makes a socket of that name which listens at the address.
func (g *generation) listensUnix(name, addr string) {
	g.t.Helper()
	g.ok("socket "+name+" unix", "bind "+name+" "+addr, "listen "+name+" 5", "serve "+name+" "+fmt.Sprint(g.id))
}

// unixAnswered checks who answers at the address.
func unixAnswered(t *testing.T, addr, want string) {
	t.Helper()
	c := testkit.Dial(t, addr)
	defer c.Close()
	answers(t, c, want)
}

// atPath is the endpoint of a path.
func atPath(t *testing.T, path string) handoff.Endpoint {
	t.Helper()
	dir := testkit.Must(filepath.EvalSymlinks(filepath.Dir(path)))(t)
	return handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, filepath.Base(path))}
}

// names are the names in a folder.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	all := testkit.Must(os.ReadDir(dir))(t)
	for _, e := range all {
		out = append(out, e.Name())
	}
	return out
}

// Clients read the program as the peer, not hotswap, whether it is ready when it listens or not.
func TestUnixPeer(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	w.transport.probe = func(context.Context, handoff.GenID, handoff.Endpoint) error { return nil }
	g := w.start("sockets")
	for i, name := range []string{"early", "late"} {
		addr := filepath.Join(dir, name)
		g.listensUnix(name, addr)
		g.heard(handoff.Listening{Gen: 1, Endpoint: atPath(t, addr), Late: i > 0})
		if _, pid, err := peercred.Of(testkit.Dial(t, addr).(*net.UnixConn)); err != nil ||
			!slices.Contains(g.Tree(), pid) {
			t.Errorf("%s: process %d, %v", name, pid, err)
		}
		w.cutover(1)
	}
}

// The path leads to the generation that was cut over to, whatever the others do to it.
func TestUnixPath(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	addr := filepath.Join(dir, "app.sock")
	old := w.start("sockets")
	old.listensUnix("a", addr)
	old.heard(handoff.Listening{Gen: 1, Endpoint: atPath(t, addr)})
	if got := names(t, dir); !slices.Equal(got, []string{"app.sock"}) {
		t.Errorf("the first generation makes %q", got)
	}

	for gen := handoff.GenID(2); gen <= 4; gen++ {
		fresh := w.start("sockets")
		fresh.gets("ECONNREFUSED", "connect "+addr)
		fresh.ok("unlink "+addr, "unlinkat "+addr)
		fresh.listensUnix("a", addr)
		fresh.heard(handoff.Listening{Gen: gen, Endpoint: atPath(t, addr)})
		fresh.ok("connect " + addr)
		unixAnswered(t, addr, fmt.Sprint(gen-1))
		w.cutover(gen)
		unixAnswered(t, addr, fmt.Sprint(gen))
		w.cutover(gen - 1)
		unixAnswered(t, addr, fmt.Sprint(gen-1))
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
	old.ok("unlink " + addr)
	old.end()
	w.registry.Close()
	if got := names(t, dir); got != nil {
		t.Errorf("hotswap leaves %q", got)
	}
}

// A program may bind its path again if it has removed that, as it could without hotswap.
func TestUnixPathBoundAgain(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	g := w.start("sockets")
	g.listensUnix("a", addr)
	g.bindsUnix("b", addr, "EADDRINUSE")
	g.ok("unlink "+addr, "bind b "+addr, "listen b 5", "serve b again")
	unixAnswered(t, addr, "again")
}

// Clients wait for the next generation: in the queue of a dead one, or, where the old one ends first, in a socket of
// hotswap.
func TestUnixClientsWait(t *testing.T) {
	for _, parks := range []bool{false, true} {
		w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
		old := w.start("sockets")
		old.ok("umask 22")
		old.listensUnix("a", addr)
		testkit.NoError(t, os.Chmod(addr, 0o604))
		end := func() { old.end(); w.registry.GenerationEnded(1) }
		if !parks {
			end()
		} else if parked, err := w.registry.QueueConnections(1); !parked || err != nil {
			t.Fatal(parked, err)
		}
		c := testkit.Dial(t, addr)
		if parks {
			end()
		}
		fresh := w.start("sockets")
		if !parks {
			fresh.ok("unlink " + addr)
		}
		fresh.listensUnix("a", addr)
		answers(t, c, "2")
		unixAnswered(t, addr, "2")
		if st, err := os.Stat(addr); err != nil || parks && st.Mode().Perm() != 0o604 {
			t.Errorf("%v %v", st.Mode(), err)
		}
	}
}

// A program's own address is as long as it likes, relative or not; the umask and the user are the program's.
func TestUnixPathIsAsTheProgramMeansIt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs another user")
	}
	base := t.TempDir()
	for dir := base; dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) { // t.TempDir's are 0700 above
		testkit.NoError(t, os.Chmod(dir, 0o755))
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

// The mode is the one that the program's umask gives at its first bind, until somebody changes the mode of the path.
func TestUnixUmask(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	for gen, c := range []struct {
		umask string
		chmod os.FileMode
		want  os.FileMode
	}{
		{umask: "7", want: 0o770},
		{umask: "77", want: 0o770},
		{umask: "77", chmod: 0o660, want: 0o660},
		{umask: "27", want: 0o660},
	} {
		g := w.start("sockets")
		g.ok("socket a unix", "umask "+c.umask, "bind a "+addr, "umask 22") // as gunicorn and PHP-FPM do
		if c.chmod != 0 {
			testkit.NoError(t, os.Chmod(addr, c.chmod))
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
