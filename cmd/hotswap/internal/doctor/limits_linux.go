package doctor

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"golang.org/x/sys/unix"
)

// tryBacklog looks at the length of the queue in which clients wait while no generation serves.
// A swap works with any length, so this is no fallback.
func tryBacklog(*session) Finding { return judgeBacklog(limit("net.core.somaxconn")) }

func judgeBacklog(n int) Finding {
	switch {
	case n == 0:
		return notApplicable("net.core.somaxconn cannot be read")
	case n < 1024:
		return missing(fmt.Sprintf("net.core.somaxconn is %d", n), "while no process serves, at most so many clients can wait",
			"sudo sysctl net.core.somaxconn=4096")
	}
	return works("net.core.somaxconn is %d", n)
}

// tryFiles looks at how many descriptors hotswap may have. Go has raised the soft limit to the
// hard one.
func tryFiles(*session) Finding {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return notApplicable("%v", err)
	}
	return judgeFiles(r.Cur)
}

func judgeFiles(n uint64) Finding {
	if n < 1024 {
		return missing(fmt.Sprintf("%d", n), "a drain needs one descriptor for each connection of the program", "ulimit -n 4096")
	}
	return works("%s may be open", human.Thousands(n))
}
