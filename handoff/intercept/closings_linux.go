package intercept

import (
	"bytes"
	"encoding/binary"
	"maps"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// manyFolders bounds the folders in which closings are counted, because the kernel has few watches for each user.
const manyFolders = 256

// count is how often a file was opened for writing, or closed after that, and how often another was renamed over it.
type count struct{ writes, renames int }

func (c count) plus(d count) count { return count{c.writes + d.writes, c.renames + d.renames} }

// counted is a count, and when it grew.
type counted struct {
	count
	at time.Time
}

// closings counts how often files were closed after writing, or replaced by a rename, whoever did that (inotify(7)). The
// kernel reports that of the folders in which a generation or a build writes. More closings than openings are those of others,
// such as an editor: the kernel reports no process here, and fanotify(7), which does, wants CAP_SYS_ADMIN. The kernel merges
// equal reports in a row, so each change is reported between two closings. The zero value is ready.
type closings struct {
	fd      int // 0: none yet; -1: the kernel has none
	folders map[place]bool
	watches map[int32]place // the same, by watch descriptor
	counts  map[place]counted
	pruned  time.Time
	buf     [16 << 10]byte
}

// follow counts in a folder of the project dir from now on. p is a place there.
func (c *closings) follow(dir, folder string, p place) {
	p = p.folder()
	if c.fd < 0 || c.folders[p] || strings.Contains(folder+"/", "/node_modules/") || len(c.folders) == manyFolders || folder != dir && !strings.HasPrefix(folder, dir+"/") {
		return
	}
	if c.fd == 0 {
		var err error
		if c.fd, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK); err != nil {
			c.fd = -1
			return
		}
		c.folders, c.watches, c.counts = map[place]bool{}, map[int32]place{}, map[place]counted{}
	}
	if wd, err := unix.InotifyAddWatch(c.fd, folder, unix.IN_CLOSE_WRITE|unix.IN_MODIFY|unix.IN_MOVED_TO|unix.IN_ONLYDIR); err == nil {
		c.folders[p], c.watches[int32(wd)] = true, p
	}
}

// take returns the count of a place, and counts it from 0 again.
func (c *closings) take(p place) count {
	n := c.counts[p]
	delete(c.counts, p)
	return n.count
}

// read reads what the kernel has reported. It reports false, and counts all from 0 again, if some is lost.
func (c *closings) read() bool {
	lost, now := false, time.Now()
	if len(c.counts) > manyPlaces && now.Sub(c.pruned) > time.Second { // nobody asks for what is ignored
		c.pruned = now
		maps.DeleteFunc(c.counts, func(_ place, n counted) bool { return now.Sub(n.at) > old })
	}
	for c.fd > 0 {
		b := c.buf[:]
		n, err := unix.Read(c.fd, b)
		if err != nil || n <= 0 {
			break // EAGAIN
		}
		for at := b[:n]; len(at) >= unix.SizeofInotifyEvent; {
			wd, mask, size := int32(binary.NativeEndian.Uint32(at)), binary.NativeEndian.Uint32(at[4:]), binary.NativeEndian.Uint32(at[12:])
			name := at[unix.SizeofInotifyEvent : unix.SizeofInotifyEvent+size]
			at = at[unix.SizeofInotifyEvent+size:]
			p := c.watches[wd]
			switch {
			case mask&unix.IN_Q_OVERFLOW != 0:
				lost = true
			case mask&unix.IN_IGNORED != 0: // the folder is gone
				delete(c.folders, p)
				delete(c.watches, wd)
			case mask&unix.IN_MODIFY == 0:
				p.name = string(bytes.TrimRight(name, "\x00"))
				n := count{writes: 1}
				if mask&unix.IN_MOVED_TO != 0 {
					n = count{renames: 1}
				}
				c.counts[p] = counted{c.counts[p].plus(n), now}
			}
		}
	}
	if lost = lost || len(c.counts) > 10*manyPlaces; lost {
		clear(c.counts)
	}
	return !lost
}

// realOf returns the folder's path without symbolic links, also of one below /proc/PID; "": there is none.
func realOf(folder string) string {
	fd, err := unix.Open(folder, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	return procfs.Self.Link("fd/" + strconv.Itoa(fd))
}
