package project

import (
	"errors"
	"os/exec"
	"slices"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// CheckCommand returns an error with an exit code if there is no program of the name that the
// command has. A rule that runs before the first start may still make it.
func CheckCommand(command []string, rules []rule.Rule) error {
	if slices.ContainsFunc(rules, func(r rule.Rule) bool { return r.Once || len(r.Change) == 0 }) {
		return nil
	}
	_, err := exec.LookPath(command[0])
	if err == nil || errors.Is(err, exec.ErrDot) {
		return nil
	}
	return exit.Unavailable(&proc.StartError{Argv: command, Err: err})
}
