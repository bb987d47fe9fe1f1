package main

// checkWarm says which options make a standby impossible that is insisted on.
func (o options) checkWarm() error {
	switch {
	case !o.warm:
	case o.noWarm:
		return usagef("--warm and --no-warm: give one of them")
	case o.noAdapter:
		return usagef("--warm needs the adapter: leave out --no-adapter")
	case o.output == outputDirect:
		return usagef("--warm keeps the program's output back until it may go on: not with --output direct")
	}
	return nil
}
