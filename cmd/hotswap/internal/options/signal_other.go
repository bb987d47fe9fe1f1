//go:build !linux

package options

// RealTimeMin and RealTimeMax are an empty range: a program cannot catch such signals here.
const RealTimeMin, RealTimeMax = 0, -1
