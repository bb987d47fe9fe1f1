package reuseport

import (
	"context"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/unixpath"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// PassOn passes on the clients of the paths that a socket activator has, until ctx ends. pass gets a client, and a
// connection to the generation that serves; it may block, and then clients wait in the activator's socket.
func (r *Registry) PassOn(ctx context.Context, pass func(client, server net.Conn)) {
	var all sync.WaitGroup
	defer all.Wait()
	for !r.startPassing(ctx, &all, pass) && wait.For(ctx, wait.Poll) == nil {
	}
}

// startPassing reports whether every such path has who passes on. hotswap may have been able to open no more files.
func (r *Registry) startPassing(ctx context.Context, all *sync.WaitGroup, pass func(client, server net.Conn)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	complete := true
	for _, g := range r.groups {
		if g.queue == nil || g.recheck != nil {
			continue
		}
		fd, err := unix.FcntlInt(uintptr(g.queue.fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			complete = false
			continue
		}
		_ = unix.SetNonblock(fd, true) // for Go's poller
		f := os.NewFile(uintptr(fd), "activator's socket")
		g.recheck = func() { _ = f.SetReadDeadline(time.Unix(1, 0)) }
		all.Go(func() { r.passOn(ctx, g, f, pass) })
	}
	return complete
}

func (r *Registry) passOn(ctx context.Context, g *group, f *os.File, pass func(client, server net.Conn)) {
	defer f.Close()
	defer context.AfterFunc(ctx, g.recheck)()
	calls, _ := f.SyscallConn()
	var client net.Conn
	for {
		_ = f.SetReadDeadline(time.Time{}) // before it is looked where clients go
		if ctx.Err() != nil {
			break
		}
		server, serves := r.passNext(g, &client)
		switch {
		case server != nil:
			pass(client, server)
			client = nil
		case client != nil: // the program's queue is full
			_ = wait.For(ctx, probeEvery)
		default:
			_ = calls.Read(func(fd uintptr) bool {
				waiting, _ := unixpath.Queue(int(fd))
				return serves && waiting > 0
			})
		}
	}
	if client != nil {
		client.Close()
	}
}

// passNext accepts a client, unless there is one, where no program accepts, and connects to the generation that serves,
// if one does.
func (r *Registry) passNext(g *group, client *net.Conn) (server net.Conn, serves bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := g.servingGate()
	if to == nil || to.hidden == 0 || r.closed {
		return nil, false
	}
	for _, from := range g.members {
		if *client == nil && (from == g.queue || g.hasOrphans(from)) {
			*client = acceptUnix(from.fd)
		}
	}
	if *client == nil {
		return nil, true
	}
	server, _ = unixpath.DialFor(*client, to.hidden)
	return server, true
}

// acceptUnix returns a client, or nil.
func acceptUnix(listener int) net.Conn {
	_ = unix.SetNonblock(listener, true) // its program has ended
	fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), "client")
	defer f.Close()
	conn, _ := net.FileConn(f) // a duplicate
	return conn
}
