//go:build linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const (
	udpFlows = 4
	udpEvery = 5 * time.Millisecond

	// udpUnderWay is how many datagrams of a flow may have no answer yet: together fewer than a socket's queue holds,
	// some 270. So none is lost because a busy machine does not run the program.
	udpUnderWay = 40
)

// udpFlow sends numbered datagrams from one socket and notes which are answered.
type udpFlow struct {
	conn net.Conn
	sent atomic.Int64

	mu       sync.Mutex // guards what follows
	answered map[int]bool
	highest  int // number that is answered
	gen, pid int // of the newest answer
}

func (f *udpFlow) send(stop <-chan struct{}) {
	every := time.NewTicker(udpEvery)
	defer every.Stop()
	for {
		select {
		case <-stop:
			return
		case <-every.C:
			if f.underWay() < udpUnderWay {
				_, _ = fmt.Fprint(f.conn, f.sent.Add(1)) // ECONNREFUSED of a datagram before is not this one's
			}
		}
	}
}

func (f *udpFlow) read() {
	b := make([]byte, 2000)
	for {
		n, err := f.conn.Read(b)
		if err != nil {
			if strings.Contains(err.Error(), "refused") {
				continue
			}
			return
		}
		var gen, pid, number int
		if _, err := fmt.Sscan(string(b[:n]), &gen, &pid, &number); err == nil {
			f.mu.Lock()
			f.answered[number], f.highest = true, max(f.highest, number)
			f.gen, f.pid = max(f.gen, gen), pid
			f.mu.Unlock()
		}
	}
}

// underWay returns how many were sent after the last one that is answered.
func (f *udpFlow) underWay() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int(f.sent.Load()) - f.highest
}

// lost returns the numbers without an answer.
func (f *udpFlow) lost() (out []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := 1; n <= int(f.sent.Load()); n++ {
		if !f.answered[n] {
			out = append(out, n)
		}
	}
	return out
}

// newest returns who gave the newest answer.
func (f *udpFlow) newest() (gen, pid int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gen, f.pid
}

// udpClients are several flows to one address.
type udpClients struct {
	t     *testing.T
	flows []*udpFlow
	stop  chan struct{}
	sends sync.WaitGroup
}

func sendUDP(t *testing.T, port string) *udpClients {
	t.Helper()
	u := &udpClients{t: t, stop: make(chan struct{})}
	for range udpFlows {
		conn, err := net.Dial("udp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		f := &udpFlow{conn: conn, answered: map[int]bool{}}
		u.flows = append(u.flows, f)
		u.sends.Go(func() { f.send(u.stop) })
		go f.read()
		t.Cleanup(func() { _ = conn.Close() })
	}
	return u
}

// reach waits until the generation answers each flow, and returns its process.
func (u *udpClients) reach(gen int) (pid int) {
	u.t.Helper()
	testkit.Eventually(u.t, func() error {
		for _, f := range u.flows {
			var now int
			if now, pid = f.newest(); now < gen {
				return fmt.Errorf("generation %d answers, want %d", now, gen)
			}
		}
		return nil
	})
	return pid
}

// end stops sending and fails if a flow has lost more datagrams than that.
func (u *udpClients) end(most int) {
	u.t.Helper()
	close(u.stop)
	u.sends.Wait()
	for i, f := range u.flows {
		testkit.Eventually(u.t, func() error { // an answer to a later one: what has none by then is lost
			last := int(f.sent.Add(1))
			_, _ = fmt.Fprint(f.conn, last)
			time.Sleep(udpEvery)
			if lost := f.lost(); slices.Contains(lost, last) {
				return fmt.Errorf("flow %d has no answer", i)
			}
			return nil
		})
		lost := f.lost()
		if u.t.Logf("flow %d: lost %d of %d datagrams: %v", i, len(lost), f.sent.Load(), lost); len(lost) > most {
			u.t.Errorf("flow %d: at most %d may be lost", i, most)
		}
	}
}

// Unmodified servers of UDP are saved again and again under load, of which one save is broken, and killed once. No save fails,
// and a flow loses at most one datagram at a cutover, and at the kill what the process had read.
func TestUDPServers(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name, file, comment, broken string
		command                     []string
		tcp                         bool
	}{
		{name: "Node", file: "server.mjs", comment: "//", broken: "throw new Error('broken')", command: words("node server.mjs")},
		{name: "Python", file: "server.py", comment: "#", broken: "raise Exception('broken')", command: words("python3 server.py")},
		{name: "Node with TCP", file: "server.mjs", comment: "//", broken: "throw new Error('broken')", command: words("node server.mjs"), tcp: true},
	} {
		t.Run(s.name, func(t *testing.T) {
			spare(t, s.name == "Node")
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			file, env := filepath.Join(dir, s.file), []string{"PORT=" + port}
			if s.tcp {
				env = append(env, "TCP=yes")
			}
			save := func(version int) { write(t, file, program(t, "udp/"+s.file)+fmt.Sprintln(s.comment, version)) }
			save(0)
			h := start(t, options{dir: dir, env: env, args: []string{"--probation", brief}, command: s.command})
			h.Serving(1)
			u := sendUDP(t, port)
			u.reach(1)
			var tr *traffic
			if s.tcp {
				tr = h.load(getsOnly())
			}
			gen := 1
			for version := 1; version <= enough(10, 5); version++ {
				gen++
				if version == 3 {
					write(t, file, s.broken)
					if l := h.Wait("the broken save fails", e2etest.Of("failed", gen)); l.Next != "keeps" {
						t.Errorf("%+v", l)
					}
					continue
				}
				save(version)
				h.Serving(gen)
				u.reach(gen)
				if version%4 == 1 { // the others drain beside newer ones
					h.Drained(h.Serving(gen).Replaces)
				}
			}
			if tr != nil {
				tr.end(t)
			}
			u.end(9)
			h.Drained(h.Serving(gen).Replaces)

			u = sendUDP(t, port)
			pid := u.reach(gen)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			h.Wait("the crash", func(l line) bool { return l.Gen == gen && slices.Contains([]string{"crashed", "rolled-back"}, l.Event) })
			l := h.Wait("the next one serves", func(l line) bool { return l.Event == "serving" && l.Gen > gen })
			u.reach(l.Gen)
			u.end(1)
			if n := h.Count(is("failed")); n != 1 {
				t.Errorf("%d generations failed", n)
			}
			h.signal(os.Interrupt)
			h.Wait("hotswap ends", is("stopping"))
		})
	}
}
