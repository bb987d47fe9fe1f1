package proc

import (
	"os"
	"slices"
	"strings"
	"unsafe"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// given are the arguments, in the memory where the kernel has put them.
var given = slices.Clone(os.Args)

// Retitle puts a title in the place of this process's arguments in /proc/PID/cmdline, which ps and pkill -f read, as
// far as the arguments leave room. It returns a copy of os.Args, which is os.Args from then on. The kernel reads the
// memory where it has put the arguments one after the other, and which Go's strings share. The last byte stays zero:
// else the kernel reads on into the environment (get_mm_cmdline, fs/proc/base.c). The first call must come before
// anything shares that memory, which changes, too; one call at a time.
func Retitle(title string) []string {
	shown := strings.Join(given, "\x00") + "\x00"
	for i, arg := range os.Args {
		os.Args[i] = strings.Clone(arg)
	}
	if now, _ := procfs.Self.Read("cmdline"); string(now) == shown {
		memory := unsafe.Slice(unsafe.StringData(given[0]), len(shown))
		clear(memory[copy(memory, plain.Short(strings.Clone(title), len(memory)-1)):])
	}
	return os.Args
}
