package intercept

import (
	"context"
	"errors"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// acceptsEvery is the pause between two looks at whether the generation has accepted a client. Each look walks the
// kernel's table of connections, so a program that listens on many addresses is looked at no more often than another, but
// for each address every two seconds.
const acceptsEvery, mostPauses = 50 * time.Millisecond, 40

// errAccepted ends a probe: the generation has accepted a client.
var errAccepted = errors.New("a client was accepted")

// awaitAccept returns nil when the generation has accepted the probe or a client, else the probe's error. Where
// clients have waited for the generation (stop-first), the probe is behind all of them in its queue.
func (s *session) awaitAccept(e handoff.Endpoint) error {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	s.probes.Go(func() {
		look := time.NewTicker(acceptsEvery)
		defer look.Stop()
		for wait.On(ctx, look.C) == nil {
			s.mu.Lock()
			look.Reset(acceptsEvery * time.Duration(max(1, min(len(s.probed), mostPauses))))
			s.mu.Unlock()
			if s.hasClient(e) {
				cancel(errAccepted)
			}
		}
	})
	err := s.probe(ctx, s.gen, e)
	if context.Cause(ctx) == errAccepted {
		return nil
	}
	return err
}

// opensForClient reports whether the address may be a client's alone, as those of FTP's passive mode and of telephone
// calls are: the process that binds it, in a generation that is ready, has a client's connection or, for UDP, gets datagrams,
// and no generation has the address. hotswap leaves such an address to the program: two generations must not share it.
func (s *session) opensForClient(e handoff.Endpoint, who caller) bool {
	if ready, fresh := s.registry.IsReady(s.gen, e); !ready || !fresh {
		return false
	}
	clients, ports := map[uint64]bool{}, map[uint16]bool{}
	for inode, b := range s.sockets {
		if b.listens && b.endpoint.IsUDP() && e.IsUDP() {
			clients[inode] = true
		}
	}
	for _, at := range s.registry.Endpoints(s.gen) {
		ports[at.Port()] = true
	}
	open, _ := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Established}}) // on an error none is known
	for _, c := range open {
		if c.Inode != 0 && ports[c.Local.Port()] {
			clients[c.Inode] = true
		}
	}
	if procfs.Holder([]int{who.pid}, clients) == 0 {
		return false
	}
	if s.isOlder(e) {
		s.report(handoff.Unshared{Gen: s.gen, Address: e.Short(), Err: errOwn, IfItEnds: true})
	}
	return true
}

// hasClient reports whether a process of the generation has a connection that its listener at the endpoint has
// accepted. A connection that waits in the queue has no inode yet (sock_diag(7)).
func (s *session) hasClient(e handoff.Endpoint) bool {
	if e.IsUnix() {
		return false
	}
	open, err := sockdiag.Dump(sockdiag.Query{
		States: []sockdiag.State{sockdiag.Established, sockdiag.CloseWait, sockdiag.FinWait1, sockdiag.FinWait2}, Port: e.Port(),
	})
	if err != nil {
		return false
	}
	accepted, at := map[uint64]bool{}, e.Addr.Addr().Unmap()
	for _, c := range open {
		if c.Inode != 0 && (at.IsUnspecified() || c.Local.Addr().Unmap() == at) {
			accepted[c.Inode] = true
		}
	}
	return len(accepted) > 0 && procfs.Holder(s.tree(), accepted) != 0
}
