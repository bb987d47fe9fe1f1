package writes

import (
	"bytes"
	"encoding/binary"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// reports are those of inotify(7). The zero value has none yet.
type reports struct {
	fd      int              // 0: none yet
	folders map[int32]string // by watch descriptor; "": of a file
	buf     [16 << 10]byte
}

// follow has the kernel report what happens in a folder from now on. known is false if the path did not lead to this folder
// before.
func (r *reports) follow(folder string) (known bool, err error) {
	if r.fd == 0 {
		if r.fd, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK); err != nil {
			r.fd = 0
			return false, err
		}
		r.folders = map[int32]string{}
	}
	wd, err := unix.InotifyAddWatch(r.fd, folder, unix.IN_CLOSE_WRITE|unix.IN_MODIFY|unix.IN_MOVE|unix.IN_CREATE|unix.IN_DELETE|unix.IN_ONLYDIR)
	if err != nil {
		return false, err
	}
	known = r.folders[int32(wd)] == folder
	r.folders[int32(wd)] = folder
	return known, nil
}

// separate has the kernel report each closing of a file twice, so that the reports of two closings in its folder are no equal
// neighbours, which the kernel would merge.
func (r *reports) separate(path string) {
	if wd, err := unix.InotifyAddWatch(r.fd, path, unix.IN_CLOSE_WRITE|unix.IN_DONT_FOLLOW); err == nil {
		r.folders[int32(wd)] = ""
	}
}

func (r *reports) close() {
	if r.fd > 0 {
		unix.Close(r.fd)
	}
	*r = reports{}
}

// read calls each for what the kernel has reported of files. It reports false if reports are lost.
func (r *reports) read(each func(path string, what report)) (complete bool) {
	for r.fd > 0 {
		n, err := unix.Read(r.fd, r.buf[:])
		if err != nil || n <= 0 {
			break // EAGAIN
		}
		for at := r.buf[:n]; len(at) >= unix.SizeofInotifyEvent; {
			wd, mask := int32(binary.NativeEndian.Uint32(at)), binary.NativeEndian.Uint32(at[4:])
			end := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(at[12:])
			name := string(bytes.TrimRight(at[unix.SizeofInotifyEvent:end], "\x00"))
			at = at[end:]
			what := moved
			switch {
			case mask&unix.IN_Q_OVERFLOW != 0:
				return false
			case mask&unix.IN_IGNORED != 0:
				delete(r.folders, wd)
				continue
			case mask&unix.IN_CLOSE_WRITE != 0:
				what = closed
			case mask&unix.IN_MODIFY != 0:
				what = wrote
			case mask&unix.IN_CREATE != 0:
				what = made
			}
			if folder := r.folders[wd]; folder != "" {
				each(filepath.Join(folder, name), what)
			}
		}
	}
	return true
}
