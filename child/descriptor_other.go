//go:build !unix

package child

import (
	"errors"
	"os"
	"syscall"
)

var errNoRights = errors.New("descriptors cannot be passed on this system")

func duplicate(syscall.Conn, string) (*os.File, error) { return nil, errNoRights }

func rightsOf(int) []byte { return nil }

const roomForRights = 0

func rightsIn([]byte) []*os.File { return nil }
