//go:build (linux || darwin) && !386

// hotswap adds these files to package net in what it has Go compile in watch mode, and has tcpsock.go and
// tcpsock_posix.go call the functions whose comment says so (handoff/runtime/golang). Without the variable they do
// nothing. handoff/held has the protocol.
package net

import (
	"context"
	"encoding/json"
	"errors"
	"internal/poll"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	hotswapOnce sync.Once
	hotswapHere atomic.Pointer[hotswapHolds] // nil: the program opens its sockets itself
	errHotswap  = errors.New("hotswap has the socket")
)

// hotswapHolds is what hotswap holds of the program's listening sockets.
type hotswapHolds struct {
	asks    sync.Mutex         // held while a bind waits for its answer
	answers chan hotswapAnswer // closed when hotswap has gone

	mu   sync.Mutex // guards what follows, and the fields of all holds
	held map[*netFD]*hotswapHold
}

// hotswapAnswer is a message of hotswap's, and the descriptor that came with it, or -1.
type hotswapAnswer struct {
	Type, At, Code string
	Turn           int
	fd             int
}

// hotswapHold is a listening socket of hotswap's, which all generations have.
type hotswapHold struct {
	at    string    // as hotswap calls the address
	asked bool      // hotswap knows that the process accepts
	turn  bool      // it may
	until time.Time // the program's deadline
	woken bool      // the socket's deadline is in the past, to end a wait
}

// hotswapHeld returns what hotswap holds; nil: the program opens its sockets itself.
func hotswapHeld() *hotswapHolds {
	hotswapOnce.Do(func() {
		h := &hotswapHolds{answers: make(chan hotswapAnswer, 1), held: map[*netFD]*hotswapHold{}}
		if os.Getenv("HOTSWAP_HELD") != "" && hotswapJoin(h.obey) {
			hotswapHere.Store(h)
		}
	})
	return hotswapHere.Load()
}

// hotswapListens is called to listen. Options that the program's Control sets are those of a socket which is closed
// when hotswap has one.
func hotswapListens(ctx context.Context, network string, laddr *TCPAddr, proto int,
	control func(context.Context, string, string, syscall.RawConn) error) (*netFD, error) {
	var held *netFD
	asks := control
	if laddr.Port != 0 && laddr.Zone == "" && hotswapHeld() != nil {
		asks = func(ctx context.Context, exact, address string, c syscall.RawConn) (err error) {
			if control != nil {
				err = control(ctx, exact, address, c)
			}
			if err == nil {
				held, err = hotswapHere.Load().bind(network, laddr, c)
			}
			if held != nil {
				err = errHotswap
			}
			return err
		}
	}
	fd, err := internetSocket(ctx, network, laddr, nil, syscall.SOCK_STREAM, proto, "listen", asks)
	if held != nil {
		return held, nil
	}
	return fd, err
}

// bind asks hotswap for the address of a socket. Without an error and a socket the program binds it itself.
func (h *hotswapHolds) bind(network string, laddr *TCPAddr, c syscall.RawConn) (*netFD, error) {
	var shared, only int
	c.Control(func(fd uintptr) {
		reuseport := 0x200 // SO_REUSEPORT
		if runtime.GOOS == "linux" {
			reuseport = 15
		}
		shared, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, reuseport)
		only, _ = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
	})
	host := laddr.IP.String()
	if family, _ := favoriteAddrFamily(network, laddr, nil, "listen"); laddr.isWildcard() && family == syscall.AF_INET {
		host = "0.0.0.0"
	} else if laddr.isWildcard() {
		host = "::"
	}
	h.asks.Lock()
	defer h.asks.Unlock()
	hotswapSay(`{"type":"bind","id":1,"host":%q,"port":%d,"v6only":%t,"shared":%t}`, host, laddr.Port, only != 0,
		shared != 0)
	a, ok := <-h.answers
	switch {
	case ok && a.fd >= 0:
		return h.hold(a.fd, network, a.At)
	case a.At != "": // this process may open no more
		hotswapSay(`{"type":"unbound","at":%q}`, a.At)
		return nil, os.NewSyscallError("bind", syscall.EMFILE)
	case a.Code == "EADDRNOTAVAIL":
		return nil, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
	case a.Code != "":
		return nil, os.NewSyscallError("bind", syscall.EADDRINUSE)
	}
	return nil, nil
}

// hold has the program accept from a socket of hotswap's when its turn has come.
func (h *hotswapHolds) hold(s int, network, at string) (*netFD, error) {
	name, _ := syscall.Getsockname(s)
	family := syscall.AF_INET
	if _, ok := name.(*syscall.SockaddrInet6); ok {
		family = syscall.AF_INET6
	}
	fd := &netFD{pfd: poll.FD{Sysfd: s, IsStream: true, ZeroReadIsEOF: true}, family: family,
		sotype: syscall.SOCK_STREAM, net: network}
	if err := fd.init(); err != nil {
		fd.Close()
		return nil, err
	}
	fd.setAddr(fd.addrFunc()(name), nil)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held[fd] = &hotswapHold{at: at}
	return fd, nil
}

// obey obeys a line of hotswap's.
func (h *hotswapHolds) obey(line string, fd int) {
	m := hotswapAnswer{fd: fd}
	json.Unmarshal([]byte(line), &m)
	switch m.Type {
	case "":
		close(h.answers)
	case "socket", "refused":
		h.answers <- m
	case "go", "stop":
		h.mu.Lock()
		defer h.mu.Unlock()
		for fd, s := range h.held {
			if s.at == m.At {
				s.turn = m.Type == "go"
				if s.turn {
					s.woken = true
					fd.SetDeadline(aLongTimeAgo)
				}
			}
		}
		syscall.Close(fd) // the process has the socket already
		if m.Type == "stop" {
			hotswapSay(`{"type":"stopped","at":%q,"turn":%d}`, m.At, m.Turn)
		}
	}
}

// hotswapLock returns what is known of a listening socket, with h.mu held; nil: it is the program's own.
func hotswapLock(fd *netFD) (h *hotswapHolds, s *hotswapHold) {
	h = hotswapHere.Load()
	if h == nil {
		return nil, nil
	}
	h.mu.Lock()
	s = h.held[fd]
	if s == nil {
		h.mu.Unlock()
	}
	return h, s
}

// hotswapAsks is called before a copy of a listening socket is made, from which a child may accept. It tells hotswap
// that the process accepts, and so serves.
func hotswapAsks(fd *netFD) {
	h, s := hotswapLock(fd)
	if s == nil {
		return
	}
	defer h.mu.Unlock()
	if !s.asked {
		s.asked = true
		hotswapSay("{\"type\":\"accepts\",\"at\":%q}\n{\"type\":\"ready\",\"at\":%[1]q}", s.at)
	}
}

// hotswapAccepts is called to accept a client. Out of turn it leaves all clients to other processes, and goes on to
// wait.
func hotswapAccepts(fd *netFD) (c *netFD, err error) {
	hotswapAsks(fd)
	h, s := hotswapLock(fd)
	if s == nil {
		return fd.accept()
	}
	defer h.mu.Unlock()
	for {
		h.mu.Unlock()
		late := fd.pfd.RawRead(func(number uintptr) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			if !s.turn {
				return false
			}
			// it does not wait
			now := netFD{pfd: poll.FD{Sysfd: int(number)}, family: fd.family, sotype: fd.sotype, net: fd.net}
			c, err = now.accept()
			return !errors.Is(err, syscall.EAGAIN)
		})
		h.mu.Lock()
		if s.woken {
			s.woken = false
			fd.SetDeadline(s.until)
		}
		switch {
		case late == nil:
			return c, err
		case late != os.ErrDeadlineExceeded || !s.until.IsZero() && !time.Now().Before(s.until):
			return nil, late
		}
	}
}

// hotswapWaits is called when the program sets the deadline of a listening socket.
func hotswapWaits(fd *netFD, until time.Time) error {
	h, s := hotswapLock(fd)
	if s != nil {
		defer h.mu.Unlock()
		s.until = until
		if s.woken {
			return nil // the next accept sets it
		}
	}
	return fd.SetDeadline(until)
}

// hotswapCloses is called when the program has closed a listening socket.
func hotswapCloses(fd *netFD) {
	h, s := hotswapLock(fd)
	if s == nil {
		return
	}
	defer h.mu.Unlock()
	delete(h.held, fd)
	for _, other := range h.held {
		if other.at == s.at {
			return
		}
	}
	hotswapSay(`{"type":"unbound","at":%q,"tried":%t}`, s.at, !s.asked)
}
