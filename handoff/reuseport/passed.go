package reuseport

// A socket activator's path belongs to the activator's one socket: the kernel finds the socket of a path by the file's
// inode (unix_find_bsd), and each bind makes a new file. Of two processes that have that socket, either may get the
// next client. So each generation has a socket of its own, and hotswap accepts at the activator's, only while a
// generation serves, and passes each client on ([Registry.PassOn]).

// passedKind is the kind of a path that a socket activator has. The file and its name stay the activator's.
type passedKind struct{ unixKind }

// steer has PassOn look where clients go now.
func (passedKind) steer(g *group) error {
	if g.recheck != nil {
		g.recheck()
	}
	return nil
}
