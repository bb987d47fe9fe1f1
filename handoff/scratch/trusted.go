package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Private returns an error if other users may change what is in a folder: the folder is not this user's, or a
// symbolic link, or others may write to it.
func Private(dir string) error {
	_, err := private(dir, os.ModeDir, "folder")
	return err
}

// PrivateFile does the same for a regular file, and returns what it is.
func PrivateFile(path string) (fs.FileInfo, error) { return private(path, 0, "file") }

func private(path string, kind os.FileMode, name string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
	case info.Mode().Type() != kind || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid():
		err = fmt.Errorf("%s: not a %s of this user", path, name)
	case info.Mode().Perm()&0o022 != 0:
		err = fmt.Errorf("%s: others may write to it", path)
	}
	return info, err
}

// maxLinks bounds the symbolic links on the way to a path, as the kernel does (path_resolution(7)).
const maxLinks = 40

// Trusted returns an error if another user than root and this one could replace path, which is absolute. Each
// folder and each symbolic link on the way must belong to one of the two, and only they may write to a
// folder, except to a sticky one such as /tmp: there others cannot rename or remove foreign files (unlink(2),
// EPERM). A part of the path that does not exist is no error, so call Trusted again after making it.
//
// In a user namespace with a part of all users (unshare -Ur, bwrap) the kernel does not name the owner of
// most files. There the owner counts only in a folder to which others may write.
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
		st := info.Sys().(*syscall.Stat_t)
		switch {
		case st.Uid != 0 && int(st.Uid) != os.Geteuid() && (!unmapped(st.Uid) || othersWrite(filepath.Dir(at))):
			return fmt.Errorf("%s belongs to another user", at)
		case info.Mode()&os.ModeSymlink != 0:
			links++
			if links > maxLinks {
				return fmt.Errorf("%s: too many symbolic links", path)
			}
			to, err := os.Readlink(at)
			if err != nil {
				return err
			}
			rest = append(strings.Split(to, "/"), rest...)
			at = filepath.Dir(at)
			if filepath.IsAbs(to) {
				at = "/"
			}
		case info.IsDir() && info.Mode().Perm()&0o022 != 0 && info.Mode()&os.ModeSticky == 0:
			return fmt.Errorf("%s: others may write to it", at)
		}
		if len(rest) == 0 {
			return nil
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

// MakeState makes the folder dir of the user's own state, an absolute path, with its parents. Root's must be trusted
// before and after: below the HOME of another user (sudo -E) root would follow that user's links. What another user can
// do to an ordinary one's home is that user's choice, such as a group that may write.
func MakeState(dir string) error {
	if os.Geteuid() != 0 {
		return os.MkdirAll(dir, 0o700)
	}
	if err := Trusted(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return Trusted(dir)
}

func othersWrite(dir string) bool {
	info, err := os.Lstat(dir)
	return err != nil || info.Mode().Perm()&0o022 != 0
}

// unmapped reports whether the kernel gives uid to the files of all users that this user namespace does not
// have (user_namespaces(7), "Unmapped user and group IDs"). A namespace that has all users has no such files,
// nor has a system without /proc.
func unmapped(uid uint32) bool {
	overflow, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil || strings.TrimSpace(string(overflow)) != strconv.FormatUint(uint64(uid), 10) {
		return false
	}
	has, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && !slices.Equal(strings.Fields(string(has)), []string{"0", "0", "4294967295"})
}
