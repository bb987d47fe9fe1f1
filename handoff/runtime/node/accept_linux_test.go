package node

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// envChild makes the test binary one of these.
const envChild = "NODE_TEST_CHILD"

var children = map[string]func(){"stranger": stranger, "told": told}

func TestMain(m *testing.M) {
	if f := children[os.Getenv(envChild)]; f != nil {
		f()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is the test binary as one of the children.
func child(t *testing.T, name string, as *syscall.Credential, env ...string) (*exec.Cmd, *bufio.Reader, func()) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe") // where it is built, only we may look
	cmd.Env = append(env, envChild+"="+name, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewReader(stdout), func() { stdin.Close() }
}

// stranger tries to connect to each socket that the kernel shows to every user, and to
// find one below TMPDIR, and prints what it has reached of those with the name.
func stranger() {
	shown, _ := os.ReadFile("/proc/net/unix")
	for line := range strings.Lines(string(shown)) {
		fields := strings.Fields(line)
		path := fields[len(fields)-1]
		if filepath.Base(path) != os.Getenv("NAME") {
			continue
		}
		if conn, err := net.Dial("unix", path); err == nil {
			fmt.Println("connected to", path)
			conn.Close()
		}
	}
	found, _ := filepath.Glob(os.Getenv("TMPDIR") + "/*/*")
	for _, path := range found {
		fmt.Println("found", path)
	}
}

// told is who knows the path.
func told() {
	conn, err := net.Dial("unix", os.Getenv(Variable))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("connected")
	conn.Close()
}

// The socket of root's adapters is open to other users, for the program may have become
// one. Those who are not told where it is do not find it, so they cannot have hotswap
// look at its processes for each of their connections.
func TestStrangersDoNotFindTheSocket(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root's socket is open to others")
	}
	g := begin(t, os.Getpid())
	if err := os.Chmod(g.tmp, 0o711); err != nil { // as /tmp
		t.Fatal(err)
	}
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	_, out, _ := child(t, "stranger", nobody, "NAME="+filepath.Base(g.path), "TMPDIR="+g.tmp)
	for {
		line, err := out.ReadString('\n')
		if line != "" {
			t.Errorf("a stranger has %s", line)
		}
		if err != nil {
			break
		}
	}
	// Who is told reaches it, as the program does that has become another user.
	_, out, _ = child(t, "told", nobody, Variable+"="+g.path)
	if line, err := out.ReadString('\n'); line != "connected\n" {
		t.Errorf("who is told: %q, %v", line, err)
	}
}
