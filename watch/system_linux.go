package watch

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	instanceLimit = "fs.inotify.max_user_instances or ulimit -n"
	watchLimit    = "fs.inotify.max_user_watches"
)

// isWatchLimit: inotify_add_watch(2) answers ENOSPC at the user's limit on watches.
func isWatchLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.ENOMEM)
}

// silentRemoval: inotify(7) reports that a folder is removed when no process has it open or as its current folder any
// more, but the folder above it reports that at once.
const silentRemoval = true

// isGone: inotify_rm_watch(2) answers EINVAL for a watch that the kernel has removed
// itself, because its folder is gone.
func isGone(err error) bool { return errors.Is(err, syscall.EINVAL) }

// Closed asks the kernel for a read lease, which it gives only on a file that no
// process has open for writing (fcntl(2), F_SETLEASE), and gives the lease back at once. A
// process that opens the file for writing in between waits for a microsecond. The signal
// about it is one that Go uses itself and ignores. A file of
// another user needs CAP_LEASE, and some file systems have no leases: then nothing is known.
func (osFiles) Closed(path string) bool {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size == 0 {
		return false
	}
	for _, step := range [][2]int{
		{unix.F_SETSIG, int(unix.SIGURG)}, {unix.F_SETLEASE, unix.F_RDLCK}, {unix.F_SETLEASE, unix.F_UNLCK},
	} {
		if _, err := unix.FcntlInt(uintptr(fd), step[0], step[1]); err != nil {
			return false
		}
	}
	return true
}

// remoteKinds are the file systems that others than this kernel may change
// (statfs(2), linux/magic.h). inotify reports only what is done through this kernel. A
// probe file that hotswap wrote itself would prove nothing.
var remoteKinds = map[int64]string{
	unix.NFS_SUPER_MAGIC:  "nfs",
	unix.SMB_SUPER_MAGIC:  "smb",
	0xff534d42:            "cifs",
	0xfe534d42:            "smb2",
	unix.V9FS_MAGIC:       "9p",   // Windows' disks in WSL, QEMU's shared folders
	unix.FUSE_SUPER_MAGIC: "fuse", // sshfs; virtiofs and Docker Desktop's mounts too
	unix.CEPH_SUPER_MAGIC: "ceph",
	unix.AFS_SUPER_MAGIC:  "afs",
	unix.CODA_SUPER_MAGIC: "coda",
	0x786f4256:            "vboxsf",
	0xbacbacbc:            "vmhgfs",
	0x7c7c6673:            "prl_fs",
}

func (osFiles) Remote(dir string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "" // reading the folder will report it
	}
	return remoteKinds[int64(uint32(s.Type))]
}
