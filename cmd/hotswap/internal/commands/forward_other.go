//go:build !linux

package commands

import (
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// addressee finds no process: only Linux says which signals a process catches.
func addressee([]int, syscall.Signal) (none proc.Identity) { return none }
