package ui

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/watch"
)

// hint is advice about an error: what to do next, in one line, or "".
func Hint(err error) string {
	var limit *watch.LimitError
	var start *proc.StartError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &limit):
		return "raise " + limit.Limit + ": sudo sysctl " + limit.Limit + "=524288"
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there: end it, or choose another port"
	case !errors.As(err, &start):
		return ""
	case strings.HasPrefix(start.Argv[0], "-"):
		return "hotswap's own options stand before --"
	case errors.Is(err, syscall.ENOENT) && strings.Contains(start.Argv[0], "/"):
		return "is the path right? it is looked up from the directory in which hotswap was started"
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, syscall.ENOENT):
		return "is it installed, and in PATH? a project's own tools are found by: hotswap -- npx …"
	case errors.Is(err, syscall.EACCES):
		return "may it be executed? try: chmod +x"
	case errors.Is(err, syscall.ENOEXEC):
		return "it is no program of this machine, or a script without its first line, such as #!/bin/sh"
	}
	return ""
}
