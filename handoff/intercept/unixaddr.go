package intercept

import (
	"bytes"
	"encoding/binary"
)

// afUnix is AF_UNIX on Linux.
const afUnix = 1

// unixAddress reads a struct sockaddr_un (unix(7)) and gives the name as the Go
// library writes it: an abstract one begins with "@". ok is false for another family
// and for an address without a name, which the kernel chooses (autobind) and which
// nobody else can have.
func unixAddress(b []byte) (name string, ok bool) {
	if len(b) < 3 || binary.NativeEndian.Uint16(b) != afUnix {
		return "", false
	}
	path := b[2:]
	if path[0] == 0 {
		return "@" + string(path[1:]), len(path) > 1
	}
	path, _, _ = bytes.Cut(path, []byte{0}) // the length may count what follows
	return string(path), true
}
