package options

// Variables in the environment of every process of the program.
const (
	RunEnv     = "HOTSWAP_RUN"     // marks the processes of one hotswap
	ControlEnv = "HOTSWAP_CONTROL" // the control socket of that hotswap
	FileEnv    = "HOTSWAP_FILE"    // the file whose command that hotswap runs
)

// DetachedEnv is in the environment of a hotswap that hotswap -d has started, and of no program.
const DetachedEnv = "HOTSWAP_DETACHED"
