package exit

// Codes says which codes a sub-command ends with, besides 64, by its name.
var Codes = map[string]string{
	"doctor": "0: everything works here; 1: with limits; 69: only plain restarts work; " +
		"of BINARY 0: it has the adapter of Go; 1: it has not; 69: it is no Go program",
	"status":   asks,
	"reload":   "0: the new version serves; 1: why it does not; " + nobody,
	"rollback": "0; 1: no older version can serve any more; " + nobody,
	"pause":    "0; 1: hotswap watches no files; " + nobody,
	"resume":   "0; 1: why the new version does not serve; " + nobody,
	"stop":     "0: no process is left; " + nobody,
	"wait":     "0: the newest save serves, or a worker runs; 1: why it failed; 69: neither in time",
	"hold":     "that of COMMAND if it is not 0; else as of resume",
	"logs":     "0; 69: no hotswap runs here, or nothing of that generation is kept",
	"url":      "0; 69: no hotswap runs here, or the program serves no port",
	"why":      asks,
	"mcp":      "0 when the client has closed standard input",
	"build":    "that of COMMAND; 69: it was not run, because Go has no adapter here",
	"goflags":  "0; 69: Go has no adapter here",
	"init":     "0; 69: nothing was found or can be written",
	"help":     "0", "completion": "0", "man": "0",
}

const (
	nobody = "69: no hotswap runs here, or it does not answer"
	asks   = "0; " + nobody
)
