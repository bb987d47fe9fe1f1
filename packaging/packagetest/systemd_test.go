//go:build linux

package packagetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// expected are hotswap's lines about what works. A setting of the unit that is in hotswap's way causes another line.
var expected = regexp.MustCompile(
	` listens on |came from the socket activator; clients wait|eneration 4 failed: exit 1|generation \d+ (serves|drained|ended .* 1 silent connection cut$)|draining, then stopping|passed \d+ clients? on to|upgrading hotswap|hotswap upgraded|^stopped$`)

// Debian's systemd runs the units of examples/systemd, in a container of this machine's own files. The first client
// starts the service. Reloads, one of them of a broken program, an upgrade of hotswap and a restart
// lose no request.
func TestSystemdUnits(t *testing.T) {
	t.Parallel()
	p, address := newPodman(t), "127.0.0.1:"+testkit.FreePort(t)
	files := mkdir(t, p.dir, "files")
	does(t, root, "cp", binary, files)
	for _, name := range []string{"app.socket", "app.service"} {
		text := testkit.Must(os.ReadFile(filepath.Join(root, "examples/systemd", name)))(t)
		testkit.Write(t, filepath.Join(files, name), strings.ReplaceAll(string(text), "127.0.0.1:4000", address))
	}
	server(t, files, "1")
	p.does("run", "--detach", "--name", "machine", "--systemd=always", "--volume", files+":/mnt:ro",
		"--cap-add", "SYS_ADMIN,SYS_PTRACE", "--security-opt", "seccomp=unconfined", // for the units' own restrictions
		"--mount", "type=tmpfs,destination=/tmp,notmpcopyup", "--mount", "type=tmpfs,destination=/run,notmpcopyup",
		"--rootfs", "/:O", "/lib/systemd/systemd", "--unit=basic.target")
	inside := func(script string) string { return p.does("exec", "machine", "sh", "-ec", script) }
	deploy := func(version string) {
		server(t, files, version)
		inside("mkdir -p /srv/app; cp /mnt/server /srv/app/server.new; mv /srv/app/server.new /srv/app/server")
	}
	deploy("1")
	inside("cp /mnt/hotswap /usr/bin; cp /mnt/app.* /etc/systemd/system")
	testkit.Eventually(t, func() error { // until systemd itself has started
		if out, err := p.command("podman", "exec", "machine", "systemctl", "start", "app.socket").CombinedOutput(); err != nil {
			return errors.New(string(out))
		}
		return nil
	})
	tr := begin(t, address)
	tr.Answers("1", 20)
	if out := inside(
		"systemctl show --property=MainPID --value app | xargs -I: grep ^CapBnd /proc/:/status; ps -C server -o user="); out != "CapBnd:\t00000000000800e2\nwww-data" {
		t.Errorf("the unit's restrictions are not in force, or the server's user is another one: %s", out)
	}
	for _, step := range []struct{ version, command string }{
		{"2", "systemctl reload app"},
		{"3", "systemctl reload app"},
		{"3", "cp --remove-destination /bin/false /srv/app/server; ! systemctl reload app"},
		{"4", "systemctl kill --kill-whom=main --signal=USR2 app"},
		{"5", "systemctl restart app"},
	} {
		deploy(step.version)
		inside(step.command)
		tr.Answers(step.version, 20+tr.Snapshot().Version(step.version).Answers)
	}
	if out := inside("cd /srv/app; hotswap status"); !strings.Contains(out, "generation 1 serving") {
		t.Errorf("status prints:\n%s", out)
	}
	tr.End()
	if out := inside("journalctl --sync; journalctl --unit=app.service --identifier=systemd --output=cat"); strings.Contains(out, "SIGKILL") {
		t.Errorf("systemd has killed the upgraded hotswap:\n%s", out)
	}
	inside("systemctl stop app.socket app.service")
	if got := inside("systemctl show --property=Result,ExecMainStatus --value app.service"); got != "success\n0" {
		t.Errorf("the service's result: %q", got)
	}
	journal := func() string { // since the last call
		return inside(
			"journalctl --sync; journalctl --unit=app.service --identifier=hotswap --output=cat --cursor-file=/tmp/cursor")
	}
	lines := journal()
	if !strings.Contains(lines, "came from the socket activator") {
		t.Errorf("the journal has:\n%s", lines)
	}
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		if !expected.MatchString(line) {
			t.Errorf("hotswap says: %s", line)
		}
	}
	// With the packaged unit, too, the reload of a broken program fails, and the program that serves goes on.
	does(t, root, "cp", "packaging/systemd/hotswap@.service", files)
	shop := "127.0.0.1:" + testkit.FreePort(t)
	inside(`cp /mnt/hotswap@.service /etc/systemd/system; mkdir /srv/shop; cp /mnt/server /srv/shop
		printf 'command: ADDR=` + shop + ` ./server\n' >/srv/shop/hotswap.yaml
		systemctl daemon-reload; systemctl start hotswap@shop; systemctl reload hotswap@shop
		cp --remove-destination /bin/false /srv/shop/server; ! systemctl reload hotswap@shop`)
	answers(t, shop, "5")
	inside("systemctl stop hotswap@shop")
	// README.md names these settings.
	for setting, want := range map[string]string{
		"SystemCallFilter=~seccomp":           "seccomp filter with a listener: operation not permitted",
		"SystemCallFilter=~pidfd_getfd":       "hotswap uses its own sockets in place of the program's",
		"RestrictAddressFamilies=~AF_NETLINK": "hotswap cannot see what generation 1 listens on",
		"PrivateTmp=no":                       "temporary folder",
		"PrivateNetwork=yes":                  "passed on to the program unchanged",
		"PrivateUsers=yes":                    "setpriv: ",
		"SystemCallFilter=~@privileged":       "setpriv: ",
		"User=daemon\nExecStart=\nExecStart=/usr/bin/hotswap --no-watch -- /srv/app/server":     "each swap stops the old process before the new one starts",
		"DynamicUser=yes\nExecStart=\nExecStart=/usr/bin/hotswap --no-watch -- /srv/app/server": "each swap stops the old process before the new one starts",
	} {
		testkit.Write(t, filepath.Join(files, "more.conf"), "[Service]\nRestart=no\n"+setting+"\n")
		inside(
			"install -D --target-directory=/etc/systemd/system/app.service.d /mnt/more.conf; systemctl daemon-reload; systemctl start app || true")
		if got := journal(); !strings.Contains(got, want) {
			t.Errorf("%s: no line has %q:\n%s", setting, want, got)
		}
		inside("systemctl stop app.socket app.service; systemctl reset-failed")
	}
}

// server puts a version of examples/go-server into a folder by rename, as a deployment does.
func server(t *testing.T, dir, version string) {
	t.Helper()
	path := filepath.Join(dir, "server")
	testkit.NoError(t, e2etest.Build(path+".new", "./examples/go-server", []string{"CGO_ENABLED=0"}, "-ldflags",
		"-X main.version="+version))
	testkit.NoError(t, os.Rename(path+".new", path))
}

// answers waits until a version of examples/go-server answers.
func answers(t *testing.T, address, version string) {
	t.Helper()
	testkit.Eventually(t, func() error {
		got, err := testkit.Get("http://" + address + "/ping")
		if err == nil && !strings.Contains(got, `"version":`+version+"}") {
			err = fmt.Errorf("answer: %s", got)
		}
		return err
	})
}
