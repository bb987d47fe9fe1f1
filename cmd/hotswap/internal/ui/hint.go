package ui

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/watch"
)

// Hint returns in one line what to do about an error, or "".
func Hint(err error) string {
	var limit *watch.LimitError
	var start *proc.StartError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &limit):
		return "raise " + limit.Limit + ": sudo sysctl " + limit.Limit + "=524288"
	case errors.Is(err, syscall.EADDRINUSE):
		return "end that program, or choose another address"
	case !errors.As(err, &start):
		return ""
	case strings.HasPrefix(start.Argv[0], "-"):
		return "put hotswap's own options before --"
	case errors.Is(err, syscall.ENOENT) && strings.Contains(start.Argv[0], "/"):
		return "check the path: it is relative to the directory in which hotswap was started"
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, syscall.ENOENT):
		return "check that it is installed and in PATH; for a tool of a virtual environment: hotswap -- .venv/bin/…"
	case errors.Is(err, syscall.EACCES):
		return "make it executable: chmod +x"
	case errors.Is(err, syscall.ENOEXEC):
		return "it is not a program for this machine, or it is a script without a first line such as #!/bin/sh"
	}
	return ""
}
