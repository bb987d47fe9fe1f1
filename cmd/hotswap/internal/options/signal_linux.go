package options

// The real-time signals that a program can use: the C library keeps 32 and 33 for itself
// (signal(7)).
const (
	RealTimeMin = 34
	RealTimeMax = 64
)
