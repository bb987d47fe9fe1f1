package project

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// facts are what the kernel says about a file, a symbolic link or a folder.
type facts struct {
	owner, group int
	mode         fs.FileMode
	private      bool // the group is the owner's own
}

// Why facts are not safe; "" is safe.
const (
	foreign  = "belongs to" // a user who is not trusted
	writable = "can be written by other users than"
)

// unsafe returns why other users could have chosen what is there. The permissions of a symbolic
// link mean nothing, symlink(7). In a sticky folder such as /tmp another user cannot replace a
// file, but can be the first to make one, or a hard link to any file where the kernel does not
// protect links (fs.protected_hardlinks, proc_sys_fs(5)); so a sticky folder is one that others
// can write. A group that has its owner's name is the owner's own, as pam_umask(8) decides it,
// which then sets the umask 002: whoever is in that group was let in (docs/rules.md).
func (f facts) unsafe(trusted []int) string {
	others := fs.FileMode(0o022)
	if f.private {
		others = 0o002
	}
	switch {
	case !slices.Contains(trusted, f.owner):
		return foreign
	case f.mode&fs.ModeSymlink == 0 && f.mode.Perm()&others != 0:
		return writable
	}
	return ""
}

// trusted returns the users whose files decide what this user runs: this user and root. For root
// that is also the user who called sudo, and the owner of the current folder, as in a container
// that has a project mounted.
func trusted() []int {
	out := []int{0, os.Geteuid()}
	if out[1] != 0 {
		return out
	}
	if id, err := strconv.Atoi(os.Getenv("SUDO_UID")); err == nil {
		out = append(out, id)
	}
	if info, err := os.Stat("."); err == nil {
		out = append(out, factsOf(info).owner)
	}
	return out
}

func factsOf(info fs.FileInfo) facts {
	st := info.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // of package os
	f := facts{owner: int(st.Uid), group: int(st.Gid), mode: info.Mode()}
	if f.mode.Perm()&0o020 != 0 {
		group := strconv.Itoa(f.group)
		if g, err := user.LookupGroupId(group); err == nil {
			group = g.Name
		}
		f.private = group == userName(f.owner)
	}
	return f
}

// userName returns the name of a user, or the number of one without a name.
func userName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return u.Username
	}
	return strconv.Itoa(id)
}

// open opens the file at path, an absolute path, if the file, a symbolic link of that name, and the
// folder of each are safe. Of the file the kernel answers for what was opened, so nobody can put
// something else there in between.
//
// The folders above are not checked, and neither are links on the way: who can write there can
// put another file of a trusted user in this place, but no file of their own.
func open(path, name string, trusted []int) (*os.File, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	for _, at := range []string{path, target} {
		dir := filepath.Dir(at)
		if err := refused(os.Lstat, at, name, name, trusted); err != nil {
			return nil, err
		}
		if err := refused(os.Stat, dir, name+" is in "+dir+", which", dir, trusted); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(target, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0) // a FIFO may have taken its place
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	if err == nil {
		err = refusal(info, name, name, trusted)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// refused returns an error if what is at a path is not safe.
func refused(stat func(string) (fs.FileInfo, error), at, what, path string, trusted []int) error {
	info, err := stat(at)
	if err != nil {
		return err
	}
	return refusal(info, what, path, trusted)
}

// refusal returns an error if what info describes is not safe.
func refusal(info fs.FileInfo, what, path string, trusted []int) error {
	f := factsOf(info)
	why := f.unsafe(trusted)
	if why == "" {
		return nil
	}
	cure := "put a " + Name + " of your own into your project's folder"
	if why == writable && f.mode&fs.ModeSticky == 0 {
		cure = "chmod go-w " + path
	}
	return exit.Unavailable(fmt.Errorf("%s %s %s, so hotswap does not run its commands: %s", what, why, userName(f.owner), cure))
}
