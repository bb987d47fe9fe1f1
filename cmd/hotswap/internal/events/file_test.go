package events

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The parent may have made a socket, as Node does, and a socket cannot be opened a second time.
func TestInheritedSocket(t *testing.T) {
	pair := testkit.Must(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0))(t)
	theirs := os.NewFile(uintptr(pair[0]), "parent")
	defer theirs.Close()
	f, err := Open(fmt.Sprintf("/dev/fd/%d", pair[1]))
	unix.Close(pair[1])
	testkit.NoError(t, err)
	if flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0); err != nil || flags != unix.FD_CLOEXEC {
		t.Errorf("the program would inherit it: flags %d, %v", flags, err)
	}
	fmt.Fprintln(f, "event")
	f.Close()
	if text, err := bufio.NewReader(theirs).ReadString('\n'); err != nil || text != "event\n" {
		t.Errorf("read %q, %v", text, err)
	}
	path := filepath.Join(t.TempDir(), "s")
	l := testkit.Must(net.Listen("unix", path))(t)
	defer l.Close()
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "--events "+path+": ") {
		t.Errorf("the path of a socket: %v", err)
	}
}
