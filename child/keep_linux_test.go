package child

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

func init() { helpers["keep"] = helperKeep }

// helperKeep listens at the first address, and says on a connection to the second one who has the connection,
// and which sockets it has inherited.
func helperKeep() int {
	l, err := Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Println(err)
		return 2
	}
	conn, err := KeptConn("upstream")
	if errors.Is(err, ErrNotFound) {
		if conn, err = net.Dial("tcp", os.Args[2]); err == nil {
			err = Keep("upstream", conn.(*net.TCPConn))
		}
	}
	if err != nil {
		fmt.Println(err)
		return 2
	}
	fmt.Fprintf(conn, "generation %d, %d unclaimed of %d\n", Generation(), len(Inherited()), len(inherited().all))
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, Generation()) }))
	return 0
}

// A connection lives on in the next generation; and so it does where hotswap hands sockets over as
// LISTEN_FDS, also through a shell, which has another process ID.
func TestKeepThroughASwap(t *testing.T) {
	for name, c := range map[string]struct {
		args    []string
		shell   bool
		sockets int
	}{
		"intercepted":   {sockets: 0},
		"LISTEN_FDS":    {args: []string{"--handoff", "listenfds", "--listen"}, sockets: 1},
		"below a shell": {args: []string{"--handoff", "listenfds", "--listen"}, shell: true, sockets: 1},
	} {
		t.Run(name, func(t *testing.T) {
			upstream, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer upstream.Close()
			address := "127.0.0.1:" + e2etest.FreePort(t)
			args := []string{"--probation", "100ms"}
			if c.args != nil {
				args = append(append(args, c.args...), address)
			}
			command := []string{address, upstream.Addr().String()}
			if c.shell {
				command = append([]string{"sh", "-c", `"$0" "$@"; exit $?`}, append([]string{os.Args[0]}, command...)...)
			}
			h, _ := below(t, binary, "keep", args, command...)
			conn, err := upstream.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(2 * limit))
			in := bufio.NewReader(conn)
			for gen := 1; gen <= 3; gen++ {
				h.Serving(gen)
				want := fmt.Sprintf("generation %d, 0 unclaimed of %d\n", gen, c.sockets)
				if line, err := in.ReadString('\n'); line != want {
					t.Fatalf("%q, %v; want %q\n%s", line, err, want, strings.TrimSpace(h.Log()))
				}
				if gen < 3 {
					_ = h.Cmd.Process.Signal(syscall.SIGHUP)
				}
				if gen > 1 {
					h.Drained(gen - 1)
				}
			}
		})
	}
}
