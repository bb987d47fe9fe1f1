//go:build unix

package handoff

import (
	"fmt"
	"os"
	"syscall"
)

// Private says why others may have a hand in a folder: it is not this user's, or a
// symbolic link, or they may write to it.
func Private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir() || !ok || int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s: not a folder of this user", dir)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s: others may write to it", dir)
	}
	return nil
}
