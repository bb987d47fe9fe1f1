package engine

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Taken adds to the error of a listen which process has the port, if one has.
func Taken(e handoff.Endpoint, err error) error {
	if e.Port() == 0 {
		return err
	}
	if pid, name, dir := ListenerOwner(e); pid != 0 {
		return fmt.Errorf("%w: taken by %s (process %d, in %s)", err, name, pid, dir)
	}
	return err
}
