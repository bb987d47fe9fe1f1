//go:build (linux || darwin) && !386

package http

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
)

func hotswapAddr(l net.Listener) (a net.Addr) {
	defer func() { recover() }() // nobody has asked this listener before
	return l.Addr()
}

func (l *hotswapListener) open() bool {
	l.server.mu.Lock()
	defer l.server.mu.Unlock()
	_, ok := l.server.listeners[l.key]
	return ok && !l.server.shuttingDown()
}

// place returns what the listener's address is called in the protocol: of a unix socket the path, beside which hotswap
// has given each generation's socket a name of its own (.NAME.hotswap-INODE, see handoff/unixpath).
func (l *hotswapListener) place() string {
	u, ok := l.addr.(*net.UnixAddr)
	if !ok {
		return l.addr.String()
	}
	if strings.HasPrefix(u.Name, "@") || u.Name == "" {
		return strings.Replace(u.Name, "@", "\x00", 1) // it has no file
	}
	path, _ := filepath.Abs(u.Name)
	folder, file := filepath.Split(path)
	if i := strings.LastIndex(file, ".hotswap-"); i > 0 && file[0] == '.' {
		file = file[1:i]
	}
	return folder + file
}

// listenerOf returns the listener that has accepted a connection; nil: it is not known.
func (h *hotswapProcess) listenerOf(c *conn) (of *hotswapListener) {
	local := c.rwc.LocalAddr()
	for _, l := range h.listeners {
		switch a := l.addr.(type) {
		case *net.UnixAddr:
			if u, ok := local.(*net.UnixAddr); ok && l.server == c.server && u.Name == a.Name {
				return l
			}
		case *net.TCPAddr:
			t, ok := local.(*net.TCPAddr)
			if !ok || l.server != c.server || t.Port != a.Port {
				continue
			}
			if a.IP.Equal(t.IP) {
				return l
			}
			if a.IP.IsUnspecified() && (of == nil || (t.IP.To4() == nil) == (a.IP.To4() == nil)) {
				of = l
			}
		}
	}
	return of
}

// name tells hotswap before the first byte is read which connections the adapter has charge of. Other connections may
// lead to a port whose listener wraps its own: hotswap goes on to observe these, and the adapter adds how many answers
// are not whole.
func (h *hotswapProcess) name(e *hotswapConn) {
	under, secure := e.Conn.(*tls.Conn)
	switch {
	case e.of == nil || e.raw == nil && !(secure && hotswapPlain(under.NetConn())):
		if !h.blind {
			hotswapSay(`{"type":"listening"}`)
		}
		h.blind = true
	case !e.of.named:
		port := 0
		if a, ok := e.of.addr.(*net.TCPAddr); ok {
			port = a.Port
		}
		at, _ := json.Marshal(e.of.place())
		hotswapSay(`{"type":"listening","port":%d,"at":%s}`, port, at)
		e.of.named = true
	}
	if e.of != nil && e.raw != nil {
		e.of.plain = true
	}
}
