//go:build linux

package npm

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// fails runs a command that ends with 69 and says one line of hotswap's, with this text.
func (f *folder) fails(want string, env []string, argv ...string) {
	f.t.Helper()
	cmd := f.command(argv...)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 69 || !strings.HasPrefix(string(out), "hotswap: ") ||
		strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), want) {
		f.t.Errorf("%q with %q: %v\n%s\nwant one line with %q", argv, env, err, out, want)
	}
}

// installed returns a folder with the package, by npm.
func installed(t *testing.T, args ...string) *folder {
	t.Helper()
	f := newFolder(t, registry(t, allPacked(t)))
	f.write("package.json", `{"name": "app", "version": "1.0.0", "private": true, "type": "module"}`)
	f.does(append([]string{"npm", "install", "-D", "hotswap-dev"}, args...)...)
	return f
}

const shim = "node_modules/.bin/hotswap"

func TestWithoutTheBinary(t *testing.T) {
	t.Parallel()
	f := installed(t, "--omit=optional")
	f.fails(" is not installed; install again with optional dependencies", nil, shim, "--version")
	f.fails("no Node that could say why", []string{"PATH=" + onlyShell(t)}, shim, "--version")
	// The binary that HOTSWAP_BINARY names counts.
	other := installed(t).binary()
	// The binary of NODE_PATH, of PATH, of another version and of another user's folder does not count.
	modules := filepath.Join(other, "../../../..")
	f.fails(" is not installed;", []string{"NODE_PATH=" + modules, "PATH=" + filepath.Dir(other) + ":" +
		os.Getenv("PATH")}, shim, "--version")
	foreign := filepath.Join(f.dir, "../node_modules")
	testkit.NoError(t, os.CopyFS(foreign, os.DirFS(modules)))
	f.does(shim, "--version")
	testkit.NoError(t, os.Chown(foreign, 65534, 65534))
	f.fails(" is not installed;", nil, shim, "--version")
	beside := filepath.Join(f.dir, "node_modules/@hotswap-dev/linux-x64")
	testkit.NoError(t, os.CopyFS(beside, os.DirFS(filepath.Join(other, "../.."))))
	f.does(shim, "--version")
	f.write("node_modules/@hotswap-dev/linux-x64/package.json", "{\n  \"version\": \"0.0.1\"\n}\n")
	f.fails(" is not installed;", nil, shim, "--version")
	testkit.NoError(t, os.RemoveAll(beside))
	cmd := f.command(shim, "--version")
	cmd.Env = append(cmd.Env, "HOTSWAP_BINARY="+other)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "hotswap") {
		t.Errorf("HOTSWAP_BINARY: %v\n%s", err, out)
	}
	// The client needs no binary.
	f.write("client.mjs", "import { incrementState } from 'hotswap-dev'\nconsole.log(await incrementState('n'))\n")
	if out := f.does("node", "client.mjs"); out != "1\n" {
		t.Errorf("the client: %q", out)
	}
}

// onlyShell returns a folder with what the shell's half of the command runs.
func onlyShell(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"readlink", "uname"} {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(dir, name))
		}
		testkit.NoError(t, err)
	}
	return dir
}

func TestWrongBinary(t *testing.T) {
	t.Parallel()
	f := installed(t)
	for value, want := range map[string]string{
		filepath.Join(f.dir,
			"missing"): "missing cannot be read (ENOENT); set HOTSWAP_BINARY to hotswap's binary",
		f.dir:                                  "is not hotswap's binary; set HOTSWAP_BINARY to it",
		filepath.Join(f.dir, shim):             "is not hotswap's binary; set HOTSWAP_BINARY to it",
		filepath.Join(f.dir, "package.json"):   "may not be executed",
		filepath.Join(f.dir, "no/such/folder"): "cannot be read (ENOENT)",
	} {
		f.fails(want, []string{"HOTSWAP_BINARY=" + value}, shim, "--version")
	}
}

// npm ci of the lock file passes on each system: the main package is for all.
func TestForeignModules(t *testing.T) {
	t.Parallel()
	f := installed(t)
	for _, system := range []string{"darwin", "win32", "linux"} {
		f.does("npm", "ci", "--os="+system, "--cpu=arm64")
		if _, err := os.Stat(filepath.Join(f.dir, shim)); err != nil {
			t.Errorf("%s: %v", system, err)
		}
	}
	f.fails(
		"node_modules comes from another machine: it has @hotswap-dev/linux-arm64, and this machine needs @hotswap-dev/linux-x64; remove node_modules", nil, shim, "--version")
}

// A system is what Node says.
func TestOtherSystems(t *testing.T) {
	t.Parallel()
	f := installed(t, "--omit=optional")
	f.write("system.cjs", "Object.defineProperty(process, 'platform', { value: process.env.SYSTEM })")
	f.fails("use WSL 2", []string{"SYSTEM=win32"}, "node", "-r", "./system.cjs", "node_modules/hotswap-dev/bin/hotswap")
	f.fails("has no binary for freebsd-x64, only ", []string{"SYSTEM=freebsd"}, "node", "-r", "./system.cjs",
		"node_modules/hotswap-dev/bin/hotswap")
}

// Installed for all projects, the command needs no Node.
func TestGlobal(t *testing.T) {
	t.Parallel()
	f := newFolder(t, registry(t, allPacked(t)))
	f.does("npm", "install", "-g", "--prefix", f.home, "hotswap-dev")
	cmd := f.command(filepath.Join(f.home, "bin/hotswap"), "--version")
	cmd.Env = append(cmd.Env, "PATH="+onlyShell(t))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "hotswap version") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The types of the packed client are right for a program.
func TestTypes(t *testing.T) {
	t.Parallel()
	f := installed(t)
	testkit.NoError(t, os.CopyFS(filepath.Join(f.dir, "types"), os.DirFS("../../clients/node/test/types")))
	f.does(filepath.Join(bin, "tsc"), "-p", "types")
}

// Every package is of one version, which the main package demands exactly, and no package runs
// anything when it is installed.
func TestPacked(t *testing.T) {
	all := allPacked(t)
	main := all["hotswap-dev"]
	optional, _ := main.manifest["optionalDependencies"].(map[string]any)
	if len(optional) != len(all)-1 || len(optional) == 0 {
		t.Errorf("%d packages and %d optional dependencies", len(all), len(optional))
	}
	for name, p := range all {
		if p.manifest["scripts"] != nil || p.manifest["dependencies"] != nil || p.version() != main.version() ||
			p.modes["bin/hotswap"] != 0o755 || p.modes["LICENSE"] == 0 {
			t.Errorf("%s: %v, modes %v", name, p.manifest, p.modes)
		}
		if name != "hotswap-dev" && (optional[name] != main.version() || p.manifest["bin"] != nil ||
			"@hotswap-dev/"+p.only("os")+"-"+p.only("cpu") != name) {
			t.Errorf("%s: %v; the main package wants %v", name, p.manifest, optional[name])
		}
	}
	if main.manifest["os"] != nil || main.manifest["cpu"] != nil {
		t.Error("the main package is not for all systems")
	}
	for _, file := range []string{"index.cjs", "index.mjs", "index.d.ts", "local.mjs", "local.d.mts", "lib/run.cjs", "lib/binary.cjs",
		"hotswap.schema.json", "README.md"} {
		if main.modes[file] == 0 {
			t.Errorf("%s is missing", file)
		}
	}
}

// only returns the one element of a list in the manifest.
func (p packed) only(key string) string {
	list, _ := p.manifest[key].([]any)
	if len(list) != 1 {
		return ""
	}
	text, _ := list[0].(string)
	return text
}
