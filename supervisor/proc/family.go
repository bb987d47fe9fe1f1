package proc

import (
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// family finds the processes below a keeper. Where orphans fall to the keeper, those are its descendants. Elsewhere an
// orphan falls to process 1. There the members of each process group that began below the keeper count, too. A process
// whose parent has ended, and which has left its group before anybody looked (a daemon), is lost.
//
// The zero value works; any goroutine may call the methods.
type family struct {
	mu     sync.Mutex
	groups map[int]uint64 // process groups that began below the keeper: the leader, and its start
}

// add adds the process group of the program.
func (f *family) add(program Identity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.groups = map[int]uint64{program.PID: program.Start}
}

// below returns the processes below the keeper. An error means that some may be missing.
func (f *family) below(keeper int) (pids []int, err error) {
	if reapsOrphans {
		return descendants(keeper)
	}
	all, err := processes()
	for _, s := range f.of(all, keeper) {
		pids = append(pids, s.pid)
	}
	return pids, err
}

// of returns those of all processes that belong to the keeper, parents first, and notes the groups that they lead. A group
// is forgotten with its last process, and when its leader's ID is another process's: the kernel gives nobody the ID of a
// group that has members (fork(2)).
func (f *family) of(all []stat, keeper int) (out []stat) {
	f.mu.Lock()
	defer f.mu.Unlock()
	alive := map[int]bool{}
	for _, s := range all {
		if start, ours := f.groups[s.pid]; ours && start != s.start {
			delete(f.groups, s.pid)
		}
		alive[s.group] = true
	}
	for leader := range f.groups {
		if !alive[leader] {
			delete(f.groups, leader)
		}
	}
	in := map[int]bool{keeper: true}
	for grown := true; grown; {
		grown = false
		for _, s := range all {
			if _, ours := f.groups[s.group]; in[s.pid] || !ours && !in[s.parent] {
				continue
			}
			in[s.pid], grown = true, true
			out = append(out, s)
			if s.pid == s.group && f.groups != nil {
				f.groups[s.pid] = s.start
			}
		}
	}
	return out
}

// awaitEnd waits until no process is left that is no child of this one any more.
func (f *family) awaitEnd() {
	for !reapsOrphans {
		left, err := f.below(os.Getpid())
		if err == nil && len(living(left)) == 0 {
			return
		}
		time.Sleep(wait.Look)
	}
}

// kill kills the processes of a killed keeper that fell to process 1, until none is left or a few seconds are over.
func (f *family) kill() {
	for end := time.Now().Add(killedWithin); !reapsOrphans && time.Now().Before(end); time.Sleep(wait.Look) {
		all, _ := processes()
		left := f.of(all, -1)
		if !slices.ContainsFunc(left, func(s stat) bool { return !s.dead }) {
			return
		}
		for _, s := range left {
			_ = Identity{s.pid, s.start}.Signal(unix.SIGKILL)
		}
	}
}

// learn looks at the tree until there is none, so that a process group is known when its members lose their parents.
func (k *keeper) learn() {
	for pause := wait.Look; ; pause = min(2*pause, wait.Seldom) {
		select {
		case <-k.none:
			return
		case <-time.After(pause):
			k.tree()
		}
	}
}

// has reports whether a process is the keeper's.
func (k *keeper) has(pid int) bool {
	if reapsOrphans {
		return below(pid, os.Getpid())
	}
	return slices.Contains(k.tree(), pid)
}

// signalOne sends sig to a process if it is the keeper's.
func (k *keeper) signalOne(pid int, sig unix.Signal) {
	_ = signalIf(func() bool { return k.has(pid) }, pid, sig)
}
