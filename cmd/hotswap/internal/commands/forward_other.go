//go:build !linux

package commands

import (
	"os"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func forwarded() []os.Signal { return []os.Signal{syscall.SIGUSR1, syscall.SIGALRM} }

// addressee returns the program's first process.
func addressee(tree []int, _ syscall.Signal) (proc.Identity, bool) {
	if len(tree) == 0 {
		return proc.Identity{}, false
	}
	return proc.IdentifyBelow(tree[0])
}
