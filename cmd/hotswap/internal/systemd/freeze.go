package systemd

// Name is "activation".
func (a Activation) Name() string { return "activation" }

// Freeze returns the activation, and the descriptors that are no gates.
func (a Activation) Freeze() (same any, fds []int, err error) {
	for _, s := range a {
		if !s.Alone() { // else the registry has the descriptor
			fds = append(fds, s.FD)
		}
	}
	return a, fds, nil
}

// Thaw does nothing: the descriptors have stayed.
func (a Activation) Thaw() error { return nil }

// Release does nothing: the descriptors close with this process.
func (a Activation) Release() {}

// Inherit takes over the activation of a parent, if there is one.
func (a *Activation) Inherit(from func(part string, state any) ([]int, error)) error {
	fds, err := from(a.Name(), a)
	for i := range *a {
		if s := &(*a)[i]; !s.Alone() && len(fds) > 0 {
			s.FD, fds = fds[0], fds[1:]
		}
	}
	return err
}
