//go:build !linux

package main

// watchEnd cannot wait here: hotswap reports its stop just before it ends.
func watchEnd(int) (wait func()) { return func() {} }
