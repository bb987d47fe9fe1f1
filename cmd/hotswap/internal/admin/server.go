package admin

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	maxConnections = 128
	maxHeader      = 16 << 10

	// clientTime limits the time for sending a request, and again for taking the answer.
	clientTime = 5 * time.Second

	// lastAnswers is how long Close waits for answers that are being written.
	lastAnswers = 500 * time.Millisecond
)

// Server is an HTTP server at one address.
type Server struct {
	*http.ServeMux // handlers are added before Serve

	FD       int // the listening socket, for a child; open as long as this process lives
	listener net.Listener
	http     http.Server
	end      context.CancelFunc // of the context of all requests
}

// Open listens at the address, whose port 0 is any free one. With fd, which Open owns, it uses that listening socket
// of a parent; 0: there is none. Connections wait until Serve.
func Open(at handoff.Endpoint, fd int) (s *Server, err error) {
	s = &Server{ServeMux: http.NewServeMux(), FD: fd}
	if fd > 0 {
		s.listener, err = inherited(fd)
	} else {
		s.listener, s.FD, err = listen(at)
	}
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	s.http = http.Server{
		Handler:           s.ServeMux,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: clientTime, ReadTimeout: clientTime, WriteTimeout: clientTime, IdleTimeout: clientTime,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // ignores broken requests
	}
	return s, nil
}

// listen opens a socket, and returns a duplicate for a child. The duplicate keeps the kernel's queue when this process
// accepts no more.
func listen(at handoff.Endpoint) (net.Listener, int, error) {
	network := "tcp"
	if at.Network == "tcp4" {
		network = "tcp4"
	}
	address := at.Short() // without an address where all count, so that a machine without IPv6 is served
	l, err := new(net.ListenConfig).Listen(context.Background(), network, address)
	if err != nil {
		return nil, 0, err
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	fd := 0
	if err == nil {
		var failed error
		err = raw.Control(func(of uintptr) { fd, failed = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 3) })
		if err == nil {
			err = failed
		}
	}
	if err != nil {
		_ = l.Close()
		return nil, 0, fmt.Errorf("duplicate the listener: %w", err)
	}
	return l, fd, nil
}

// inherited returns the listener of a socket. It duplicates fd, and keeps the socket non-blocking for the parent.
func inherited(fd int) (net.Listener, error) {
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	_ = syscall.SetNonblock(dup, true)
	f := os.NewFile(uintptr(dup), "listener")
	defer f.Close()
	return net.FileListener(f)
}

// Addr returns where the server listens.
func (s *Server) Addr() *net.TCPAddr { return s.listener.Addr().(*net.TCPAddr) }

// URL returns the address as a browser of this machine finds it.
func (s *Server) URL() string {
	at := *s.Addr()
	if at.IP.IsUnspecified() {
		at.IP = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + at.String()
}

// Serve starts to accept.
func (s *Server) Serve() {
	go func() { _ = s.http.Serve(netutil.LimitListener(s.listener, maxConnections)) }()
}

// Close accepts no more, and ends what is open.
func (s *Server) Close() {
	s.end()
	ctx, cancel := context.WithTimeout(context.Background(), lastAnswers)
	defer cancel()
	_ = s.http.Shutdown(ctx)
	_ = s.http.Close()
}
