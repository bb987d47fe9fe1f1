//go:build linux

package packagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pod is a pod of examples/kubernetes in this machine's network.
type pod struct{ name, file, address, admin string }

// play replaces what two pods in one network cannot share.
func (p *podman) play(name, deployment string) (d pod) {
	p.t.Helper()
	port, admin := testkit.FreePort(p.t), testkit.FreePort(p.t)
	d = pod{name + "-pod-0", filepath.Join(p.dir, name+".yaml"), "127.0.0.1:" + port, "http://127.0.0.1:" + admin +
		"/readyz"}
	testkit.Write(p.t, d.file, strings.NewReplacer("name: app\nspec:", "name: "+name+"\nspec:", "replicas: 2",
		"replicas: 1",
		"env:\n", "env:\n            - { name: PORT, value: \""+port+"\" }\n", ":9090", ":"+admin).Replace(deployment))
	p.does("kube", "play", "--network", "host", d.file)
	return d
}

// says waits for an answer of /readyz, which the example's probe asks.
func (d pod) says(t *testing.T, want string) {
	t.Helper()
	testkit.Eventually(t, func() error {
		got, err := testkit.Get(d.admin)
		if err == nil && !strings.HasPrefix(got, want) {
			err = fmt.Errorf("/readyz says %q", got)
		}
		return err
	})
}

// kubernetes runs the Deployment of examples/kubernetes by podman. A rolling update: a new pod is ready, the old one is
// told to stop, its clients leave as soon as /readyz says so, and no request is lost.
func kubernetes(t *testing.T, p *podman) {
	needs(t, "catatonit")
	t.Cleanup(func() { _ = p.command("podman", "pod", "rm", "--all", "--force", "--time", "0").Run() })
	text := testkit.Must(os.ReadFile(filepath.Join(root, "examples/kubernetes/app.yaml")))(t)
	old := p.play("old", string(text))
	old.says(t, "generation 1 serves")
	leaving := begin(t, old.address)
	leaving.Answers("1", 20)

	next := p.play("next", string(text))
	next.says(t, "generation 1 serves")
	staying := begin(t, next.address)
	if p.does("exec", next.name+"-app", "sh", "-c", "grep -las adapter.cjs /proc/[0-9]*/environ; true") == "" {
		t.Error("no process has the adapter: the pod has no folder for it")
	}
	if out := p.does("exec", next.name+"-app", "hotswap", "status"); !strings.Contains(out, "generation 1 serving") {
		t.Errorf("status prints:\n%s", out)
	}
	stop := testkit.Start(t, p.command("podman", "pod", "stop", "--time", "60", old.name))
	old.says(t, "stopping")
	leaving.Answers("1", leaving.Snapshot().Requests+20) // who has not heard of it yet
	leaving.End()
	if code := stop.Wait(); code != 0 {
		t.Errorf("podman pod stop: %d\n%s", code, stop.Output())
	}
	if code := p.does("inspect", "--format", "{{.State.ExitCode}}", old.name+"-app"); code != "0" {
		t.Errorf("hotswap's exit code is %s", code)
	}
	p.does("kube", "down", old.file)
	staying.Answers("1", 20)
	staying.End()
	p.does("kube", "down", next.file)
}
