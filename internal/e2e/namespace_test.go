//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// namespace makes a network namespace, as another machine has one, and returns its name, its address, and ours there.
func namespace(t *testing.T) (name, theirs, ours string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root may make a network namespace")
	}
	port := freePort(t) // nobody else's
	name = "hotswap" + port
	var n int
	fmt.Sscan(port, &n)
	ours, theirs = fmt.Sprintf("10.%d.%d.1", n>>8, n&255), fmt.Sprintf("10.%d.%d.2", n>>8, n&255)
	ip := func(args string) {
		t.Helper()
		if out, err := exec.Command("ip", words(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", args, err, out)
		}
	}
	ip("netns add " + name)
	t.Cleanup(func() { ip("netns del " + name) }) // and with it both devices
	ip(fmt.Sprintf("link add h%s type veth peer name eth0 netns %s", port, name))
	ip(fmt.Sprintf("addr add %s/30 dev h%s", ours, port))
	ip(fmt.Sprintf("link set h%s up", port))
	ip(fmt.Sprintf("-n %s addr add %s/30 dev eth0", name, theirs))
	ip(fmt.Sprintf("-n %s link set eth0 up", name))
	return name, theirs, ours
}
