package unixpath

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Files are the sockets of unix endpoints in their folders: the paths that package reuseport asks for.
type Files struct {
	Folder func(prefix string) (dir string, err error) // makes a temporary folder of this user, for Hide
}

func (Files) File(e handoff.Endpoint, inode uint64) (file uint64, atPath bool, err error) {
	err = in(e, inode, func(d folder) error {
		public, there := d.stat(d.base)
		own, named := d.stat(d.own)
		switch {
		case named:
			file, atPath = own.Ino, there && public.Ino == own.Ino
		case there:
			file, atPath = public.Ino, true
		default:
			return unix.ENOENT
		}
		return nil
	})
	return file, atPath, err
}

// Keep uses link(2). Where fs.protected_hardlinks is set, that takes the file's owner or CAP_FOWNER (proc_sys_fs(5)).
func (Files) Keep(e handoff.Endpoint, inode, file uint64) error {
	return in(e, inode, func(d folder) error {
		if st, there := d.stat(d.base); !there || st.Ino != file {
			return nil // it has its name, or none reaches it any more
		}
		if err := unix.Linkat(d.fd, d.base, d.fd, d.own, 0); err != unix.EEXIST {
			return err
		}
		return nil
	})
}

// Publish links the socket to a temporary name and renames that: a rename of the socket's own name would lose that
// name, and a link cannot replace the path.
func (Files) Publish(e handoff.Endpoint, inode uint64, ours map[uint64]bool) error {
	return in(e, inode, func(d folder) error {
		own, named := d.stat(d.own)
		public, there := d.stat(d.base)
		switch {
		// The program bound it there, and may have renamed it; or the path leads to it: a rename onto a link of the
		// same file does nothing, and leaves both (rename(2)).
		case !named, there && own.Ino == public.Ino:
			return nil
		case !there && public.Ino != 0:
			return fmt.Errorf("the file there is no socket: %w", unix.EEXIST)
		case there && !ours[public.Ino] && !handoff.Deserted(d.address(d.base)):
			return unix.EADDRINUSE // somebody listens there
		}
		if there && ours[public.Ino] {
			d.like(d.own, public)
		}
		next := d.own + "~"
		_ = unix.Unlinkat(d.fd, next, 0) // that of a killed hotswap
		if unix.Linkat(d.fd, d.own, d.fd, next, 0) != nil {
			return unix.Renameat(d.fd, d.own, d.fd, d.base) // Keep gives it a name again, if anything can
		}
		err := unix.Renameat(d.fd, next, d.fd, d.base)
		if err != nil {
			_ = unix.Unlinkat(d.fd, next, 0)
		}
		return err
	})
}

func (Files) Chmod(e handoff.Endpoint, inode uint64, mode uint32) {
	_ = in(e, inode, func(d folder) error {
		if st, there := d.stat(d.own); there {
			st.Mode = mode
			d.like(d.own, st)
		}
		return nil
	})
}

// Remove compares files: a socket keeps the inode of its file, so that no other file can have the number.
func (Files) Remove(e handoff.Endpoint, inode, file uint64) {
	_ = in(e, inode, func(d folder) error {
		d.remove(d.base, file)
		return unix.Unlinkat(d.fd, d.own, 0)
	})
}

// RemoveLeftovers removes the names that a killed hotswap has left of sockets at which nobody listens, and the path if
// it leads to one of them. It is for a path that is no gate's.
func RemoveLeftovers(e handoff.Endpoint) {
	_ = in(e, 0, func(d folder) error {
		all, _ := os.ReadDir(d.dir)
		for _, entry := range all {
			name := entry.Name()
			number, ours := strings.CutPrefix(name, "."+d.base+".hotswap-")
			if !ours || strings.Trim(number, "0123456789~") != "" {
				continue
			}
			if left, there := d.stat(name); there && handoff.Deserted(d.address(name)) {
				d.remove(d.base, left.Ino)
				d.remove(name, left.Ino)
			}
		}
		return nil
	})
}
