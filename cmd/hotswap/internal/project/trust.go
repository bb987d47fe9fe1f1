package project

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// distrust returns why a user who is not trusted could have chosen what is there; "": no such reason is known. This
// user and root are trusted, and for root also the owner of the current folder, because a container has the projects of
// others mounted. For root a group that may write must be the owner's own, of the same number, or root's.
func distrust(info fs.FileInfo) string {
	if why := distrustOwner(info); why != "" {
		return why
	}
	switch {
	case info.Mode().Perm()&0o002 != 0: // also in a sticky folder, where everybody can make a file first
		return "can be written by every user (chmod o-w)"
	case info.Mode().Perm()&0o020 != 0 && os.Geteuid() == 0 &&
		!slices.Contains([]uint32{0, inode(info).Uid}, inode(info).Gid):
		return "can be written by a group (chmod g-w)"
	}
	return ""
}

func distrustOwner(info fs.FileInfo) string {
	trusted := []uint32{0, uint32(os.Geteuid())}
	if here, err := os.Stat("."); err == nil && os.Geteuid() == 0 {
		trusted = append(trusted, inode(here).Uid)
	}
	if owner := inode(info).Uid; !slices.Contains(trusted, owner) {
		return fmt.Sprintf("belongs to user %d", owner)
	}
	return ""
}

// distrustLink returns why a user who is not trusted could have chosen which file the name path leads to; "": no such
// reason is known. Callers have opened the file before, so that the link cannot have been another one.
func distrustLink(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return "is gone"
	}
	if why := distrustOwner(info); why != "" && info.Mode().Type() == fs.ModeSymlink {
		return "is a link that " + why
	}
	return ""
}

func inode(info fs.FileInfo) *syscall.Stat_t {
	return info.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // of package os
}
