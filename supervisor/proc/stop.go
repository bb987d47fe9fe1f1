package proc

import (
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// wrapperGrace is the time for processes above a server to end by themselves after the server, as npm and scripts do.
const wrapperGrace = 300 * time.Millisecond

// serverGrace is the time for a server to end or to close its listeners. After a
// close, the server's end is awaited. A test lengthens it.
var serverGrace = time.Second

// jobControl are signals that do not ask a program to end and are not passed on.
var jobControl = []syscall.Signal{syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGSTOP, syscall.SIGTTIN, syscall.SIGTTOU}

// signal sends sig to every process of the tree, also to a server in another session.
//
// A request to end should reach each process once, because runners such as pnpm exec, yarn node and node --watch pass
// it on, and many servers take a second one for "at once". So processes that listen, or their masters, get the signal
// first. Processes above get it if they stay after the servers have ended, or if a server still listens after
// serverGrace, which perhaps only its parent can end. Processes below a server get it when the server has ended, or
// after serverGrace. Where nothing listens, the workers of a [pool] get it when their masters have ended, or after
// three times as long.
func (k *keeper) signal(sig syscall.Signal) {
	tree := k.tree()
	servers := map[int]bool{}
	if !slices.Contains(jobControl, sig) {
		servers = masters(listening(tree), ancestors)
	}
	above, below := around(servers, tree, ancestors)
	if len(above)+len(below) == 0 {
		if !slices.Contains(jobControl, sig) {
			if workers := pool(tree, sig, ancestors); len(workers) > 0 {
				k.signalMasters(sig, tree, workers)
				return
			}
		}
		k.signalAll(sig, tree)
		return
	}
	sent := map[int]bool{}
	var first []int // the servers among them
	var ends []*Handle
	for _, pid := range tree {
		if above[pid] || below[pid] {
			continue
		}
		sent[pid] = true
		h, err := open(pid, func() bool { return k.has(pid) })
		if err != nil {
			continue // it has ended
		}
		_ = h.Signal(sig)
		if servers[pid] {
			first, ends = append(first, pid), append(ends, h)
			continue
		}
		h.Close()
	}
	go func() {
		defer closeAll(ends)
		rest := func(skip map[int]bool) {
			for _, pid := range k.tree() {
				if !sent[pid] && !skip[pid] {
					k.signalOne(pid, sig)
					sent[pid] = true
				}
			}
		}
		for ended := false; !ended; {
			if ended = awaitAll(ends, serverGrace); ended || len(listening(first)) == 0 {
				rest(above)
				continue
			}
			rest(nil)
			return
		}
		time.Sleep(wrapperGrace)
		rest(nil)
	}()
}

// signalMasters sends sig to the processes that are no workers of a pool, and to the workers when those have ended, or
// after three times serverGrace: a master may not know that it has to end them.
func (k *keeper) signalMasters(sig syscall.Signal, tree []int, workers map[int]bool) {
	var ends []*Handle
	for _, pid := range tree {
		if workers[pid] {
			continue
		}
		if h, err := open(pid, func() bool { return k.has(pid) }); err == nil {
			_ = h.Signal(sig)
			ends = append(ends, h)
		}
	}
	go func() {
		defer closeAll(ends)
		awaitAll(ends, 3*serverGrace)
		for _, pid := range k.tree() {
			if workers[pid] {
				k.signalOne(pid, sig)
			}
		}
	}()
}

// signalAll signals the program's group in one call, so that no new process is missed,
// and each process outside of that group.
func (k *keeper) signalAll(sig syscall.Signal, tree []int) {
	grouped := k.signalGroup(sig)
	for _, pid := range tree {
		if group, err := unix.Getpgid(pid); grouped && err == nil && group == k.program {
			continue
		}
		k.signalOne(pid, sig)
	}
}

// signalGroup signals the program's process group, unless the program has been waited
// for and its ID may be reused. It reports whether it did.
func (k *keeper) signalGroup(sig syscall.Signal) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.reaped {
		return false
	}
	_ = unix.Kill(-k.program, sig)
	return true
}

// around returns the processes above and below servers. A server below another server counts as below.
func around(servers map[int]bool, tree []int, ancestors func(int) []int) (above, below map[int]bool) {
	above, below = map[int]bool{}, map[int]bool{}
	for _, pid := range tree {
		if slices.ContainsFunc(ancestors(pid), func(p int) bool { return servers[p] }) {
			below[pid] = true
		}
	}
	for pid := range servers {
		if below[pid] {
			continue
		}
		for _, p := range ancestors(pid) {
			above[p] = true
		}
	}
	return above, below
}

// masters returns the processes that listen, and the common ancestor of several that have a socket each at one address
// (SO_REUSEPORT). Such a master stops its workers, and would restart workers that end without its order.
func masters(listen map[int][]string, ancestors func(int) []int) map[int]bool {
	out, at := map[int]bool{}, map[string][]int{}
	for pid, addresses := range listen {
		out[pid] = true
		for _, a := range addresses {
			at[a] = append(at[a], pid)
		}
	}
	for _, pids := range at {
		shared := append([]int{pids[0]}, ancestors(pids[0])...)
		for _, pid := range pids[1:] {
			up := append([]int{pid}, ancestors(pid)...)
			shared = slices.DeleteFunc(shared, func(p int) bool { return !slices.Contains(up, p) })
		}
		if len(pids) > 1 && len(shared) > 0 {
			out[shared[0]] = true
		}
	}
	return out
}

// ancestors returns the processes between pid and this process, nearest first; none if pid is not below this process.
func ancestors(pid int) []int {
	if above, ok := ancestry(pid, os.Getpid()); ok {
		return above
	}
	return nil
}

// awaitAll reports whether the processes end within the time.
func awaitAll(ends []*Handle, most time.Duration) bool {
	deadline := time.Now().Add(most)
	for _, end := range ends {
		for fds := []unix.PollFd{{Fd: int32(end.fd), Events: unix.POLLIN}}; end.fd >= 0; {
			n, err := unix.Poll(fds, int(max(0, time.Until(deadline)).Milliseconds()))
			if err == unix.EINTR {
				continue
			}
			if n != 1 {
				return false
			}
			break
		}
	}
	return true
}

func closeAll(ends []*Handle) {
	for _, end := range ends {
		end.Close()
	}
}
