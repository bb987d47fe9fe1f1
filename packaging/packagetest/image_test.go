//go:build linux

package packagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// hotswap and a static program, copied into an image that has nothing else, are processes 1 and below. A save in a
// mounted folder swaps the program without a lost request. podman stop ends both, and hotswap's code is 0.
func TestImageFromScratch(t *testing.T) {
	t.Parallel()
	p := newPodman(t)
	p.image("ghcr.io/hotswap-dev/hotswap:0.1.0")
	if got := p.does("run", "--rm", "ghcr.io/hotswap-dev/hotswap:0.1.0", "--version"); !strings.Contains(got, "hotswap") {
		t.Errorf("--version prints %q", got)
	}

	app, files := filepath.Join(p.dir, "app"), filepath.Join(p.dir, "context")
	for _, dir := range []string{app, files} {
		testkit.NoError(t, os.Mkdir(dir, 0o755))
	}
	testkit.Write(t, filepath.Join(files, "Dockerfile"), `FROM scratch
COPY --from=ghcr.io/hotswap-dev/hotswap:0.1.0 /hotswap /hotswap
WORKDIR /app
ENTRYPOINT ["/hotswap", "--watch", "/app", "--", "/app/server"]
`)
	p.does("build", "--tag", "server", files)
	server(t, app, "1")
	address := "127.0.0.1:" + testkit.FreePort(t)
	run := testkit.Start(t, p.command("podman", "run", "--rm", "--name", "server", "--volume", app+":/app", "--tmpfs", "/tmp",
		"--env", "ADDR="+address, "server"))
	answers(t, address, "1")

	tr := begin(t, address)
	server(t, app, "2")
	tr.Answers("2", 20)
	if out := p.does("exec", "server", "/hotswap", "status"); !strings.Contains(out, "generation 2 serving") {
		t.Errorf("status prints:\n%s", out)
	}
	tr.End()

	ids := p.does("top", "server", "hpid")
	p.does("stop", "--time", "20", "server") // SIGTERM
	select {
	case <-run.Done:
	case <-time.After(testkit.Patience):
		t.Fatal("the container does not end")
	}
	if code := run.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, run.Output())
	}
	for _, id := range strings.Fields(ids)[1:] {
		if _, err := os.Stat("/proc/" + id); err == nil {
			t.Errorf("process %s of the container is left", id)
		}
	}
	if ids := strings.Fields(ids); len(ids) < 3 {
		t.Errorf("processes of the container: %q", ids)
	}
}

// server puts a version of examples/go-server into a folder by rename, as a deployment does.
func server(t *testing.T, dir, version string) {
	t.Helper()
	path := filepath.Join(dir, "server")
	testkit.NoError(t, e2etest.Build(path+".new", "./examples/go-server", []string{"CGO_ENABLED=0"}, "-ldflags", "-X main.version="+version))
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
