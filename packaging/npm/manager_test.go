//go:build linux

package npm

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// manager is a package manager, as it is set up.
type manager struct {
	name     string
	program  []string
	add      []string
	env      []string
	shim     []string // what starts hotswap's command without a script
	replaced bool     // the shim becomes hotswap: the same process
}

var (
	bin      = filepath.Join(e2etest.Root(), "internal/e2e/testdata/tools/node_modules/.bin")
	bun      = filepath.Join(e2etest.Root(), "examples/fleet/node_modules/.bin/bun")
	yarn     = []string{"node", filepath.Join(bin, "../@yarnpkg/cli-dist/bin/yarn.js")}
	linked   = []string{"node_modules/.bin/hotswap"}
	managers = []manager{
		{name: "npm", program: []string{"npm"}, add: []string{"install", "-D"}, shim: linked, replaced: true},
		{name: "pnpm", program: []string{filepath.Join(bin, "pnpm")}, add: []string{"add", "-D"},
			env: []string{"npm_config_modules_cache_max_age=0"}, shim: linked, replaced: true},
		{name: "yarn, Plug'n'Play", program: yarn, add: []string{"add", "-D"}, env: []string{"YARN_NODE_LINKER=pnp"},
			shim: append(slices.Clone(yarn), "hotswap")},
		{name: "yarn, node_modules", program: yarn, add: []string{"add", "-D"},
			env: []string{"YARN_NODE_LINKER=node-modules"}, shim: linked, replaced: true},
		{name: "bun", program: []string{bun}, add: []string{"add", "-d"}, shim: linked, replaced: true},
	}
)

// folder is a project's folder, with a home of its own.
type folder struct {
	t    *testing.T
	dir  string
	home string
	env  []string // of each command
}

// newFolder returns an empty folder, whose path has a blank.
func newFolder(t *testing.T, registry string, env ...string) *folder {
	t.Helper()
	temp := t.TempDir()
	f := &folder{t: t, dir: filepath.Join(temp, "my app"), home: filepath.Join(temp, "home")}
	run := filepath.Join(temp, "run")
	for _, dir := range []string{f.dir, f.home, run} {
		testkit.NoError(t, os.Mkdir(dir, 0o700))
	}
	f.env = append([]string{
		"HOME=" + f.home, "XDG_RUNTIME_DIR=" + run, "PATH=" + os.Getenv("PATH"), "TERM=xterm",
		"NODE_EXTRA_CA_CERTS=" + os.Getenv("NODE_EXTRA_CA_CERTS"),
		"npm_config_registry=" + registry, "npm_config_update_notifier=false", "npm_config_fund=false",
		"npm_config_audit=false", "npm_config_loglevel=error",
		"YARN_NPM_REGISTRY_SERVER=" + registry, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "YARN_ENABLE_TELEMETRY=0",
		"YARN_ENABLE_IMMUTABLE_INSTALLS=0",
	}, env...)
	return f
}

func (f *folder) command(argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = f.dir, f.env
	if strings.Contains(argv[0], "/") && !filepath.IsAbs(argv[0]) {
		cmd.Path = filepath.Join(f.dir, argv[0])
	}
	return cmd
}

// does runs a command that succeeds, and returns its output.
func (f *folder) does(argv ...string) string {
	f.t.Helper()
	out, err := f.command(argv...).CombinedOutput()
	if err != nil {
		f.t.Fatalf("%q: %v\n%s", argv, err, out)
	}
	return string(out)
}

func (f *folder) write(name, text string) {
	f.t.Helper()
	testkit.Write(f.t, filepath.Join(f.dir, name), text)
}

// addScript adds the script dev to package.json.
func (f *folder) addScript(script string) {
	f.t.Helper()
	file := filepath.Join(f.dir, "package.json")
	manifest := map[string]any{}
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &manifest)
	}
	testkit.NoError(f.t, err)
	manifest["scripts"] = map[string]string{"dev": script}
	b, _ = json.Marshal(manifest)
	f.write("package.json", string(b))
}

// The program has its generation from the client of the package.
const program = `
import http from 'node:http'
import { generation, incrementState } from 'hotswap-dev'
import { text } from './text.mjs'
await incrementState('starts')
http.createServer((req, res) => res.end(generation + ' ' + text)).listen(Number(process.env.PORT), '127.0.0.1')
`

// serves writes a server and returns its port.
func (f *folder) serves() (port string) {
	f.write("server.mjs", program)
	f.text("one")
	port = testkit.FreePort(f.t)
	f.env = append(f.env, "PORT="+port)
	return port
}

func (f *folder) text(text string) {
	f.write("text.mjs", "export const text = '"+text+"'\n")
}

// answers waits for an answer of the program.
func (f *folder) answers(port, want string) {
	f.t.Helper()
	testkit.Eventually(f.t, func() error {
		if got, err := testkit.Get("http://127.0.0.1:" + port); err != nil || got != want {
			return fmt.Errorf("%q, %v; want %q", got, err, want)
		}
		return nil
	})
}

// From an empty folder to the first swap, with each package manager.
func TestManagers(t *testing.T) {
	all := allPacked(t)
	address := registry(t, all)
	for _, m := range managers {
		t.Run(m.name, func(t *testing.T) {
			f := newFolder(t, address, m.env...)
			f.write("package.json", `{"name": "app", "version": "1.0.0", "private": true, "type": "module"}`)
			port := f.serves()

			f.does(slices.Concat(m.program, m.add, []string{"hotswap-dev"})...)
			f.addScript("hotswap -- node server.mjs")
			dev := append(slices.Clone(m.program), "run", "dev")
			p := testkit.Start(t, f.command(dev...))
			p.Sees("generation 1 serves")
			f.answers(port, "1 one")
			f.text("two")
			f.answers(port, "2 two")
			p.Signal(syscall.SIGTERM)
			p.Wait()

			p = testkit.Start(t, f.command(append(slices.Clone(m.shim), "--", "node", "server.mjs")...))
			p.Sees("generation 1 serves")
			binary, err := os.Readlink("/proc/" + strconv.Itoa(p.Cmd.Process.Pid) + "/exe")
			if is := strings.Contains(binary, "linux-"); err != nil || is != m.replaced {
				t.Errorf("the process of the shim runs %s, %v; want hotswap itself: %v", binary, err, m.replaced)
			}
			p.Signal(syscall.SIGTERM)
			p.Wait()
		})
	}
}

// binary returns the path of the binary that was installed.
func (f *folder) binary() string {
	f.t.Helper()
	found := ""
	_ = filepath.WalkDir(f.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(path, "linux-") &&
			strings.HasSuffix(path, "/bin/hotswap") {
			found = path
		}
		return err
	})
	if found == "" {
		f.t.Fatal("no binary is installed")
	}
	return found
}
