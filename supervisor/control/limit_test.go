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
)

// crowdEnv makes the test binary a process that connects to the socket there, as
// often as it can, says how often, and stays silent until its input ends.
const crowdEnv = "CONTROL_TEST_CROWD"

func TestMain(m *testing.M) {
	if path := os.Getenv(crowdEnv); path != "" {
		var conns []net.Conn
		for range maxClients + maxStrangers + 8 {
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

// Other users take no place of those who may ask, however many they are, and one of
// them hears why. The kernel's word is replaced by the test's.
func TestStrangersTakeNoPlace(t *testing.T) {
	patient(t)
	strange := make(chan bool, 1)
	strange <- true
	peerOf = func(c net.Conn) (int, int, error) {
		is := <-strange
		strange <- is
		if is {
			return os.Geteuid() + 1, 1, nil
		}
		return peer(c)
	}
	t.Cleanup(func() { peerOf = peer })
	path := place(t)
	serve(t, path, instance{name: "serving"})
	refused := dial(t, path)
	_, _ = io.WriteString(refused, "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
	if b, _ := io.ReadAll(refused); !strings.HasPrefix(string(b), "HTTP/1.1 403 ") || !strings.Contains(string(b), CodeForbidden) {
		t.Errorf("a stranger is answered %q", b)
	}
	var last net.Conn
	for range maxClients + maxStrangers {
		last = dial(t, path)
	}
	if _, err := io.ReadAll(last); err != nil && !strings.Contains(err.Error(), "reset") { // it was closed: the listener has seen them all
		t.Errorf("the last stranger: %v", err)
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
