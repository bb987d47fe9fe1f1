//go:build unix

package handoff

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxLinks bounds the symbolic links on the way to a path, as the kernel does
// (path_resolution(7)).
const maxLinks = 40

// Trusted says who else than root and this user could put something in the place of
// path, which is absolute: each folder and each symbolic link on the way must be owned
// by one of the two, and only they may write to a folder. In a sticky folder, such as
// /tmp, others may make files, but cannot rename or remove those of somebody else
// (unlink(2), EPERM). What is not there yet is no objection: who makes it then calls
// Trusted again, for in a sticky folder another user may be quicker.
//
// In a user namespace with a part of all users (unshare -Ur, bwrap) the kernel does not
// say whose most files are, not even those of the root outside. There the owner of a
// folder counts only where others could have made it: in a sticky folder.
func Trusted(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%s: not an absolute path", path)
	}
	links := 0
	at, rest := "/", strings.Split(path, "/") // at has no symbolic link in it
	for {
		info, err := os.Lstat(at)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		switch {
		case !ok || st.Uid != 0 && int(st.Uid) != os.Geteuid() && (!nameless(st.Uid) || open(filepath.Dir(at))):
			return fmt.Errorf("%s belongs to another user", at)
		case info.Mode()&os.ModeSymlink != 0:
			if links++; links > maxLinks {
				return fmt.Errorf("%s: too many symbolic links", path)
			}
			to, err := os.Readlink(at)
			if err != nil {
				return err
			}
			rest = append(strings.Split(to, "/"), rest...)
			if at = filepath.Dir(at); filepath.IsAbs(to) {
				at = "/"
			}
		case info.IsDir() && info.Mode().Perm()&0o022 != 0 && info.Mode()&os.ModeSticky == 0:
			return fmt.Errorf("%s: others may write to it", at)
		}
		for len(rest) > 0 && (rest[0] == "" || rest[0] == ".") {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return nil
		}
		if rest[0] == ".." {
			at = filepath.Dir(at)
		} else {
			at = filepath.Join(at, rest[0])
		}
		rest = rest[1:]
	}
}

// open says whether others may make something in dir.
func open(dir string) bool {
	info, err := os.Lstat(dir)
	return err != nil || info.Mode().Perm()&0o022 != 0
}
