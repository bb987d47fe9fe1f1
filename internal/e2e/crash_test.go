//go:build linux

package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pidOf asks the program who it is.
func pidOf(t *testing.T, port string) int {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	res, err := c.Get("http://127.0.0.1:" + port + "/ping")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var who struct{ Pid int }
	if err := json.NewDecoder(res.Body).Decode(&who); err != nil {
		t.Fatal(err)
	}
	return who.Pid
}

// Three times kill -9 of the serving process, with new connections all the
// while: who was being answered in that moment is lost with the process, but
// nobody is refused, and who waited in its queue is answered by the next.
func TestKillNineOfTheServingProcess(t *testing.T) {
	dir, port := project(t, "fleet"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch"}, command: []string{"node", "node-http.js"},
	})
	h.Serving(1)
	tr := begin(t, []load.Kind{load.FreshGET(16)}, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 30)
	type kill struct{ called, gone time.Duration } // since the load's start
	var kills []kill
	for gen := 2; gen <= 4; gen++ {
		pid := pidOf(t, port)
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			t.Fatal(err)
		}
		called := tr.c.Snapshot().Elapsed
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		ended(t, map[int]int{pid: fd})
		kills = append(kills, kill{called, tr.c.Snapshot().Elapsed})
		if l := h.Serving(gen); l.Cause != "crash" {
			t.Errorf("generation %d began for %s", gen, l.Cause)
		}
		tr.more(300)
	}
	tr.cancel()
	s := tr.c.Wait()
	t.Logf("%v", s)
	if n := s.Counts[load.Refused]; n > 0 {
		t.Errorf("%d connections refused", n)
	}
	// A connection that was begun after the end of the killed process waits for the
	// next one. Those that the killed one had accepted are lost with it.
	for _, e := range s.Examples {
		begun := e.At - e.ConnAge
		inside := slices.ContainsFunc(kills, func(k kill) bool { return begun <= k.gone && e.At >= k.called })
		if !inside {
			t.Errorf("not in a killed process: %v", e)
		}
	}
	if n := s.Failed(); n > 3*16 || n > uint64(len(s.Examples)) {
		t.Errorf("%d requests failed, %d known", n, len(s.Examples))
	}
	if n := h.Count(func(l line) bool { return l.Event == "crashed" }); n != 3 {
		t.Errorf("%d crashes told", n)
	}
}

// The new version is killed soon after its cutover, with clients in its queue,
// while the old one is held: what it had not accepted is answered by the old
// one, without another start, for the code on disk is what failed.
func TestKillNineOnProbation(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	program := filepath.Join(dir, "server")
	buildGoServer(t, program, 1)
	h := start(t, options{
		dir: dir, env: []string{"ADDR=127.0.0.1:" + port}, args: []string{"--no-watch", "--probation", "60s"}, command: []string{program},
	})
	h.Serving(1)
	tr := begin(t, []load.Kind{load.FreshGET(16)}, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 30)
	buildGoServer(t, program, 2)
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	tr.answers("2", 30)
	resume := tr.c.SuspendOrder() // a lower version is no error now
	defer resume()

	pid, at := pidOf(t, port), tr.c.Snapshot().Elapsed
	testkit.Freeze(t, pid) // it accepts nobody any more
	frozen := tr.c.Snapshot().Elapsed
	const clients = 20
	var waiting []net.Conn
	for range clients {
		c, err := net.Dial("tcp4", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(c, "GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, c)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for _, c := range waiting {
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("a client that waited for the dead one: %v", err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), `"version":1`) {
			t.Errorf("answered %s, %v", body, err)
		}
	}
	if l := h.Wait("the relay", func(l line) bool { return l.Event == "relayed" }); l.Gen != 1 {
		t.Errorf("relayed to generation %d", l.Gen)
	}
	tr.more(300)
	tr.cancel()
	s := tr.c.Wait()
	t.Logf("%v", s)
	if n := s.Counts[load.Refused]; n > 0 {
		t.Errorf("%d connections refused", n)
	}
	for _, e := range s.Examples {
		// What the dead one had accepted is lost with it.
		if begun := e.At - e.ConnAge; begun > frozen || e.At < at {
			t.Errorf("not in the killed process: %v", e)
		}
	}
	if n := s.Failed(); n > 16 {
		t.Errorf("%d requests failed", n)
	}
	if n := h.Count(func(l line) bool { return l.Event == "serving" && l.Gen == 3 }); n != 0 {
		t.Error("another start was made")
	}
}
