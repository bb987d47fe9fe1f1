package admin

import "syscall"

// frozen is what the addresses leave to a child, with a descriptor for each.
type frozen struct {
	Asked []string
	Token string
}

// Name is "addresses".
func (a *Addresses) Name() string { return "addresses" }

// Freeze returns the addresses and their listening sockets.
func (a *Addresses) Freeze() (state any, fds []int, err error) {
	for _, s := range a.servers {
		fds = append(fds, s.FD())
	}
	return frozen{a.asked, a.Token}, fds, nil
}

// Thaw does nothing: the servers still answer.
func (a *Addresses) Thaw() error { return nil }

// Release accepts no more, because a child does.
func (a *Addresses) Release() {
	a.released.Store(true)
	for _, s := range a.servers {
		s.Leave()
	}
}

// Released reports whether a child serves.
func (a *Addresses) Released() bool { return a.released.Load() }

// Inherit takes over what a parent has frozen, for Open.
func (a *Addresses) Inherit(from func(part string, state any) ([]int, error)) error {
	var was frozen
	fds, err := from(a.Name(), &was)
	a.token, a.parents = was.Token, map[string]int{}
	for i, at := range was.Asked[:min(len(was.Asked), len(fds))] {
		a.parents[at] = fds[i]
	}
	return err
}

// CloseOthers closes the sockets of a parent that was given other addresses.
func (a *Addresses) CloseOthers() {
	for _, fd := range a.parents {
		_ = syscall.Close(fd)
	}
}
