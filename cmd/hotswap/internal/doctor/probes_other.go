//go:build !linux

package doctor

import (
	"context"
	"runtime"
)

func examine(context.Context) []finding {
	return []finding{{
		name: "system", verdict: missing, text: runtime.GOOS + " " + runtime.GOARCH, fatal: true,
		why: "hotswap hands sockets over by Linux mechanisms: seccomp, SO_REUSEPORT, pidfds",
		do:  "run hotswap in a Linux container or virtual machine; here it only restarts the program",
	}}
}
