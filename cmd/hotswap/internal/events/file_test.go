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
)

// The parent may have made a socket, as Node does, and a socket cannot be opened a second time.
func TestInheritedSocket(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(pair[0]), "parent")
	defer theirs.Close()
	f, err := Open(fmt.Sprintf("/dev/fd/%d", pair[1]))
	unix.Close(pair[1])
	if err != nil {
		t.Fatal(err)
	}
	if flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0); err != nil || flags != unix.FD_CLOEXEC {
		t.Errorf("the program would inherit it: flags %d, %v", flags, err)
	}
	fmt.Fprintln(f, "event")
	f.Close()
	if text, err := bufio.NewReader(theirs).ReadString('\n'); err != nil || text != "event\n" {
		t.Errorf("read %q, %v", text, err)
	}
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "--events "+path+": ") {
		t.Errorf("the path of a socket: %v", err)
	}
}
