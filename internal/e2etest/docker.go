//go:build linux

package e2etest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// DockerProfile writes Docker's default seccomp profile into a folder: podman's, in which pidfd_getfd, too, needs
// CAP_SYS_PTRACE, and everything else that is not allowed fails with EPERM.
func DockerProfile(t testing.TB, dir string) (path string) {
	t.Helper()
	const needsPtrace = "pidfd_getfd"
	b, err := os.ReadFile("/usr/share/containers/seccomp.json")
	if err != nil {
		t.Fatalf("%v: podman installs it", err)
	}
	var profile map[string]any
	if err := json.Unmarshal(b, &profile); err != nil {
		t.Fatal(err)
	}
	profile["defaultErrnoRet"] = 1
	for _, rule := range profile["syscalls"].([]any) {
		rule := rule.(map[string]any)
		includes, _ := rule["includes"].(map[string]any)
		caps, _ := includes["caps"].([]any)
		names := slices.DeleteFunc(rule["names"].([]any), func(name any) bool { return name == needsPtrace })
		if slices.Contains(caps, any("CAP_SYS_PTRACE")) {
			names = append(names, needsPtrace)
		}
		rule["names"] = names
	}
	b, err = json.Marshal(profile)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "docker.json")
	testkit.Write(t, path, string(b))
	return path
}
