package child

import (
	"net"
	"os"
	"syscall"
)

// Keep has hotswap keep a duplicate of the descriptor under that name, in place of an earlier one. The next
// generation gets it by [Kept] or [KeptConn]. c is a [net.TCPConn], [net.UnixConn], listener or [os.File],
// and still belongs to the caller.
//
// A connection that is a socket has no state beside the kernel's, so keep it between two messages, and stop
// to read before another process begins to. What a library has read or written on top, such as TLS or the
// session of a database, does not travel. At most 64 descriptors are kept. Without hotswap the process keeps
// them itself.
func Keep(name string, c syscall.Conn) error {
	b, err := having(name)
	if err != nil {
		return about(err, "keep", name)
	}
	f, err := duplicate(c, name)
	if err == nil {
		err = b.keep(name, f) // which closes f
	}
	return about(err, "keep", name)
}

// Kept returns a duplicate of the descriptor with that name, or [ErrNotFound]. hotswap keeps it on.
func Kept(name string) (*os.File, error) {
	b, err := having(name)
	if err != nil {
		return nil, about(err, "kept", name)
	}
	f, err := b.take(name)
	return f, about(err, "kept", name)
}

// KeptConn is [Kept] for a connection.
func KeptConn(name string) (net.Conn, error) {
	f, err := Kept(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := net.FileConn(f)
	return c, about(err, "kept", name)
}

// Drop ends what Keep began, if there is a descriptor with that name.
func Drop(name string) error {
	b, err := having(name)
	if err != nil {
		return about(err, "drop", name)
	}
	return about(b.drop(name), "drop", name)
}

// KeptNames returns the names of the descriptors that are kept.
func KeptNames() ([]string, error) {
	names, err := current().kept()
	return names, about(err, "list", "kept descriptors")
}
