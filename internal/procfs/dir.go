package procfs

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

type Dir string

const Self Dir = "/proc/self"

// Of returns the folder of a process. That of a thread's number has what the thread's process has, and the thread's own
// descriptors and rights.
func Of(pid int) Dir { return Dir("/proc/" + strconv.Itoa(pid)) }

// Thread returns the folder of a thread, which is there as long as the thread is one of the process.
func Thread(pid, tid int) Dir { return Dir(Of(pid).Path("task/" + strconv.Itoa(tid))) }

func (d Dir) Path(name string) string { return string(d) + "/" + name }

// FD returns the path of a descriptor, which is a link to what is open.
func (d Dir) FD(fd int) string { return d.Path("fd/" + strconv.Itoa(fd)) }

func (d Dir) Read(name string) ([]byte, error) { return Read(d.Path(name)) }

// Link returns where a link leads to; "": it may not be read, or its process has ended.
func (d Dir) Link(name string) string {
	to, _ := os.Readlink(d.Path(name))
	return to
}

// Exe returns the path of the file that runs, which may have been deleted or replaced.
func (d Dir) Exe() string { return strings.TrimSuffix(d.Link("exe"), " (deleted)") }

func (d Dir) Program() string {
	if exe := d.Exe(); exe != "" {
		return filepath.Base(exe)
	}
	return ""
}

// Name returns the name that the kernel has of the process, of at most 15 bytes (proc_pid_comm(5)).
func (d Dir) Name() string {
	b, _ := d.Read("comm")
	return strings.TrimSuffix(string(b), "\n")
}

// IsInOurNetwork reports whether the process or thread is in this process's network namespace, if that may be read.
func (d Dir) IsInOurNetwork() (here, known bool) {
	its, ours := d.Link("ns/net"), Self.Link("ns/net")
	known = its != "" && ours != ""
	return known && its == ours, known
}

// Words returns the texts of cmdline or environ, as the program has them in its memory: it may overwrite them
// (proc_pid_environ(5)).
func (d Dir) Words(name string) []string {
	b, _ := d.Read(name)
	if len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

// Processes returns the IDs of all visible processes. With an error some may be missing.
func Processes() ([]int, error) { return numbers("/proc") }

// Threads returns the threads of a process, in the kernel's order. A process that has ended has none.
func Threads(pid int) []int {
	tids, _ := numbers(Of(pid).Path("task"))
	return tids
}

func numbers(folder string) (out []int, err error) {
	err = List(folder, func(_ int, name string) {
		if n, wrong := strconv.Atoi(name); wrong == nil {
			out = append(out, n)
		}
	})
	return out, err
}

// UnprivilegedPort returns the first port that needs no privilege (ip(7), ip_unprivileged_port_start).
func UnprivilegedPort() int {
	b, _ := Read("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 1024 // PROT_SOCK (net/sock.h)
	}
	return n
}

// Over reports whether an error means that the process has ended, before or while it was read.
func Over(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) }
