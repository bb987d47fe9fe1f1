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

// maxLinks is how many symbolic links the kernel follows, path_resolution(7).
const maxLinks = 40

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

// open opens the file at path, an absolute path, if it, each symbolic link to it and the folder of
// each are safe. The kernel answers for the folder's descriptor and for what is opened by it, so
// nobody can put something else there in between.
//
// The folders above are not checked, and neither are links to folders: who can write there can
// put another file of a trusted user in this place, but no file of their own.
func open(path, name string, trusted []int) (*os.File, error) {
	for range maxLinks {
		dir, base := filepath.Split(path) // as the kernel reads it: filepath.Dir would drop link/..
		folder, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		f, target, err := step(folder, base, name, trusted)
		_ = folder.Close()
		if err != nil || f != nil {
			return f, err
		}
		if path = target; !filepath.IsAbs(path) {
			path = dir + target
		}
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
}

// step opens the file base of a folder, or returns where the symbolic link leads that has this
// name.
func step(folder *os.Root, base, name string, trusted []int) (f *os.File, target string, err error) {
	info, err := folder.Lstat(base)
	switch {
	case err != nil:
		return nil, "", err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err = folder.Readlink(base)
	case !info.Mode().IsRegular():
		return nil, "", fs.ErrInvalid
	default:
		if f, err = folder.OpenFile(base, os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil { // a FIFO may have taken its place
			info, err = f.Stat()
		}
		if err == nil && !info.Mode().IsRegular() {
			err = fs.ErrInvalid
		}
	}
	if err == nil {
		err = refusal(info, name, name, trusted)
	}
	if err == nil {
		if info, err = folder.Stat("."); err == nil {
			dir := filepath.Clean(folder.Name())
			err = refusal(info, name+" is in "+dir+", which", dir, trusted)
		}
	}
	if err != nil && f != nil {
		_ = f.Close()
		f = nil
	}
	return f, target, err
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
