package port

import (
	"os"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// Claims keep two hotswaps of a user, also in containers that share a state folder, from one port before their programs
// listen. They last as long as a process has the file. Nil claims everything.
type Claims struct{ file *os.File }

// Claims opens the file of claims beside the memory. It is empty, and its locks say which ports are claimed.
func (m Memory) Claims() *Claims {
	dir := filepath.Dir(string(m))
	if m == "" || scratch.MakeState(dir) != nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(dir, "ports.claims"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil
	}
	return &Claims{f}
}

// Inherited returns the claims of the hotswap that this one replaces, and owns fd.
func Inherited(fd int) *Claims { return &Claims{os.NewFile(uintptr(fd), "claims")} }

// FDs returns the descriptor that a hotswap inherits which replaces this one.
func (c *Claims) FDs() (fds []int) {
	if c != nil {
		fds = append(fds, int(c.file.Fd()))
	}
	return fds
}
