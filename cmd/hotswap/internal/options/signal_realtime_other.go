//go:build !linux

package options

// There are no real-time signals that could be caught here.
const RtMin, RtMax = 0, -1
