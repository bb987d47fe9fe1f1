package reuseport

import (
	"context"
	"net"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/unixpath"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	// probeEvery is the pause between two attempts to connect.
	probeEvery = 10 * time.Millisecond
	// probeLater is the longest pause between two looks at whether a probe has been accepted: a program may
	// listen on hundreds of addresses and accept on none.
	probeLater = 10 * probeEvery
)

// Probe returns nil when the generation has accepted a connection of hotswap on the endpoint, or a client who waited
// before that: a generation that is given the gate of an older one (stop-first) may be busy with its clients for long.
// The connection carries nothing and is closed. It returns [ErrListenerClosed] when the program has closed its
// listener; other errors are those of ctx or the system.
func (r *Registry) Probe(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) error {
	for {
		if again, err := r.attempt(ctx, gen, e); !again {
			return err
		}
	}
}

// attempt makes one connection. again says that the program has closed the listener of the connection and has
// another.
func (r *Registry) attempt(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) (again bool, err error) {
	of := r.group(e)
	conn, name, err := dialUntilCertain(ctx, r, gen, e, true)
	if err != nil {
		return false, err
	}
	if e.IsUnix() {
		// as settle does: clients who wait behind the probe hide that it is accepted
		_ = conn.(*net.UnixConn).CloseWrite()
		defer func() { go unixpath.HangUp(conn) }()
	} else {
		defer conn.Close()
		if err := r.awaitAccept(ctx, conn, name); err != nil {
			return false, err
		}
	}
	began, waiting := time.Now(), 0
	for {
		queued, err := true, error(nil)
		if !e.IsUnix() {
			queued, err = r.queued(name)
		}
		all, closed, now := r.closedTo(gen, e, name)
		switch {
		case all:
			return false, ErrListenerClosed
		case err != nil || !queued: // the connection may also have ended with its gate, which was given up
			return err == nil && r.group(e) != of, err
		case closed:
			return true, nil
		case now >= 0 && now < waiting, now == 0 && e.IsUnix(): // only the generation accepts from its gate
			return false, nil
		}
		waiting = now
		// A small part of the wait so far: a save waits for the look behind the accept.
		if err := wait.For(ctx, min(max(time.Millisecond, time.Since(began)/32), probeLater)); err != nil {
			return false, err
		}
	}
}

func (r *Registry) group(e handoff.Endpoint) *group {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.groups[e]
}

// awaitAccept ends the client's data, and waits until the handshake is over for the server's side too. Until its last
// ACK has arrived the connection is not queued, as if it had been accepted. On loopback the kernel delivers that ACK
// within connect(2), but a listener that waits for data (TCP_DEFER_ACCEPT, which Bun sets right behind listen(2)) drops
// it. The end of the data will do (tcp_check_req drops a bare ACK only). A program that serves one client after the
// other would wait for data at each of its addresses until hotswap has looked again.
func (r *Registry) awaitAccept(ctx context.Context, conn net.Conn, name sockdiag.Name) error {
	_ = conn.(*net.TCPConn).CloseWrite() // if it fails, handshake bounds the wait
	for end := time.Now().Add(handshake); time.Now().Before(end); {
		if s, err := r.kernel.Lookup(name); err != nil || s.State != sockdiag.SynRecv {
			return nil
		}
		if err := wait.For(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
