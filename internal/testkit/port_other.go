//go:build !linux

package testkit

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// claim takes a block of ports, by a lock that ends with the process.
func claim(block int) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), fmt.Sprintf("hotswap-test-ports-%d", block)),
		os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
