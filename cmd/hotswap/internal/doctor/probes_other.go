//go:build !linux

package doctor

import "runtime"

// testChild does not exist here.
type testChild struct{}

func (*bench) release() {}

// Probes says that there is nothing to try.
func Probes() []probe {
	return append([]probe{{IdSystem, "system", trySystem}}, surroundings...)
}

func trySystem(*bench) Finding {
	return no(runtime.GOOS+" "+runtime.GOARCH,
		"hotswap hands sockets over by Linux mechanisms: seccomp, SO_REUSEPORT, pidfds",
		"run hotswap in a Linux container or virtual machine; here it only restarts the program")
}
