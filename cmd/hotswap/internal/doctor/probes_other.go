//go:build !linux

package doctor

import "runtime"

// testChild does not exist here.
type testChild struct{}

func (*session) release() {}

var probes = []probe{{IDSystem, "system", func(*session) Finding {
	return missing(runtime.GOOS+" "+runtime.GOARCH,
		"hotswap hands sockets over by Linux mechanisms: seccomp, SO_REUSEPORT, pidfds",
		"run hotswap in a Linux container or virtual machine; here it only restarts the program")
}}}
