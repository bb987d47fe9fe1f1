//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// udpUnderWay is how many datagrams of a flow may have no answer yet: together fewer than a socket's queue holds, some
// 270. So none is lost because a busy machine does not run the program.
const udpUnderWay = 40

// udpFlow sends numbered datagrams from one socket and notes which are answered.
type udpFlow struct {
	net.Conn

	mu       sync.Mutex // guards what follows
	sent     int
	answered map[int]bool
	highest  int // number that is answered
	gen      int // of the newest answer
}

// send sends the next datagram, if not too many are under way.
func (f *udpFlow) send(most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sent-f.highest < most {
		f.sent++
		_, _ = fmt.Fprint(f, f.sent) // ECONNREFUSED of a datagram before is not this one's
	}
}

func (f *udpFlow) read() {
	b := make([]byte, 2000)
	for {
		n, err := f.Read(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		var gen, pid, number int
		if _, err := fmt.Sscan(string(b[:n]), &gen, &pid, &number); err == nil {
			f.mu.Lock()
			f.answered[number], f.highest, f.gen = true, max(f.highest, number), max(f.gen, gen)
			f.mu.Unlock()
		}
	}
}

// seen returns the highest number that is answered, the lower ones that are not, and the generation that gave the
// newest answer.
func (f *udpFlow) seen() (highest int, lost []int, gen int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := 1; n < f.highest; n++ {
		if !f.answered[n] {
			lost = append(lost, n)
		}
	}
	return f.highest, lost, f.gen
}

// An unmodified server of UDP is saved again and again under load. A flow loses no more datagrams than one at a
// cutover.
func TestUDPServers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	save := func(version int) {
		write(t, filepath.Join(dir, "server.mjs"), program(t, "udp/server.mjs")+fmt.Sprintln("//", version))
	}
	save(1)
	h := start(t, options{dir: dir, args: []string{"--probation", brief}, command: words("node server.mjs")})
	h.Serving(1)
	stop := make(chan struct{})
	var flows [4]*udpFlow
	var sending sync.WaitGroup
	for i := range flows {
		f := &udpFlow{Conn: testkit.Must(net.Dial("udp", h.addr()))(t), answered: map[int]bool{}}
		flows[i] = f
		t.Cleanup(func() { f.Close() })
		go f.read()
		sending.Go(func() {
			for tick := time.NewTicker(5 * time.Millisecond); ; {
				select {
				case <-stop:
					return
				case <-tick.C:
					f.send(udpUnderWay)
				}
			}
		})
	}
	const saves = 4
	for gen := 1; gen <= 1+saves; gen++ {
		if gen > 1 {
			save(gen)
			h.Serving(gen)
		}
		for i, f := range flows {
			testkit.Eventually(t, func() error {
				if _, _, now := f.seen(); now < gen {
					return fmt.Errorf("generation %d answers flow %d, want %d", now, i, gen)
				}
				return nil
			})
		}
		if gen == 2 { // the others drain beside newer ones
			h.Drained(1)
		}
	}
	close(stop)
	sending.Wait()
	h.Drained(saves) // it answers what it has
	for i, f := range flows {
		all, lost := f.sent, []int(nil)
		testkit.Eventually(t, func() (err error) { // an answer to a later one: what has none by then is lost
			f.send(1 << 20)
			var highest int
			highest, lost, _ = f.seen()
			if highest <= all {
				err = fmt.Errorf("flow %d has no answer", i)
			}
			return err
		})
		t.Logf("flow %d: lost %d of %d datagrams: %v", i, len(lost), all, lost)
		if len(lost) > saves {
			t.Errorf("flow %d: at most %d may be lost", i, saves)
		}
	}
}
