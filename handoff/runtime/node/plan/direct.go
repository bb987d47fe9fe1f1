package plan

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Began returns why the process may have started with other arguments than it shows now: it has set process.title. Nil: it has
// not.
func (p program) Began(main standby.Process) error {
	args, n := ownArgs(main), len(p.thread.ExecArgv)
	if len(args) > n && slices.Equal(args[:n], p.thread.ExecArgv) {
		if file := regular.Absolute(args[n], main.Dir); strings.HasPrefix(p.thread.Main, regular.Real(file)) || regular.Real(filepath.Dir(file)) == filepath.Dir(p.thread.Main) {
			return nil
		}
	}
	return errors.New("its arguments are not what they were")
}
