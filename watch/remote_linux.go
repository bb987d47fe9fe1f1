package watch

import "golang.org/x/sys/unix"

// remoteKinds are the file systems that others than this kernel may change
// (statfs(2), linux/magic.h): inotify is fed by this kernel's own calls, so it
// never tells of that. A probe file that we wrote ourselves would prove nothing.
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
		return "" // whoever reads it meets the error
	}
	return remoteKinds[int64(uint32(s.Type))]
}
