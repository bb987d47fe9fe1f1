package proc

import (
	"errors"

	"golang.org/x/sys/unix"
)

// pastReset reads, and once more if that gives ECONNRESET: when the other side
// ends and leaves something unread, the kernel tells of that first, and once
// (unix(7)); what it said before comes after that. A keeper leaves an order
// unread that came in the moment of the program's exit, and has said by then how
// that ended.
func pastReset(read func() error) error {
	err := read()
	if errors.Is(err, unix.ECONNRESET) {
		err = read()
	}
	return err
}
