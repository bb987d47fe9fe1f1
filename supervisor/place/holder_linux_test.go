package place

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// holderEnv makes this binary a process that takes the lease "job" at the socket that it names.
const holderEnv = "PLACE_TEST_HOLDER"

func TestMain(m *testing.M) {
	if path := os.Getenv(holderEnv); path != "" {
		hold(path)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold takes the lease. Then it obeys the lines of its standard input: "close" ends the connection, "share"
// gives it to a process of its own.
func hold(path string) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprintf(conn, "%s\n%s\n", `{"id":1,"op":"hello","version":1}`, `{"id":2,"op":"lease","name":"job","claim":17}`)
	lines := bufio.NewScanner(conn)
	lines.Scan()
	lines.Scan()
	fmt.Println(lines.Text())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); fmt.Println("done") {
		switch in.Text() {
		case "close":
			conn.Close()
		case "share":
			f, _ := conn.File()
			cmd := exec.Command("cat") // until our end closes its input
			cmd.ExtraFiles = []*os.File{f}
			cmd.Stdin = os.NewFile(uintptr(3), "life") // of the test
			fmt.Println(cmd.Start())
			f.Close()
		}
	}
}

// holder is such a process.
type holder struct {
	*testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	life *os.File // closed: what the process has started ends
}

func (w *world) holder(t *testing.T, path string) *holder {
	t.Helper()
	return w.holderAs(t, path, true, nil)
}

// holderAs starts one that is a member of the generations, or not, perhaps as another user.
func (w *world) holderAs(t *testing.T, path string, member bool, as *syscall.Credential) *holder {
	t.Helper()
	cmd := exec.Command("/proc/self/exe") // another user may not reach its path
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	cmd.Env = append(os.Environ(), holderEnv+"="+path, "GORACE=atexit_sleep_ms=0")
	r, life, err := os.Pipe()
	testkit.NoError(t, err)
	cmd.ExtraFiles = []*os.File{r}
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	w.holding.Lock() // before the process can connect
	err = cmd.Start()
	if err == nil && member {
		w.pids = append(w.pids, cmd.Process.Pid)
	}
	w.holding.Unlock()
	r.Close()
	testkit.NoError(t, err)
	h := &holder{t, cmd, in, bufio.NewReader(out), life}
	t.Cleanup(func() { h.kill(); _ = life.Close() })
	return h
}

func (h *holder) kill() {
	_ = h.cmd.Process.Signal(syscall.SIGKILL)
	h.cmd.Wait()
}

func (h *holder) says(want string) {
	h.Helper()
	if line, err := h.out.ReadString('\n'); err != nil || line != want+"\n" {
		h.Fatalf("it says %q, %v, want %q", line, err, want)
	}
}

func (h *holder) does(what string) {
	h.Helper()
	_, _ = io.WriteString(h.in, what+"\n")
	if what == "share" {
		h.says("<nil>")
	}
	h.says("done")
}

const grantedLine = `{"id":2,"event":"granted"}`

// A lease is free when its process has ended, however it ends, and not before.
func TestHolderEnds(t *testing.T) {
	for _, before := range []string{"", "close", "share", "share close"} {
		t.Run(strings.ReplaceAll("kill "+before, " ", "_"), func(t *testing.T) {
			w := begin(t, 1)
			w.at("1 serving")
			h := w.holder(t, w.env[1])
			h.says(grantedLine)
			c := w.client(1)
			c.send(`{"id":2,"op":"lease","name":"job"}`)
			for what := range strings.FieldsSeq(before) {
				h.does(what)
			}
			c.quiet()
			h.kill()
			c.hears(grantedLine)
		})
	}
}

// Only members of the generation are served: no other process of this user, none of another user who knows
// the path, but a member that has changed its user.
func TestWhoIsServed(t *testing.T) {
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	for name, c := range map[string]struct {
		member bool
		as     *syscall.Credential
		want   string
	}{
		"a member":                           {true, nil, grantedLine},
		"a member that has changed its user": {true, nobody, grantedLine},
		"a stranger":                         {false, nil, ""},
		"a stranger of another user":         {false, nobody, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			if c.as != nil && os.Geteuid() != 0 {
				t.Skip("only root can become another user")
			}
			w := begin(t, 1)
			w.at("1 serving")
			own := filepath.Dir(filepath.Dir(filepath.Dir(w.env[1]))) // of the test; else it keeps others out
			testkit.NoError(t, os.Chmod(own, 0o711))
			w.holderAs(t, w.env[1], c.member, c.as).says(c.want)
		})
	}
}
