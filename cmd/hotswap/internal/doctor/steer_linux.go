package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

const steerAdvice = "use Linux 4.5 or newer without a sandbox's own network stack (gVisor)"

// pair is a group of two listening sockets at one address.
type pair struct {
	kernel   reuseport.SystemKernel
	endpoint handoff.Endpoint
	fds      [2]int
}

func newPair() (*pair, error) {
	port, err := demo.FreePort()
	if err != nil {
		return nil, err
	}
	p := &pair{fds: [2]int{-1, -1}}
	if p.endpoint, err = handoff.ParseEndpoint(demo.Addr(port)); err != nil {
		return nil, err
	}
	for i := range p.fds {
		if p.fds[i], err = p.kernel.Open(p.endpoint); err == nil {
			err = p.kernel.Listen(p.fds[i], 16)
		}
		if err == nil && i == 0 {
			// The first member needs the program before the second one comes.
			err = p.kernel.Steer(p.fds[0], reuseport.Route{Indexes: []int{0}})
		}
		if err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

func (p *pair) close() {
	for _, fd := range p.fds {
		if fd >= 0 {
			_ = p.kernel.Close(fd)
		}
	}
}

// receives makes n connections and counts how many each socket gets.
func (p *pair) receives(n int) (got [2]int, err error) {
	for range n {
		conn, err := net.DialTimeout("tcp4", p.endpoint.Addr.String(), 2*time.Second)
		if err != nil {
			return got, err
		}
		defer conn.Close()
	}
	// A socket that was shut down is always readable and never accepts.
	deadline := time.Now().Add(2 * time.Second)
	polled := []unix.PollFd{{Fd: int32(p.fds[0]), Events: unix.POLLIN}, {Fd: int32(p.fds[1]), Events: unix.POLLIN}}
	for got[0]+got[1] < n {
		ready, err := unix.Poll(polled, int(max(0, time.Until(deadline)).Milliseconds()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || ready == 0 || time.Now().After(deadline) {
			return got, fmt.Errorf("%d of %d connections came (poll: %v)", got[0]+got[1], n, err)
		}
		for i := range polled {
			if polled[i].Revents&unix.POLLIN == 0 {
				continue
			}
			if fd, _, err := unix.Accept4(p.fds[i], unix.SOCK_CLOEXEC); err == nil {
				got[i]++
				_ = unix.Close(fd)
			}
		}
	}
	return got, nil
}

// trySteer steers connections to each socket in turn.
func trySteer(s *session) Finding {
	if s.found[IDSeccomp] == Missing && os.Getenv(demo.GenerationEnv) != "" {
		return notApplicable("not tried: another hotswap above manages the sockets of this process")
	}
	p, err := newPair()
	if err != nil {
		return missing("not possible", err.Error(), steerAdvice)
	}
	defer p.close()
	var took []time.Duration
	for round := range 40 {
		to := round % 2
		from := time.Now()
		if err := p.kernel.Steer(p.fds[0], reuseport.Route{Indexes: []int{to}}); err != nil {
			return missing("not possible", "attach a program to a group: "+err.Error(), steerAdvice)
		}
		took = append(took, time.Since(from))
		got, err := p.receives(4)
		if err != nil {
			return missing("connections got lost", err.Error(), steerAdvice)
		}
		if got[1-to] != 0 {
			return missing("connections do not follow", fmt.Sprintf("%d of 4 went to the other socket", got[1-to]), steerAdvice)
		}
	}
	slices.Sort(took)
	return works("all connections followed 40 times of 40; a cutover takes %d µs", took[len(took)/2].Microseconds())
}

// trySwap makes one real swap under a handful of requests.
func trySwap(s *session) Finding {
	const advice = "please report it, with the output of hotswap doctor --json"
	for _, id := range []string{IDSeccomp, IDKeeper, IDMemory, IDSteer} {
		if s.found[id] == Missing {
			return notApplicable("not tried: %s does not work", id)
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	seen, cutover, err := demo.TrySwap(ctx)
	if err != nil {
		return missing("the swap failed", err.Error(), advice)
	}
	n := seen.Failed()
	switch {
	case n > 0 && s.found[IDGetFD] == Missing:
		return missing(fmt.Sprintf("%d of %d requests lost", n, seen.Requests),
			"without pidfd_getfd hotswap cannot close a connection between two requests: the old process cuts those in use when it ends",
			"allow pidfd_getfd, see above")
	case n > 0:
		return missing(fmt.Sprintf("%d of %d requests lost", n, seen.Requests), seen.Examples[0].String(), advice)
	}
	return works("%d requests, 0 lost; cutover %d µs", seen.Requests, cutover.Microseconds())
}

// trySockDiag looks for a listener of this process.
func trySockDiag(*session) Finding {
	const advice = "modprobe tcp_diag, on the host if this is a container"
	p, err := newPair()
	if err != nil {
		return notApplicable("not tried: %v", err)
	}
	defer p.close()
	listeners, err := sockdiag.Listeners(0)
	if err != nil {
		return missing("not possible", err.Error(), advice)
	}
	inode, err := p.kernel.Inode(p.fds[0])
	if err != nil || !listeners[inode] {
		return missing("a listener is not listed", fmt.Sprintf("%d others are (%v)", len(listeners), err), advice)
	}
	return works("%s listed", human.Count(len(listeners), "listener"))
}
