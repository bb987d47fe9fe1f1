package peer

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Ends are the addresses of a connection as the server's socket has them.
type Ends struct{ Local, Peer netip.AddrPort }

// Peer is who is at the other end.
type Peer struct {
	Inode    uint64 // of the client's socket; 0: it is not one of this network namespace and user
	Harmless bool
	Own      bool // it is this process, which knows for whom it speaks
}

// Inode returns the number of the client's socket, or 0.
func Inode(e Ends) uint64 {
	diag, err := sockdiag.Open()
	if err != nil {
		return 0
	}
	defer diag.Close()
	return inode(diag, e)
}

// inode returns 0 for a client of another user, too: a relay would speak for that user in its own name.
func inode(diag *sockdiag.Conn, e Ends) uint64 {
	s, found, err := lookup(diag, e)
	if err != nil || !found || s.UID != uint32(os.Geteuid()) {
		return 0
	}
	return s.Inode
}

// OfUser reports whether each of the clients is one of this machine and user, or one of this machine that has closed its
// end. This process's own connections are none.
func OfUser(ends []Ends) bool {
	diag, err := sockdiag.Open()
	if err != nil {
		return false
	}
	defer diag.Close()
	own, open := sockdiag.OwnAddresses(), make(map[uint64]bool)
	for _, e := range ends {
		s, found, err := lookup(diag, e)
		switch {
		case err != nil || !own.Has(e.Peer.Addr()):
			return false
		case !found || s.Inode == 0 && s.State != sockdiag.Established: // closed
		case s.Inode == 0 || s.UID != uint32(os.Geteuid()):
			return false
		}
		open[s.Inode] = found
	}
	delete(open, 0)
	return !fdtable.HasAny(os.Getpid(), open)
}

// lookup returns the client's socket.
func lookup(diag *sockdiag.Conn, e Ends) (s sockdiag.Socket, found bool, err error) {
	unmap := func(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
	s, found, err = diag.Lookup(sockdiag.Name{Local: unmap(e.Peer), Remote: unmap(e.Local)})
	if s.State == sockdiag.Listen { // the kernel answers with a listener where no connection is
		return sockdiag.Socket{}, false, err
	}
	return s, found, err
}

// Look finds out who is at the other ends. It reads the descriptors of every process that may be read, which takes
// some milliseconds for each hundred processes.
func Look(ends []Ends) map[Ends]Peer {
	out := make(map[Ends]Peer, len(ends))
	holders := make(map[uint64][]int)
	diag, err := sockdiag.Open()
	if err != nil {
		return out
	}
	defer diag.Close()
	for _, e := range ends {
		if n := inode(diag, e); n != 0 {
			out[e], holders[n] = Peer{Inode: n}, nil
		}
	}
	speakers, err := speakers(diag)
	if err != nil || len(out) == 0 {
		return out
	}
	own, hidden := namespaces("self"), make(map[int]bool)
	pids, err := fdtable.Processes()
	for _, pid := range pids {
		has := make(map[uint64]bool)
		if fdtable.Sockets(pid, func(_, _ int, inode uint64) { has[inode] = true }) != nil {
			_, session := parentOf(pid)
			hidden[session] = true
			continue
		}
		for inode := range has {
			if _, wanted := holders[inode]; wanted {
				holders[inode] = append(holders[inode], pid)
			}
		}
	}
	known := make(map[int]process)
	of := func(pid int) (process, bool) {
		p, ok := known[pid]
		if !ok {
			p.parent, p.session = parentOf(pid)
			p.speaks = fdtable.HasAny(pid, speakers)
			p.hidden = own == "" || namespaces(strconv.Itoa(pid)) != own
			known[pid] = p
		}
		return p, p.session >= 0
	}
	for e, p := range out {
		p.Own = len(holders[p.Inode]) == 1 && holders[p.Inode][0] == os.Getpid()
		p.Harmless = err == nil && (p.Own || harmless(holders[p.Inode], hidden, of))
		out[e] = p
	}
	return out
}

// namespaces names those of a process in which addresses and process IDs mean something; "" if they cannot be read.
func namespaces(pid string) string {
	network, err := os.Readlink("/proc/" + pid + "/ns/net")
	ids, err2 := os.Readlink("/proc/" + pid + "/ns/pid")
	if err != nil || err2 != nil {
		return ""
	}
	return network + ids
}

// parentOf returns the process above and the session (proc_pid_stat(5)); session -1 if the process has ended.
func parentOf(pid int) (parent, session int) {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	var state string
	var group int
	// The name in parentheses may have any character.
	_, err := fmt.Sscan(string(b[bytes.LastIndexByte(b, ')')+1:]), &state, &parent, &group, &session)
	if err != nil {
		return 0, -1
	}
	return parent, session
}

// speakers returns the sockets that listen, were accepted, or lead to another machine. Some kernels tell nothing of
// UDP: then only TCP and unix sockets count.
func speakers(diag *sockdiag.Conn) (map[uint64]bool, error) {
	out, ports := make(map[uint64]bool), make(map[uint16]bool)
	err := diag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}}, func(s sockdiag.Socket) {
		out[s.Inode], ports[s.Local.Port()] = true, true
	})
	if err != nil {
		return nil, err
	}
	own := sockdiag.OwnAddresses()
	err = diag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Established, sockdiag.SynSent, sockdiag.FinWait1, sockdiag.FinWait2, sockdiag.CloseWait}}, func(s sockdiag.Socket) {
		// The end that was accepted has the listener's port, or the other end has none that listens.
		out[s.Inode] = out[s.Inode] || ports[s.Local.Port()] || !ports[s.Remote.Port()] || !own.Has(s.Remote.Addr())
	})
	if err != nil {
		return nil, err
	}
	_ = diag.Dump(sockdiag.Query{UDP: true, States: []sockdiag.State{sockdiag.Established, sockdiag.Unconnected}}, func(s sockdiag.Socket) {
		end := s.Local.Addr().Unmap()
		if s.State == sockdiag.Established {
			end = s.Remote.Addr()
		}
		out[s.Inode] = !own.Has(end)
	})
	f, err := os.Open("/proc/net/unix")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); { // Num RefCount Protocol Flags Type St Inode Path
		if at := strings.Fields(lines.Text()); len(at) > 6 && (at[3] == "00010000" || len(at) > 7 && at[5] == "03") { // it listens (__SO_ACCEPTCON), or was accepted there
			inode, _ := strconv.ParseUint(at[6], 10, 64)
			out[inode] = true
		}
	}
	for inode, speaks := range out { // HasAny asks for the key
		if !speaks || inode == 0 {
			delete(out, inode)
		}
	}
	return out, nil
}
