package watch

import (
	"errors"
	"syscall"
	"time"

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

// isGone: inotify_rm_watch(2) answers EINVAL for a watch that the kernel has removed
// itself, because its folder is gone.
func isGone(err error) bool { return errors.Is(err, syscall.EINVAL) }

func changeTime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctim.Unix()) }

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

func remoteKind(dir string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "" // reading the folder will report it
	}
	return remoteKinds[int64(uint32(s.Type))]
}
