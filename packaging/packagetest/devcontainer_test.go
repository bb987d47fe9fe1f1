//go:build linux

package packagetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The feature downloads a release from this test, and installs it in a container of this machine's files. It refuses
// an archive with another checksum, and says in one line what is missing.
func TestFeature(t *testing.T) {
	t.Parallel()
	var feature struct {
		ID      string
		Options map[string]struct{ Default string }
	}
	folder := filepath.Join(root, "packaging/devcontainer/hotswap")
	text, err := os.ReadFile(filepath.Join(folder, "devcontainer-feature.json"))
	if err == nil {
		err = json.Unmarshal(text, &feature)
	}
	if err != nil || feature.ID != filepath.Base(folder) || feature.Options["version"].Default != "latest" {
		t.Fatalf("%+v, %v", feature, err)
	}

	packed := testkit.Must(os.ReadFile(archive))(t)
	archiveOf := func(version string) string { return "hotswap_" + version + "_linux_" + runtime.GOARCH + ".tar.gz" }
	right := fmt.Sprintf("%x  ", sha256.Sum256(packed))
	sums := map[string]string{ // of each release
		"0.1.0": fmt.Sprintf("%x  hotswap_0.1.0_linux_%s.deb\n", sha256.Sum256(nil), runtime.GOARCH) + right +
			archiveOf("0.1.0") + "\n",
		"0.0.1": fmt.Sprintf("%x  %s\n", sha256.Sum256(nil), archiveOf("0.0.1")),
		"0.0.2": right + archiveOf("0.1.0") + "\n",
	}
	releases := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version, file, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/download/v"), "/")
		switch {
		case r.URL.Path == "/latest":
			http.Redirect(w, r, "/tag/v0.1.0", http.StatusFound)
		case r.URL.Path == "/tag/v0.1.0":
		case sums[version] != "" && file == "hotswap_"+version+"_checksums.txt":
			fmt.Fprint(w, sums[version])
		case sums[version] != "" && file == archiveOf(version):
			_, _ = w.Write(packed)
		default:
			http.NotFound(w, r)
		}
	}))
	defer releases.Close()

	p, version := newPodman(t), does(t, root, binary, "--version")
	for _, c := range []struct {
		version, want string
		code          int
	}{
		{"latest", version, 0},
		{"v0.1.0", version, 0},
		{"0.0.1", "hotswap: " + archiveOf("0.0.1") + " is not what hotswap_0.0.1_checksums.txt says; try again", 69},
		{"0.0.2", "hotswap: hotswap_0.0.2_checksums.txt does not name " + archiveOf("0.0.2"), 69},
		{"0.0.3", "hotswap: cannot download " + releases.URL +
			"/download/v0.0.3/hotswap_0.0.3_checksums.txt; is 0.0.3 a release?", 69},
	} {
		args := append([]string{"run", "--rm", "--env", "VERSION=" + c.version, "--env", "HOTSWAP_RELEASES=" +
			releases.URL,
			"--volume", folder + ":/feature:ro"}, p.machine()...)
		cmd := p.command("podman", append(args, "/bin/sh", "/feature/install.sh")...)
		out, _ := cmd.CombinedOutput()
		lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(out)), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "curl:")
		})
		if code := cmd.ProcessState.ExitCode(); code != c.code || len(lines) != 1 ||
			!strings.HasPrefix(lines[0], c.want) {
			t.Errorf("version %s: exit code %d\n%s", c.version, code, out)
		}
	}
}

// machine returns podman's arguments for a container that has this machine's programs, and an empty /usr/local/bin.
func (p *podman) machine() []string {
	p.t.Helper()
	files := mkdir(p.t, p.dir, "machine")
	args := []string{"--volume", "/usr:/usr:ro", "--tmpfs", "/usr/local/bin", "--tmpfs", "/tmp"}
	entries := testkit.Must(os.ReadDir("/"))(p.t)
	for _, e := range entries { // bin, lib, lib64 and sbin lead to usr
		if target, err := os.Readlink("/" + e.Name()); err == nil {
			if err := os.Symlink(target, filepath.Join(files, e.Name())); err != nil && !os.IsExist(err) {
				p.t.Fatal(err)
			}
		}
	}
	return append(args, "--rootfs", files)
}
