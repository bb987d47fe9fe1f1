package doctor

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// limit reads a number below /proc/sys; 0: it cannot be read.
func limit(name string) int {
	b, _ := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	n, _ := strconv.Atoi(string(bytes.TrimSpace(b)))
	return n
}

// shared are the file systems on which other machines write without this kernel's knowledge,
// by statfs(2)'s type (linux/magic.h, fs/smb/client).
var shared = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2",
	0x01021997: "9p", 0x786f4256: "vboxsf", 0x65735546: "FUSE", 0x6a656a63: "virtiofs",
}

// tryInotify creates a file in the current directory and waits for the event. A hotswap that
// watches the directory ignores files with such a name.
func tryInotify(*session) Finding {
	dir, err := os.Getwd()
	if err != nil {
		return notApplicable("no current directory: %v", err)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err == nil && shared[uint32(fs.Type)] != "" {
		return missing("this directory is a network or shared mount ("+shared[uint32(fs.Type)]+")",
			"the kernel does not report changes that are made on another machine", "use --poll, or work on a local disk")
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return judgeInotify("no further instance can be opened", err, 0)
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE); err != nil {
		return judgeInotify("this directory cannot be watched", err, 0)
	}
	probe, err := os.CreateTemp(dir, ".hotswap-doctor-*.tmp")
	if err != nil {
		return notApplicable("not tried: this directory is not writable: %v", err)
	}
	_ = probe.Close()
	defer os.Remove(probe.Name())
	if !reported(fd, filepath.Base(probe.Name())) {
		return missing("no event", "a file was created in this directory, and inotify reported nothing within 2 s", "use --poll")
	}
	return judgeInotify("", nil, limit("fs.inotify.max_user_watches"))
}

// judgeInotify judges what the kernel answered, and else how many watches a user may have: a
// large project needs one for each folder. 0: it is not known.
func judgeInotify(text string, err error, watches int) Finding {
	switch {
	case errors.Is(err, unix.EMFILE):
		return missing(text, err.Error(), "sudo sysctl fs.inotify.max_user_instances=1024")
	case errors.Is(err, unix.ENOSPC):
		return missing(text, "the limit on watches is reached: "+err.Error(), "sudo sysctl fs.inotify.max_user_watches=524288")
	case err != nil:
		return missing(text, err.Error(), "use --poll")
	case watches > 0 && watches < 4000:
		return missing(strconv.Itoa(watches)+" watches are allowed", "a large project may need more, one for each folder", "sudo sysctl fs.inotify.max_user_watches=524288")
	}
	return works("a file created in this directory was reported at once; %d watches are allowed", watches)
}

// reported waits until inotify names the file (inotify(7): the name follows struct
// inotify_event).
func reported(fd int, name string) bool {
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 2000)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return false
		}
		if n, err := unix.Read(fd, buf); err == nil && bytes.Contains(buf[:n], []byte(name)) {
			return true
		}
	}
}
