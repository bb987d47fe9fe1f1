package proc

import (
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// wrapperGrace is how long the processes above a server have to leave by
	// themselves once it has ended: npm does, and a script has its last lines.
	wrapperGrace = 300 * time.Millisecond
	// serverGrace is how long they wait for the server to end, or to close what
	// it listens on: then it has heard, and they wait until it has ended.
	serverGrace = time.Second
)

// jobControl are the signals that no program takes for a request to end, nor
// passes on.
var jobControl = []syscall.Signal{syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGSTOP, syscall.SIGTTIN, syscall.SIGTTOU}

// signal goes to every process of the tree: a server that was started with setsid
// drains too. But a request to end comes once to
// each: runners such as pnpm exec, yarn node and node --watch pass the signal
// on, and many a server takes a second one for "at once". So the processes that
// listen, or the masters of those that do, get it first. What is above them gets
// it when they have left and it has not, or when after serverGrace one goes on
// listening: it may be one that only its parent can end. What is below them is
// theirs to tell, and gets it when they have left, or after serverGrace.
func (k *keeper) signal(sig syscall.Signal) {
	tree := Descendants(os.Getpid())
	servers := map[int]bool{}
	if !slices.Contains(jobControl, sig) {
		servers = masters(listening(k.program, tree), ancestors)
	}
	above, below := around(servers, tree, ancestors)
	if len(above)+len(below) == 0 {
		k.signalAll(sig, tree)
		return
	}
	told := map[int]bool{}
	var first []int // the servers among them
	var ends []*Handle
	for _, pid := range tree {
		if above[pid] || below[pid] {
			continue
		}
		told[pid] = true
		h, err := openBelow(pid)
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
			for _, pid := range Descendants(os.Getpid()) {
				if !told[pid] && !skip[pid] {
					signalBelow(pid, sig)
					told[pid] = true
				}
			}
		}
		for ended := false; !ended; {
			if ended = awaitAll(ends, serverGrace); ended || len(listening(k.program, first)) == 0 {
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

// signalAll sends to the program's group in one call, so that nothing that is forked
// meanwhile is left out, and to each process that is not in that group.
func (k *keeper) signalAll(sig syscall.Signal, tree []int) {
	grouped := k.signalGroup(sig)
	for _, pid := range tree {
		if group, err := unix.Getpgid(pid); grouped && err == nil && group == k.program {
			continue
		}
		signalBelow(pid, sig)
	}
}

// signalGroup sends to the program's process group, unless the program has been waited
// for: until then nobody else can have its number, neither as a process nor as a
// group. It reports whether.
func (k *keeper) signalGroup(sig syscall.Signal) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.reaped {
		return false
	}
	_ = unix.Kill(-k.program, sig)
	return true
}

// around parts the tree: what is above a server, and what is below one. A
// server below another is no server of its own.
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

// masters are the processes that listen, and the one above several that have a
// socket each at one address (SO_REUSEPORT), which need have none itself: it
// tells its workers, and would start those anew that end without its doing.
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

// ancestors are the processes above pid, nearest first, up to this one and without it;
// none of a process that is not below this one.
func ancestors(pid int) []int {
	if above, ok := ancestry(pid, os.Getpid()); ok {
		return above
	}
	return nil
}

// awaitAll waits until these processes have ended, at most so long.
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
