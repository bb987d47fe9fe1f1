package systemd

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

func TestEndpointAt(t *testing.T) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	listen := func(network, address string) func() (any, error) {
		return func() (any, error) { return lc.Listen(t.Context(), network, address) }
	}
	linked := filepath.Join(t.TempDir(), "link")
	folder := filepath.Join(filepath.Dir(linked), "folder")
	testkit.NoError(t, os.Mkdir(folder, 0o700), os.Symlink(folder, linked))
	for name, c := range map[string]struct {
		open func() (any, error)
		want string // "": no endpoint
	}{
		"tcp4":          {listen("tcp4", "127.0.0.1:0"), "tcp4 127.0.0.1:"},
		"tcp6":          {listen("tcp6", "[::1]:0"), "tcp6 [::1]:"},
		"of IPv6 alone": {listen("tcp6", "[::]:0"), "v6only"},
		"both families": {listen("tcp", "[::]:0"), "tcp6 [::]:"},
		"a connection": {func() (any, error) {
			l, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:0")
			if err != nil {
				return nil, err
			}
			defer l.Close()
			return net.Dial("tcp4", l.Addr().String())
		}, ""},
		"of another network namespace": {func() (l any, err error) {
			thread.Own(func() { // the namespace ends with the thread
				err = unix.Unshare(unix.CLONE_NEWNET)
				if err == nil {
					l, err = lc.Listen(t.Context(), "tcp4", "0.0.0.0:0")
				}
			})
			return l, err
		}, ""},
		"a path":    {listen("unix", filepath.Join(t.TempDir(), "s")), "unix /"},
		"of a link": {listen("unix", filepath.Join(linked, "s")), "folder/s"},
		"abstract":  {listen("unix", "@hotswap-"+filepath.Base(linked)), "unix @hotswap-"},
		"packets":   {listen("unixpacket", filepath.Join(t.TempDir(), "s")), ""},
		"udp":       {func() (any, error) { return net.ListenPacket("udp4", "127.0.0.1:0") }, ""},
		"no socket": {func() (any, error) { return os.Open(os.DevNull) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := c.open()
			if err != nil {
				t.Skip(err)
			}
			defer opened.(interface{ Close() error }).Close()
			f, ok := opened.(*os.File)
			if !ok {
				f = testkit.Must(opened.(interface{ File() (*os.File, error) }).File())(t)
				defer f.Close()
			}
			fd, err := unix.Dup(int(f.Fd())) // without close-on-exec, as it is inherited
			testkit.NoError(t, err)
			defer unix.Close(fd)
			e, err := endpointAt(fd)
			if err != nil || (e != handoff.Endpoint{}) != (c.want != "") || !strings.Contains(e.String(), c.want) {
				t.Errorf("%v %v", e, err)
			}
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Error("the program would inherit it")
			}
		})
	}
	if _, err := endpointAt(1 << 20); !errors.Is(err, unix.EBADF) {
		t.Errorf("a descriptor that is not there: %v", err)
	}
}
