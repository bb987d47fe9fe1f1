package bun

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const bunFile = "../../../examples/fleet/node_modules/.bin/bun" // npm ci in examples/fleet

// A rehearsal reports what each package does, and a standby finds nothing to report. Both wait, and
// have run no code of the project.
func TestRehearsal(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string // of the package p, and others
		want  string            // a message, with p in the place of its package; "": none but held and ready
	}{
		"clean": {map[string]string{"p/index.mjs": "export const a = 1"}, ""},
		"types": {map[string]string{"p/index.ts": "export const a: number = 1"}, ""},
		"top-level await": {map[string]string{"p/index.mjs": "await new Promise((done) => setTimeout(done, 5))"},
			""},
		"prints": {map[string]string{"p/index.mjs": "console.log(1)"}, "noticed p prints"},
		"warns":  {map[string]string{"p/index.js": "process.stderr.write('x')"}, "noticed p prints"},
		"of a dependency": {map[string]string{"p/index.mjs": "import 'q'", "q/index.mjs": "console.log(1)",
			"q/package.json": `{"exports":"./index.mjs"}`}, "noticed q prints"},
		"a timer": {map[string]string{"p/index.mjs": "setInterval(() => {}, 1000)"},
			"noticed p leaves a timer"},
		"a timer that ended": {map[string]string{"p/index.mjs": "clearTimeout(setTimeout(() => {}, 1000)); setTimeout(() => {}, 1)"}, ""},
		"a listener": {map[string]string{"p/index.mjs": "process.on('SIGTERM', () => {})"},
			"noticed p listens to process for SIGTERM"},
		"a socket": {map[string]string{"p/index.mjs": "Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })"}, "noticed p opens a socket"},
		"a program": {map[string]string{"p/index.mjs": "import { execSync } from 'child_process'; execSync('true')"},
			"noticed p starts a program"},
		"a thread": {map[string]string{"p/index.mjs": "new Worker('data:text/javascript,0')"},
			"noticed p starts a thread"},
		"a global": {map[string]string{"p/index.mjs": "globalThis.fetch = () => {}"},
			"noticed p changes globalThis.fetch"},
		"a prototype": {map[string]string{"p/index.mjs": "const { map } = Array.prototype; Array.prototype.map = function (...a) { return map.apply(this, a) }"}, "noticed p changes Array.prototype.map"},
		"a module's": {map[string]string{"p/index.cjs": "require('http').request = () => {}"},
			"noticed p changes http.request"},
		"a new global": {map[string]string{"p/index.mjs": "globalThis.mine = 1"}, ""},
		"writes":       {map[string]string{"p/index.mjs": "import fs from 'fs'; fs.writeFileSync('/dev/shm/../shm/../../tmp/none/x', '')"}, "noticed p writes /tmp/none/x"},
		"the directory": {map[string]string{"p/index.mjs": "process.chdir('/')"},
			"noticed p changes the working directory"},
		"fails": {map[string]string{"p/index.mjs": "throw new Error('why')"}, "noticed p fails: why"},
		"ends":  {map[string]string{"p/index.mjs": "process.exit(0)"}, "noticed p ends the process"},
		"a plugin": {map[string]string{"p/index.mjs": "Bun.plugin({ name: 'x', setup() {} })"},
			"noticed p registers a plugin"},
		"its parent": {map[string]string{"p/index.cjs": "exports.parent = module.parent"},
			"noticed p looks at who requires it"},
		"that it has not": {map[string]string{"p/index.js": "exports.parent = module.parent"}, ""},
		"a variable":      {map[string]string{"p/index.mjs": "export const a = process.env.GIVEN"}, "env p GIVEN"},
		"Bun's variable":  {map[string]string{"p/index.mjs": "export const a = Bun.env.GIVEN"}, "env p GIVEN"},
		"a missing variable": {map[string]string{"p/index.mjs": "export const a = process.env.MISSING"},
			"env p MISSING"},
		"reads": {map[string]string{"p/index.mjs": "import { readFileSync } from 'node:fs'; readFileSync('/etc/hosts')"}, "read /etc/hosts"},
		"the project": {map[string]string{"p/index.mjs": "import '../../own.mjs'"},
			"noticed p runs code of the project"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rehearse(t, c.files, true)
			if c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if got := rehearse(t, map[string]string{"p/index.mjs": "import '../../own.mjs'"}, false); !slices.Contains(got, "noticed p runs code of the project") {
		t.Errorf("in a standby: %q", got)
	}
}

// rehearse returns what a standby of a program says that has loaded the file index of package p.
func rehearse(t *testing.T, files map[string]string, whether bool) (said []string) {
	t.Helper()
	bun, err := filepath.Abs(bunFile)
	if _, wrong := os.Stat(bun); err != nil || wrong != nil {
		if os.Getenv("HOTSWAP_E2E") != "" {
			t.Fatal("there is no Bun here")
		}
		t.Skip("there is no Bun here")
	}
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		testkit.Write(t, path, text)
		return path
	}
	main, mark := put("main.mjs", ""), filepath.Join(dir, "ran")
	for _, own := range []string{"main.mjs", "own.mjs"} {
		put(own, "import fs from 'fs'; fs.writeFileSync("+`"`+mark+`"`+", '')")
	}
	var entry string
	for name, text := range files {
		if path := put("node_modules/"+name, text); strings.HasPrefix(name, "p/index.") {
			entry = path
		}
	}
	exe := testkit.Must(filepath.EvalSymlinks(bun))(t)
	folder := t.TempDir()
	how := "import"
	if filepath.Ext(entry) == ".cjs" {
		how = "require"
	}
	text := testkit.Must(json.Marshal(map[string]any{"argv": []string{exe, main}, "dir": dir, "rehearse": whether,
		"load": []standby.Item{{File: entry, How: how}}}))(t)
	testkit.NoError(t, os.WriteFile(filepath.Join(folder, "plan.json"), text, 0o600))
	pipes := map[string]*os.File{}
	for _, name := range []string{"up", "down"} {
		path := filepath.Join(folder, name)
		testkit.NoError(t, syscall.Mkfifo(path, 0o600))
		pipes[name], err = os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer pipes[name].Close()
	}
	scripts := testkit.Must(filepath.Abs("../js"))(t)
	cmd := exec.CommandContext(t.Context(), exe, main)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BUN_OPTIONS="+config.Entry(scripts), Variable+"="+t.TempDir(), StandbyVariable+"="+
		folder, "GIVEN=1")
	testkit.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait()
		_ = pipes["up"].SetReadDeadline(time.Now().Add(time.Second)) // what it has written is read before
	}()
	defer func() { _ = cmd.Process.Kill(); <-ended }()
	for lines := bufio.NewScanner(pipes["up"]); lines.Scan(); {
		var m struct{ Type, Package, What, Name, File string }
		testkit.NoError(t, json.Unmarshal(lines.Bytes(), &m))
		switch m.Type {
		case "ready", "ended":
			if _, err := os.Stat(mark); err == nil {
				t.Error("code of the project has run")
			}
			return said
		case "foreign":
			t.Fatalf("%s", lines.Bytes())
		case "loading":
		default:
			said = append(said,
				strings.Join(strings.Fields(strings.Join([]string{m.Type, m.Package, m.What, m.Name, m.File}, " ")),
					" "))
		}
	}
	t.Fatalf("it says nothing more than %q", said)
	return nil
}
