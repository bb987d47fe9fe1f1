package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"golang.org/x/sys/unix"
)

// inotifyUse is how much of the user's limits is in use, as far as this process may see.
type inotifyUse struct{ instances, watches int }

// useOfInotify counts the descriptors of all processes of this user
// (proc_pid_fdinfo(5): one line for each watch).
func useOfInotify() (use inotifyUse) {
	for _, pid := range fdtable.Processes() {
		dir := "/proc/" + strconv.Itoa(pid)
		info, err := os.Stat(dir)
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Geteuid() {
			continue
		}
		fds, _ := os.ReadDir(dir + "/fd")
		for _, fd := range fds {
			if link, _ := os.Readlink(dir + "/fd/" + fd.Name()); link != "anon_inode:inotify" {
				continue
			}
			use.instances++
			b, _ := os.ReadFile(dir + "/fdinfo/" + fd.Name())
			use.watches += bytes.Count(b, []byte("inotify wd:"))
		}
	}
	return use
}

// limit reads a number below /proc/sys; 0: it cannot be read.
func limit(name string) int {
	b, _ := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	n, _ := strconv.Atoi(string(bytes.TrimSpace(b)))
	return n
}

// tryInotify compares the use with the limits, and opens an instance.
func tryInotify(*session) Finding {
	use := useOfInotify()
	instances, watches := limit("fs.inotify.max_user_instances"), limit("fs.inotify.max_user_watches")
	text := fmt.Sprintf("%d of %d watches, %d of %d instances used", use.watches, watches, use.instances, instances)
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err == nil {
		_ = unix.Close(fd)
	}
	return judgeInotify(text, use, watches, err)
}

// roomForProject is how many watches a large project may need: one for each folder.
const roomForProject = 2000

func judgeInotify(text string, use inotifyUse, watches int, err error) Finding {
	switch {
	case errors.Is(err, unix.EMFILE):
		return missing(text, "no further instance can be opened: "+err.Error(), "sudo sysctl fs.inotify.max_user_instances=1024")
	case err != nil:
		return missing(text, err.Error(), "use --poll")
	case watches > 0 && use.watches+roomForProject > watches:
		return missing(text, fmt.Sprintf("a large project may need %d watches, one for each folder", roomForProject),
			"sudo sysctl fs.inotify.max_user_watches=524288")
	}
	return works("%s", text)
}

// shared are the file systems on which other machines write without this kernel's knowledge,
// by statfs(2)'s type (linux/magic.h, fs/smb/client).
var shared = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2",
	0x01021997: "9p", 0x786f4256: "vboxsf", 0x65735546: "FUSE", 0x6a656a63: "virtiofs",
}

// tryEvents creates a file in the current directory and waits for the event. A hotswap that
// watches the directory ignores files with such a name.
func tryEvents(*session) Finding {
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
		return notApplicable("not tried: %v", err)
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE); err != nil {
		if errors.Is(err, unix.ENOSPC) {
			return missing("no watch is left", "the limit on watches is reached: "+err.Error(), "sudo sysctl fs.inotify.max_user_watches=524288")
		}
		return missing("cannot watch this directory", err.Error(), "use --poll")
	}
	probe, err := os.CreateTemp(dir, ".hotswap-doctor-*.tmp")
	if err != nil {
		return notApplicable("not tried: this directory is not writable: %v", err)
	}
	name := probe.Name()
	_ = probe.Close()
	defer os.Remove(name)
	if !reported(fd, filepath.Base(name)) {
		return missing("no event", "a file was created in this directory, and inotify reported nothing within 2 s", "use --poll")
	}
	return works("a file created in this directory was reported at once")
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
