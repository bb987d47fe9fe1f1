package options

// Real-time signals as programs may use them: the first two are the C library's
// (signal(7)).
const (
	RtMin = 34
	RtMax = 64
)
