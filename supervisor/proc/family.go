package proc

import (
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// relatives finds the processes below a keeper. Where orphans fall to the keeper, those are its descendants. Elsewhere
// an orphan falls to process 1. There the members of the program's process group count, too. A process whose parent has
// ended, and which has left that group (a daemon), is lost.
//
// The zero value works; any goroutine may call the methods.
type relatives struct {
	mu     sync.Mutex
	leader Identity // of the program's process group; zero: there is none, or the group is over
}

func (f *relatives) add(program Identity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leader = program
}

// below returns the processes below the keeper. An error means that some may be missing.
func (f *relatives) below(keeper int) (pids []int, err error) {
	if reapsOrphans {
		return descendants(keeper)
	}
	all, err := processes()
	for _, s := range f.of(all, keeper) {
		pids = append(pids, s.pid)
	}
	return pids, err
}

// of returns those of all processes that belong to the keeper, parents first. The group is over with its last process,
// and when its leader's ID is another process's: the kernel gives nobody the ID of a group that has members (fork(2)).
func (f *relatives) of(all []stat, keeper int) (out []stat) {
	f.mu.Lock()
	defer f.mu.Unlock()
	member := func(s stat) bool { return f.leader.PID != 0 && s.group == f.leader.PID }
	another := func(s stat) bool { return s.pid == f.leader.PID && s.start != f.leader.Start }
	if len(all) > 0 && !slices.ContainsFunc(all, member) || slices.ContainsFunc(all, another) {
		f.leader = Identity{}
	}
	in := map[int]bool{keeper: true}
	for grown := true; grown; {
		grown = false
		for _, s := range all {
			if !in[s.pid] && (member(s) || in[s.parent]) {
				in[s.pid], grown = true, true
				out = append(out, s)
			}
		}
	}
	return out
}

// awaitEnd waits until no process is left that is no child of this one any more.
func (f *relatives) awaitEnd() {
	for !reapsOrphans {
		left, err := f.below(os.Getpid())
		if err == nil && len(living(left)) == 0 {
			return
		}
		time.Sleep(wait.Poll)
	}
}

// kill kills the processes of a killed keeper that fell to process 1, until none is left or a few seconds are over.
func (f *relatives) kill() {
	if reapsOrphans {
		return
	}
	poll(killedWithin, func() (none bool) {
		all, _ := processes()
		none = true
		for _, s := range f.of(all, -1) {
			none = none && s.dead
			_ = Identity{s.pid, s.start}.Signal(unix.SIGKILL) // of a living one
		}
		return none
	})
}

func (k *keeper) signalOne(pid int, sig unix.Signal) {
	_ = signalIf(func() bool {
		if reapsOrphans {
			return below(pid, os.Getpid())
		}
		return slices.Contains(k.tree(), pid)
	}, pid, sig)
}
