package project

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// distrust returns why a user who is not trusted could have chosen what is there; "": none could. This
// user and root are trusted, and for root also the owner of the current folder, because a container
// has the projects of others mounted.
func distrust(info fs.FileInfo) string {
	trusted := []uint32{0, uint32(os.Geteuid())}
	if here, err := os.Stat("."); err == nil && os.Geteuid() == 0 {
		trusted = append(trusted, ownerOf(here))
	}
	switch owner := ownerOf(info); {
	case !slices.Contains(trusted, owner):
		return fmt.Sprintf("belongs to user %d", owner)
	case info.Mode().Perm()&0o002 != 0: // also in a sticky folder, where everybody can make a file first
		return "can be written by every user (chmod o-w)"
	}
	return ""
}

func ownerOf(info fs.FileInfo) uint32 {
	return info.Sys().(*syscall.Stat_t).Uid //nolint:forcetypeassert // of package os
}
