package admin

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/internal/web"
)

const (
	maxConnections = 128
	maxHeader      = 16 << 10
)

type Server struct {
	*http.ServeMux // handlers are added before Serve

	listener net.Listener
	file     *os.File // a duplicate, which keeps the kernel's queue for a child when this process accepts no more
	http     http.Server
	end      context.CancelFunc // of the context of all requests
}

// Open listens at the address, whose port 0 is any free one. With fd, which Open owns, it uses that listening socket
// of a parent; 0: there is none. Connections wait until Serve.
func Open(at handoff.Endpoint, fd int) (*Server, error) {
	s := &Server{ServeMux: http.NewServeMux()}
	if err := s.listen(at, fd); err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	s.http = http.Server{
		Handler: s.ServeMux, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: wait.Answer, ReadTimeout: wait.Answer, WriteTimeout: wait.Answer, IdleTimeout: wait.Answer,
		MaxHeaderBytes: maxHeader, ErrorLog: log.New(io.Discard, "", 0), // ignores broken requests
	}
	web.LimitConnections(&s.http, maxConnections, func(net.Conn) int { return 0 }) // the kernel names no owner
	return s, nil
}

func (s *Server) listen(at handoff.Endpoint, fd int) (err error) {
	if fd > 0 {
		s.file = os.NewFile(uintptr(fd), "listener")
		s.listener, err = net.FileListener(s.file) // of a duplicate
		return err
	}
	network := "tcp" // with the wildcard also where there is no IPv6
	if at.Network == "tcp4" {
		network = "tcp4"
	}
	if s.listener, err = net.Listen(network, at.Short()); err == nil {
		s.file, err = s.listener.(*net.TCPListener).File()
	}
	return err
}

func (s *Server) Addr() *net.TCPAddr { return s.listener.Addr().(*net.TCPAddr) }

// URL returns the address as a browser of this machine finds it.
func (s *Server) URL() string {
	at := *s.Addr()
	if at.IP.IsUnspecified() {
		at.IP = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + at.String()
}

func (s *Server) Serve() {
	go func() { _ = s.http.Serve(s.listener) }()
}

// Leave accepts no further connection, and ends the streams. Clients that have connected get their answers.
func (s *Server) Leave() {
	s.http.SetKeepAlivesEnabled(false) // else a browser would ask the parent again on the connection of its stream
	_ = s.listener.Close()
	s.end()
}

// Close also waits for the answers that are being written, at most so long, and closes all connections.
func (s *Server) Close(within time.Duration) {
	s.Leave()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	_ = s.http.Shutdown(ctx)
	_ = s.http.Close()
}
