//go:build !linux

package main

import "runtime"

// specimen does not exist here.
type specimen struct{}

func (*bench) release() {}

// probes says that there is nothing to try.
func probes() []probe {
	return append([]probe{{idSystem, "system", trySystem}}, surroundings...)
}

func trySystem(*bench) finding {
	return no(runtime.GOOS+" "+runtime.GOARCH,
		"hotswap hands sockets over by mechanisms of Linux: seccomp, SO_REUSEPORT, pidfds",
		"run it in a Linux container or virtual machine; here it restarts the program plainly")
}
