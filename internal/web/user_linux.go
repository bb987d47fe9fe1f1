package web

import (
	"net"
	"net/http"
	"net/netip"
	"os"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// KnowsUsers says whether the kernel tells whose a connection is.
const KnowsUsers = true

// SameUser reports whether this user or root has the other end of a request's connection, within this machine.
func SameUser(r *http.Request) bool {
	to, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if to == nil || err != nil {
		return false
	}
	s, err := sockdiag.Lookup(sockdiag.Name{Local: from, Remote: to.AddrPort()})
	// Of a socket that its process has closed the kernel may say 0 (inet_twsk_diag_fill): that is not root.
	open := s.State == sockdiag.Established && s.Inode != 0
	return err == nil && open && (s.UID == 0 || int(s.UID) == os.Geteuid())
}
