package options

// Variables in the environment of every process of the program.
const (
	RunEnv     = "HOTSWAP_RUN"     // marks the processes of one hotswap
	ControlEnv = "HOTSWAP_CONTROL" // the control socket of that hotswap
	FileEnv    = "HOTSWAP_FILE"    // the file whose command that hotswap runs
)

// Variables in the environment of hotswap itself, and of no program.
const (
	DetachedEnv = "HOTSWAP_DETACHED" // hotswap -d has started it; what a process list shows it as
	ToolEnv     = "HOTSWAP_TOOL"     // a tool of hotswap mcp runs it, which has a folder and a name, but no --pid
)
