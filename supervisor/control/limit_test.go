//go:build unix

package control

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/peercred"
)

// crowdEnv makes the test binary a process that connects to the socket there, as
// often as it can, says how often, and stays silent until its input ends.
const crowdEnv = "CONTROL_TEST_CROWD"

func TestMain(m *testing.M) {
	if path := os.Getenv(crowdEnv); path != "" {
		var conns []net.Conn
		for range maxClients + 8 {
			if conn, err := net.Dial("unix", path); err == nil {
				conns = append(conns, conn)
			}
		}
		fmt.Println(len(conns))
		_, _ = io.ReadAll(os.Stdin)
		os.Exit(0)
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	os.Exit(m.Run())
}

// patient gives clients all the time that a test has.
func patient(t *testing.T) {
	t.Helper()
	was := clientTime
	clientTime = 2 * patience
	t.Cleanup(func() { clientTime = was })
}

// Other users are not answered, and take no place of those who may ask, however many they are. The kernel's word is
// replaced by the test's.
func TestStrangersTakeNoPlace(t *testing.T) {
	patient(t)
	strange := make(chan bool, 1)
	strange <- true
	peerOf = func(c *net.UnixConn) (int, int, error) {
		is := <-strange
		strange <- is
		if is {
			return os.Geteuid() + 1, 1, nil
		}
		return peercred.Of(c)
	}
	t.Cleanup(func() { peerOf = peercred.Of })
	path := place(t)
	serve(t, path, instance{name: "serving"})
	for range maxClients + 1 {
		if b, err := io.ReadAll(dial(t, path)); len(b) > 0 || err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("a stranger is answered %q, %v", b, err)
		}
	}
	<-strange
	strange <- false
	if got := state(t, path); got != "serving" {
		t.Errorf("state %q", got)
	}
}

// The same with a process of another user, whom the kernel tells.
func TestAnotherUserTakesNoPlace(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be another user")
	}
	patient(t)
	path := place(t)
	serve(t, path, instance{name: "serving"})
	if err := errors.Join(os.Chmod(filepath.Dir(path), 0o755), os.Chmod(path, 0o666)); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), crowdEnv+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	var n int
	if _, err := fmt.Fscan(out, &n); err != nil || n < maxClients {
		t.Fatalf("it has connected %d times, %v", n, err)
	}
	if got := state(t, path); got != "serving" {
		t.Errorf("state %q", got)
	}
}
