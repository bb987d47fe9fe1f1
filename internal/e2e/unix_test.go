//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func unixPing(c *http.Client) (pong, error) { return pingedBy(c, "http://unix/") }

func unixAnswers(t *testing.T, c *http.Client, gen int) pong {
	t.Helper()
	return answered(t, c, "http://unix/", gen)
}

// unixClients ask again and again, each on connections of its own, and fail the test if anything goes wrong.
type unixClients struct {
	running  sync.WaitGroup
	once     sync.Once
	stop     chan struct{}
	answered atomic.Int64
}

func askUnix(t *testing.T, clients ...*http.Client) *unixClients {
	u := &unixClients{stop: make(chan struct{})}
	for _, c := range clients {
		u.running.Go(func() {
			for {
				select {
				case <-u.stop:
					return
				default:
				}
				if _, err := unixPing(c); err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				u.answered.Add(1)
			}
		})
	}
	t.Cleanup(u.end)
	return u
}

func (u *unixClients) end() {
	u.once.Do(func() { close(u.stop) })
	u.running.Wait()
}

// parentOf returns the id of a process's parent.
func parentOf(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(b), ") ")
	if f := strings.Fields(rest); len(f) > 1 {
		n, _ := strconv.Atoi(f[1])
		return n
	}
	return 0
}

// masterOf returns the process that has the worker, or the process itself.
func masterOf(pid int) int {
	name := func(pid int) string { b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); return string(b) }
	if up := parentOf(pid); name(up) == name(pid) {
		return up
	}
	return pid
}

// killAll ends a server that has workers, which it is not allowed to replace.
func killAll(t *testing.T, pid int) {
	t.Helper()
	main := masterOf(pid)
	_ = syscall.Kill(main, syscall.SIGSTOP)
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		if child, err := strconv.Atoi(filepath.Base(dir)); err == nil && parentOf(child) == main {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
	}
	if err := syscall.Kill(main, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// Unmodified servers at a unix socket are saved again and again under load, of which one save is broken, and crash once. No
// request fails: clients that come while nothing serves wait.
func TestUnixServers(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name    string
		command []string
		args    []string
		needs   []string
		file    string // of testdata/unix
		comment string // begins one
		broken  string
		nginx   string // how it passes requests on; "": clients connect to the socket
		workers int
	}{
		{name: "Node", command: words("node server.mjs"), file: "server.mjs", comment: "//", broken: "throw new Error('broken')"},
		{name: "Node behind nginx", command: words("node server.mjs"), file: "server.mjs", comment: "//", broken: "throw new Error('broken')", nginx: byHTTP},
		{name: "gunicorn", command: words("/usr/bin/gunicorn -w 2 -b unix:app.sock app:wsgi"), needs: words("/usr/bin/gunicorn --version"), file: "app.py", comment: "#", broken: "raise Exception('broken')", workers: 2},
		{name: "uvicorn", command: words("/usr/bin/uvicorn --log-level error --uds app.sock app:asgi"), needs: words("/usr/bin/uvicorn --version"), file: "app.py", comment: "#", broken: "raise Exception('broken')"},
		{name: "puma", command: words("/usr/bin/puma -q -b unix://app.sock"), needs: words("/usr/bin/puma --version"), file: "config.ru", comment: "#", broken: "raise 'broken'"},
		{name: "puma behind nginx", command: words("/usr/bin/puma -q -b unix://app.sock"), needs: words("/usr/bin/puma --version"), file: "config.ru", comment: "#", broken: "raise 'broken'", nginx: byHTTP},
		{name: "PHP-FPM behind nginx", command: words("/usr/sbin/php-fpm8.2 -F -R -y php-fpm.conf"), needs: words("/usr/sbin/php-fpm8.2 -v"),
			args: words("--watch **/*.conf"), file: "php-fpm.conf", comment: ";", broken: "[", nginx: byFastCGI, workers: 2},
	} {
		t.Run(s.name, func(t *testing.T) {
			spare(t, !slices.Contains([]string{"Node", "gunicorn", "PHP-FPM behind nginx"}, s.name))
			t.Parallel()
			if s.needs != nil && exec.Command(s.needs[0], s.needs[1:]...).Run() != nil {
				t.Skip("needs ", s.needs)
			}
			dir := t.TempDir()
			socket := filepath.Join(dir, "app.sock")
			file := filepath.Join(dir, s.file)
			save := func(version int) {
				write(t, file, strings.ReplaceAll(program(t, "unix/"+s.file), "@DIR@", dir)+fmt.Sprintln(s.comment, version))
			}
			save(0)
			write(t, filepath.Join(dir, "index.php"), program(t, "unix/index.php"))
			h := start(t, options{
				dir: dir, env: []string{"SOCKET=" + socket, "ORDER=socket"}, args: append(s.args, "--probation", brief), command: s.command,
			})
			h.Serving(1)
			direct := testkit.Client(socket)
			clients := []*http.Client{direct, direct}
			if s.name == "Node" { // whose adapter ends kept connections
				kept := testkit.Client(socket)
				kept.Transport.(*http.Transport).DisableKeepAlives = false
				clients = append(clients, kept)
				t.Cleanup(kept.CloseIdleConnections)
			}
			if s.nginx != "" {
				pass := strings.ReplaceAll(s.nginx, "@DIR@", dir)
				clients = []*http.Client{behindNginx(t, dir, pass), behindNginx(t, dir, pass)}
			}
			if s.nginx == byFastCGI {
				direct = clients[0]
			}
			u := askUnix(t, clients...)
			gen := 1
			for version := 1; version <= enough(10, 5); version++ {
				gen++
				if version == 3 {
					workers := map[int]bool{} // all have loaded their code
					testkit.Eventually(t, func() error {
						p, err := unixPing(direct)
						if workers[p.Pid] = true; err == nil && len(workers) < max(1, s.workers) {
							err = fmt.Errorf("%d workers", len(workers))
						}
						return err
					})
					write(t, file, s.broken)
					if l := h.Wait("the broken save fails", e2etest.Of("failed", gen)); l.Next != "keeps" {
						t.Errorf("%+v", l)
					}
					continue
				}
				save(version)
				h.Serving(gen)
				unixAnswers(t, direct, gen)
				if version%4 == 1 { // the others drain beside newer ones
					h.Drained(h.Serving(gen).Replaces)
				}
			}
			u.end()
			if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Busy }); n > 0 && s.nginx == "" {
				t.Errorf("%d generations were told to stop while they were busy", n)
			}

			var u2 *unixClients
			if pid := unixAnswers(t, direct, gen).Pid; s.nginx == byFastCGI { // whose workers serve on
				u2 = askUnix(t, clients...)
				_ = syscall.Kill(masterOf(pid), syscall.SIGKILL)
			} else {
				killAll(t, pid)
				u2 = askUnix(t, clients...) // while nothing serves
			}
			h.Wait("the crash", func(l line) bool { return l.Gen == gen && slices.Contains([]string{"crashed", "rolled-back"}, l.Event) })
			save(11)
			l := h.Wait("the next one serves", func(l line) bool { return l.Event == "serving" && l.Gen > gen })
			testkit.Eventually(t, func() error {
				if p, err := unixPing(direct); err != nil || p.Version < l.Gen {
					return fmt.Errorf("generation %d answers (%v)", p.Version, err)
				}
				return nil
			})
			u2.end()
			t.Logf("%d and %d requests", u.answered.Load(), u2.answered.Load())
			if n := h.Count(is("failed")); n != 1 {
				t.Errorf("%d generations failed", n)
			}
			h.signal(os.Interrupt)
			h.Wait("hotswap ends", is("stopping"))
			testkit.Eventually(t, func() error {
				left, err := filepath.Glob(filepath.Join(dir, "*.sock*"))
				hidden, _ := filepath.Glob(filepath.Join(dir, ".*.sock*"))
				if left = append(left, hidden...); len(left) > 0 {
					return fmt.Errorf("%q is left", left)
				}
				return err
			})
		})
	}
}

// A server that has a port beside its unix socket loses nobody at either, whichever it opens first.
func TestNodeOnAPortAndAUnixSocket(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"socket port", "port socket"} {
		t.Run(order, func(t *testing.T) {
			spare(t, order == "port socket")
			t.Parallel()
			dir := t.TempDir()
			socket := filepath.Join(dir, "app.sock")
			write(t, filepath.Join(dir, "server.mjs"), program(t, "unix/server.mjs"))
			h := start(t, options{
				dir: dir, env: []string{"SOCKET=" + socket, "ORDER=" + order}, args: []string{"--no-watch"}, command: []string{"node", "server.mjs"},
			})
			tr, client := h.under(getsOnly()), testkit.Client(socket)
			u := askUnix(t, client)
			for gen := 2; gen <= 3; gen++ {
				h.does("reload")
				tr.swapped(gen)
				unixAnswers(t, client, gen)
			}
			tr.end(t)
			u.end()
		})
	}
}

// A server at a unix socket is upgraded with hotswap, loses nobody, and leaves nothing but its path when hotswap is
// killed. The next hotswap removes that.
func TestUnixUpgradeAndKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "app.sock")
	write(t, filepath.Join(dir, "server.mjs"), program(t, "unix/server.mjs")+"process.on('SIGTERM', () => { fs.unlinkSync(process.env.SOCKET); process.exit() })\nimport fs from 'node:fs'\n")
	o := options{dir: dir, env: []string{"SOCKET=" + socket, "ORDER=socket"}, args: []string{"--no-watch", "--probation", brief}, command: words("node server.mjs")}
	h := start(t, o)
	h.Serving(1)
	client := testkit.Client(socket)
	u := askUnix(t, client)
	for gen := 2; gen <= 4; gen++ {
		if gen == 4 {
			h.signal(syscall.SIGHUP)
		} else {
			h.upgradeSelf(gen - 1)
		}
		h.Serving(gen)
		unixAnswers(t, client, gen)
		h.Drained(gen - 1)
		unixAnswers(t, client, gen)
	}
	u.end()
	pid := unixAnswers(t, client, 4).Pid
	h.signal(syscall.SIGKILL)
	testkit.Eventually(t, func() error {
		if syscall.Kill(pid, 0) == nil {
			return fmt.Errorf("process %d lives", pid)
		}
		return nil
	})
	if left, _ := filepath.Glob(filepath.Join(dir, ".app.sock*")); len(left) == 0 {
		t.Error("nothing is left to remove")
	}
	h2 := start(t, o)
	h2.Serving(1)
	unixAnswers(t, client, 1)
	if left, _ := filepath.Glob(filepath.Join(dir, ".app.sock*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}
