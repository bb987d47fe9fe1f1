package options

import "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"

// checkWarm says which options make a standby impossible that is insisted on.
func (o Options) checkWarm() error {
	switch {
	case !o.Warm:
	case o.NoWarm:
		return exit.Usagef("--warm and --no-warm: give one of them")
	case o.NoAdapter:
		return exit.Usagef("--warm needs the adapter: leave out --no-adapter")
	case o.Output == OutputDirect:
		return exit.Usagef("--warm keeps the program's output back until it may go on: not with --output direct")
	}
	return nil
}
