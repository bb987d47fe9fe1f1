package place

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// FuzzConnection writes anything to a connection. Everything that comes back is a line of JSON, the
// connection ends when the client goes, and another one is served as before.
func FuzzConnection(f *testing.F) {
	hello := `{"id":1,"op":"hello","version":1}` + "\n"
	f.Add([]byte(hello + `{"id":2,"op":"list","prefix":""}` + "\n" + `{"id":3,"op":"add","key":"k"}` + "\n" +
		`{"id":4,"op":"delete","key":"k"}` + "\n"))
	f.Add([]byte(hello + `{"id":2,"op":"define","key":"k"}` + "\n" + `{"id":2,"op":"defined","value":1}` + "\n" +
		`{"id":2,"op":"failed"}` + "\n"))
	f.Add([]byte(hello + `{"id":2,"op":"place","handles":true}` + "\n" + `{"id":2,"op":"done","seq":9}` + "\n" +
		`{"id":2,"op":"cancel"}` + "\n"))
	f.Add([]byte(hello + `{"id":2,"op":"lease","name":"j"}` + "\n" + `{"id":2,"op":"release"}` + "\n" +
		`{"id":3,"op":"lease","name":"j"}` + "\n"))
	f.Add([]byte(hello + `{"id":2,"op":7}` + "\n{}\n[]\n\xff\n"))
	limits := store.Standard
	limits.Total = 1 << 20
	st := store.New(limits)
	s := New(Config{Store: st})
	ses := s.newSessionLocked(1)
	ses.tree, ses.living = func() []int { return []int{os.Getpid()} }, context.Background()
	s.Tell([]report.Place{{Gen: 1, State: report.StateServing, Foremost: true}})
	connect := func(t *testing.T) (*net.UnixConn, func()) {
		fds := testkit.Must(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0))(t)
		var ends [2]*net.UnixConn
		for i, fd := range fds {
			file := os.NewFile(uintptr(fd), "pair")
			c, err := net.FileConn(file)
			file.Close()
			testkit.NoError(t, err)
			ends[i] = c.(*net.UnixConn)
		}
		var serving sync.WaitGroup
		serving.Go(func() { ses.attend(ends[1]) })
		_ = ends[0].SetDeadline(time.Now().Add(waitBound))
		return ends[0], serving.Wait
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		conn, ended := connect(t)
		go func() {
			_, _ = conn.Write(data)
			_ = conn.CloseWrite()
		}()
		lines := bufio.NewReader(conn)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				break
			}
			if bytes.HasPrefix(data, []byte("{")) && !json.Valid(line) {
				t.Fatalf("%q is answered %q", data, line)
			}
		}
		conn.Close()
		ended()
		other, ended := connect(t)
		_, _ = other.Write([]byte(hello))
		if line, err := bufio.NewReader(other).ReadString('\n'); line != `{"id":1,"version":1}`+"\n" {
			t.Fatalf("another connection is answered %q, %v", line, err)
		}
		other.Close()
		ended()
	})
}
