//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// passedServer is a program that serves at the sockets that it was passed, from number 3 on.
type passedServer struct {
	name, command, needs string
	file                 string // of the program, below testdata, which a bad deploy breaks
}

var passedServers = []passedServer{
	{"gunicorn", "/usr/bin/gunicorn -w 2 app:wsgi", "/usr/bin/gunicorn --version", "unix/app.py"},
	{"gunicorn with uvicorn's workers", "/usr/bin/gunicorn -w 2 -k uvicorn.workers.UvicornWorker app:asgi",
		"/usr/bin/gunicorn --version", "unix/app.py"},
	{"uvicorn", "/usr/bin/uvicorn --log-level error --fd 3 app:asgi", "/usr/bin/uvicorn --version", "unix/app.py"},
	{"hypercorn", "/usr/bin/hypercorn -b fd://3 app:asgi", "/usr/bin/hypercorn --help", "unix/app.py"},
	{"Node", "node server.mjs", "node --version", "passed/server.mjs"},
	{"plain Python", "python3 plain.py", "python3 --version", "passed/plain.py"},
	{"puma", "/usr/bin/puma -t 1:4 -b URL config.ru", "/usr/bin/puma --version", "passed/config.ru"},
	{"Go", "./server", "go version", ""},
}

// activatedBy starts hotswap by systemd-socket-activate, which does so for its first client.
func activatedBy(t *testing.T, sockets []string, o options) *hotswap {
	t.Helper()
	o.binary = "systemd-socket-activate"
	for _, at := range sockets {
		o.wrap = append(o.wrap, "-l", at)
	}
	for _, kv := range append(os.Environ(), append(o.env, "PORT", "NOTIFY_SOCKET", "SYSTEMD_EXEC_PID", "GORACE")...) {
		name, _, _ := strings.Cut(kv, "=")
		o.wrap = append(o.wrap, "-E", name)
	}
	o.wrap = append(o.wrap, binary)
	h := start(t, o)
	network := "unix"
	if !strings.HasPrefix(sockets[0], "/") {
		network = "tcp"
	}
	testkit.Eventually(t, func() error {
		c, err := net.Dial(network, sockets[0])
		if err == nil {
			err = c.Close()
		}
		return err
	})
	return h
}

// Programs that are passed an activator's socket are reloaded again and again under load. No request fails, new clients
// get to the new process, a version that fails leaves the old one serving, and the socket's file stays.
func TestPassedSockets(t *testing.T) {
	t.Parallel()
	needs(t, "systemd-socket-activate", "--version")
	for _, s := range passedServers {
		for _, way := range []struct {
			name, args string
			reloads    int
			tcp, spare bool
		}{
			{name: "path", reloads: enough(20, 5)},
			{name: "path without interception", args: "--interception never", reloads: enough(20, 3)},
			{name: "path, the old process first", args: "--strategy stop-first", reloads: 2,
				spare: s.name != "gunicorn" && s.name != "plain Python"},
			{name: "TCP", reloads: 2, tcp: true, spare: s.name != "puma"},
			{name: "TCP without interception", args: "--interception never", reloads: 2, tcp: true, spare: true},
		} {
			t.Run(s.name+" at a "+way.name, func(t *testing.T) {
				t.Parallel()
				spare(t, way.spare)
				needs(t, words(s.needs)...)
				s.reloaded(t, way.args, way.reloads, way.tcp)
			})
		}
	}
}

func (s passedServer) reloaded(t *testing.T, args string, reloads int, tcp bool) {
	dir := t.TempDir()
	at := filepath.Join(dir, "a.sock")
	client, url, bound, shown := testkit.Client(at), "http://unix/", "unix://"+at, "unix:"+at
	if tcp {
		at = testkit.FreeAddress(t, "127.0.0.1").String()
		client, url, bound = testkit.Client(""), "http://"+at+"/", "tcp://"+at
		shown = strings.Replace("http://"+at, "127.0.0.1", "localhost", 1)
	}
	var restore func()
	program := filepath.Join(dir, filepath.Base(s.file))
	var broken func()
	if s.file == "" {
		program = filepath.Join(dir, "server")
		testkit.NoError(t, e2etest.Build(program, "./internal/e2e/testdata/passed/go", nil))
		broken = func() {
			testkit.NoError(t, os.Rename(program, program+"~"), os.Symlink("/bin/false", program))
		}
		restore = func() { testkit.NoError(t, os.Rename(program+"~", program)) }
	} else {
		text := string(testkit.Must(os.ReadFile(filepath.Join("testdata", s.file)))(t))
		restore = func() { write(t, program, text) }
		restore()
		broken = func() { write(t, program, "((("+text) }
	}
	h := activatedBy(t, []string{at}, options{
		dir: dir, args: append(words("--no-watch --probation "+brief), words(args)...),
		command: words(strings.ReplaceAll(s.command, "URL", bound)),
	})
	h.Serving(1)
	file := func() string {
		if tcp {
			return ""
		}
		info := testkit.Must(os.Stat(at))(t)
		return fmt.Sprint(info.Sys().(*syscall.Stat_t).Ino, info.Mode())
	}
	before := file()
	if got := h.does("url"); got != shown {
		t.Errorf("hotswap url: %q, want %q", got, shown)
	}
	if got := h.does("status"); !strings.Contains(got, at) {
		t.Errorf("hotswap status:\n%s", got)
	}
	ask := func() (pong, error) { return pingedBy(client, url) }
	end := askAlways(t, ask, ask)
	answered(t, client, url, 1)
	for gen := 2; gen <= reloads+2; gen++ {
		if gen == 3 && args != "--strategy stop-first" {
			loaded := map[int]bool{} // both workers of gunicorn, which load the program after it has listened
			testkit.Eventually(t, func() error {
				p, err := ask()
				loaded[p.Pid] = true
				if err == nil && strings.Contains(s.command, "-w 2") && len(loaded) < 2 {
					err = errors.New("a worker has not answered yet")
				}
				return err
			})
			broken()
			h.signal(syscall.SIGHUP)
			h.Wait("generation 3 fails", func(l line) bool { return l.Event == "failed" && l.Gen == 3 })
			answered(t, client, url, 2)
			restore()
			continue
		}
		h.signal(syscall.SIGHUP)
		h.Serving(gen)
		for range 10 {
			if p, err := ask(); err != nil || p.Version != gen {
				t.Fatalf("after the cutover: version %d, %v; want %d", p.Version, err, gen)
			}
		}
	}
	if s.name == "Node" && args == "" {
		h.upgradeSelf(1)
		answered(t, client, url, reloads+3)
	}
	end()
	if after := file(); after != before {
		t.Errorf("the socket's file was %s and is %s", before, after)
	}
	h.signal(syscall.SIGTERM)
	h.exits(0)
	if after := file(); after != before {
		t.Errorf("the socket's file was %s and is %s", before, after)
	}
}

// A program that is passed several sockets, with names, serves at all of them, also after reloads.
func TestFourPassedSockets(t *testing.T) {
	t.Parallel()
	needs(t, "systemd-socket-activate", "--version")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plain.py"), program(t, "passed/plain.py"))
	at := []string{filepath.Join(dir, "a.sock"), filepath.Join(dir, "b.sock"), "@" + dir,
		testkit.FreeAddress(t, "127.0.0.1").String()}
	h := activatedBy(t, at, options{
		dir: dir, wrap: []string{"--fdname=a:b:c:d"}, args: words("--no-watch --probation " + brief),
		command: words("python3 plain.py"),
	})
	h.Serving(1)
	var askers []asker
	for _, a := range at {
		client, url := testkit.Client(a), "http://unix/"
		if strings.Contains(a, ":") {
			client, url = testkit.Client(""), "http://"+a+"/"
		}
		askers = append(askers, func() (pong, error) { return pingedBy(client, url) })
	}
	end := askAlways(t, askers...)
	testkit.Eventually(t, func() error {
		if text := h.does("status"); strings.Count(text, "→ generation 1") < len(at) {
			return errors.New(text)
		}
		return nil
	})
	for gen := 2; gen <= 6; gen++ {
		h.signal(syscall.SIGHUP)
		if l := h.Serving(gen); strings.Count(l.Endpoints, " ") < 3 {
			t.Errorf("serves %s", l.Endpoints)
		}
		for i, ask := range askers {
			if p, err := ask(); err != nil || p.Version != gen {
				t.Errorf("%s: version %d, %v; want %d", at[i], p.Version, err, gen)
			}
		}
	}
	end()
	h.signal(syscall.SIGTERM)
	h.exits(0)
}
