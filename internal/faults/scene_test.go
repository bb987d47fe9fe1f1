//go:build linux

package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// scene is hotswap with the program under test, under load.
type scene struct {
	*testing.T
	setting
	dir      string
	port     string
	requests string
	control  *control
	h        *e2etest.Hotswap
	client   *e2etest.Traffic
	begun    time.Time
	ordered  func()   // lets the load judge answers by their age again, or nil
	before   []string // hotswap's descriptors while generation 1 served
	kills    []kill
	cut      bool // hotswap was killed: what fails from then on is not its
	result   *result
}

// setting is how a scene differs from the usual one.
type setting struct {
	args   []string // hotswap's, besides --no-watch
	env    []string
	output *os.File
}

// kill is one that the test, or hotswap at a deadline, has carried out.
type kill struct {
	pid  int
	at   time.Duration        // since the load began; not later than the kill
	gone <-chan time.Duration // when the process had ended, on the same clock; closed without a value if it has not
}

func (k kill) String() string { return fmt.Sprintf("%d at %v", k.pid, k.at) }

// slow is how long a slow request takes.
const slow = 300 * time.Millisecond

// mix is the load: new and kept connections, GET and POST without retry, quick and slow. The program has no adapter,
// and its end cuts who never rests: so those that are kept ask once, and rest.
func mix() []load.Kind {
	kinds := []load.Kind{
		load.FreshGET(3), load.FreshPOST(1), load.KeepAliveGET(2), load.KeepAlivePOST(1),
		load.SlowFresh(2, slow), load.SlowKeepAlive(1, slow),
	}
	for i := range kinds {
		kinds[i].Think *= 2
		if kinds[i].KeepAlive { // several scenes share the machine
			kinds[i].Workers, kinds[i].Think = 1, time.Hour
		}
	}
	return kinds
}

// begin starts hotswap and the load, and waits until generation 1 answers.
func begin(t *testing.T, set setting) *scene {
	t.Helper()
	s := prepare(t, set)
	s.start()
	s.underLoad(1)
	return s
}

// underLoad begins the load when the generation serves.
func (s *scene) underLoad(gen int) {
	s.Helper()
	s.h.Serving(gen)
	s.load()
	s.client.Answers(strconv.Itoa(gen), 30)
	s.before = descriptors(s.T, s.h.Cmd.Process.Pid)
}

// prepare makes what a scene needs before hotswap runs.
func prepare(t *testing.T, set setting) *scene {
	t.Helper()
	dir := testkit.ShortDir(t)
	s := &scene{T: t, setting: set, dir: dir, port: testkit.FreePort(t), requests: filepath.Join(dir, "requests"),
		result: &result{}}
	for _, err := range []error{
		os.WriteFile(s.requests, nil, 0o600), os.Mkdir(filepath.Join(dir, "work"), 0o700),
		os.Mkdir(filepath.Join(dir, "run"), 0o700),
	} {
		testkit.NoError(t, err)
	}
	t.Cleanup(func() { // runs after hotswap has been ended
		for _, p := range processes(s.requests) {
			t.Errorf("left behind: %v", p)
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	})
	s.control = newControl(t, dir)
	return s
}

// start runs a hotswap.
func (s *scene) start() {
	s.Helper()
	program, _ := os.Executable()
	args := append([]string{"--no-watch"}, s.args...)
	if !slices.Contains(args, "--probation") {
		args = append([]string{"--probation", "200ms"}, args...) // a pace; its points ask for more
	}
	if !slices.Contains(args, "--drain-timeout") {
		args = append([]string{"--drain-timeout", "60s"}, args...) // else a busy machine makes hotswap kill what drains
	}
	s.h = e2etest.Start(s.T, e2etest.Options{
		Binary: binary, Args: args, Command: []string{program}, Dir: filepath.Join(s.dir, "work"), Output: s.output,
		Env: append([]string{
			envControl + "=" + s.control.path, envRequestLog + "=" + s.requests, envPort + "=" + s.port,
			"XDG_RUNTIME_DIR=" + filepath.Join(s.dir, "run"), // it meets no others
		}, s.env...),
	})
}

// load begins it.
func (s *scene) load() {
	s.client = e2etest.Begin(s.T, load.Config{
		Targets: []string{"127.0.0.1:" + s.port}, Kinds: mix(), Checks: load.ExampleChecks(), Examples: 1000,
		RaceWithin: 1, // no client asks twice on a connection
	})
	s.more(1)
	s.begun = time.Now().Add(-s.client.Snapshot().Elapsed)
}

// more waits for so many further answers.
func (s *scene) more(n uint64) {
	s.Helper()
	from := s.client.Snapshot().Counts[load.OK]
	s.client.Until("more answers", func(x load.Snapshot) bool { return x.Counts[load.OK] >= from+n })
}

// swap asks for one.
func (s *scene) swap() { s.signal(s.h.Cmd.Process.Pid, syscall.SIGHUP) }

func (s *scene) signal(pid int, sig syscall.Signal) {
	s.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		s.Fatalf("signal %v to process %d: %v", sig, pid, err)
	}
}

// freeze stops a process, as Ctrl-Z would, and returns when it stands still: the
// signal is on its way to each thread when kill(2) returns.
func (s *scene) freeze(pid int) {
	s.Helper()
	testkit.Freeze(s.T, pid)
	s.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
}

// kill ends a process, and notes whose requests are lost by it: its own, and
// if it is a keeper those of the program below, which is ended with it.
//
// Until things have settled, age says nothing: an older generation may serve
// again, and clients who waited at a dead gate are answered by a newer one that
// does not serve yet.
func (s *scene) kill(pid int) {
	s.Helper()
	if s.ordered == nil {
		s.ordered = s.client.SuspendOrder()
	}
	for _, p := range processes(s.requests) {
		if p.pid == pid || p.parent == pid {
			s.lossy(p.pid)
		}
	}
	s.signal(pid, syscall.SIGKILL)
}

// lossy notes that a process may be killed from now on.
func (s *scene) lossy(pid int) {
	gone, client := make(chan time.Duration, 1), s.client
	s.kills = append(s.kills, kill{pid, client.Snapshot().Elapsed, gone})
	fd, err := unix.PidfdOpen(pid, 0)
	go func() {
		defer close(gone)
		if err != nil { // it has ended
			gone <- client.Snapshot().Elapsed
			return
		}
		defer unix.Close(fd)
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			switch n, err := unix.Poll(fds, int(testkit.Patience.Milliseconds())); {
			case n == 1:
				gone <- client.Snapshot().Elapsed
				return
			case err != unix.EINTR:
				return
			}
		}
	}()
}

// killed says whether a process was.
func (s *scene) killed(pid int) bool {
	return slices.ContainsFunc(s.kills, func(k kill) bool { return k.pid == pid })
}

// who asks who answers new connections.
func (s *scene) who() (gen, pid int, err error) {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testkit.Patience}
	res, err := c.Get("http://127.0.0.1:" + s.port + "/ping")
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	var a struct{ Version, Pid int }
	err = json.NewDecoder(res.Body).Decode(&a)
	return a.Version, a.Pid, err
}

// holdRequest begins a request that its program does not answer until it is released.
func (s *scene) holdRequest(gen int) (h *hold, answered chan error) {
	s.Helper()
	h, answered = s.control.hold(gen, stepRequest), make(chan error, 1)
	go func() {
		c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testkit.Patience}
		res, err := c.Get("http://127.0.0.1:" + s.port + "/held")
		if err == nil {
			res.Body.Close()
		}
		answered <- err
	}()
	h.wait()
	return h, answered
}

// serving is the generation that hotswap has last said to serve.
func (s *scene) serving() (gen int) {
	for _, l := range s.h.Lines() {
		switch l.Event {
		case "serving":
			gen = l.Gen
		case "rolled-back":
			gen = l.To
		}
	}
	return gen
}
