//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// launchers returns the commands below hotswap that only lead to a program.
func (h *hotswap) launchers() (found []string) {
	h.t.Helper()
	for pid := range below(h.t.(*testing.T), h.pid()) {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		line := strings.ReplaceAll(string(b), "\x00", " ")
		for _, name := range []string{"npm", "sh -c", "bin/cross-env", "bin/tsx"} {
			if strings.HasPrefix(line, name) || strings.HasPrefix(line, "node ") && strings.Contains(line, name) {
				found = append(found, line)
			}
		}
	}
	return found
}

// alone waits until nothing below hotswap only leads to a program.
func (h *hotswap) alone() {
	h.t.Helper()
	testkit.Eventually(h.t, func() error {
		if found := h.launchers(); len(found) > 0 {
			return fmt.Errorf("below hotswap runs %q", found)
		}
		return nil
	})
}

// began is what a generation of the program says of itself.
type began struct {
	Gen, Mode, Event, Parent string
}

// A TypeScript backend behind npm, cross-env and tsx: from the second generation on only Node boots, with what the
// launchers give a program, and it ends as it does below them. A change of what they read brings them back.
func TestProgramStartsByItself(t *testing.T) {
	t.Parallel()
	dir, out := project(t, "hono-cdc"), t.TempDir()
	file, index, manifest := filepath.Join(dir, "src/version.ts"), filepath.Join(dir, "src/index.ts"),
		filepath.Join(dir, "package.json")
	edit := func(file string, change func(string) string) {
		t.Helper()
		b := testkit.Must(os.ReadFile(file))(t)
		write(t, file, change(string(b)))
	}
	edit(index, func(text string) string {
		return text + `
import { appendFileSync } from 'node:fs'
const note = (file: string, what: unknown) => appendFileSync(process.env.OUT + '/' + file, JSON.stringify(what) + '\n')
const own = process.env
note('began', { Gen: own.HOTSWAP_GENERATION, Mode: own.MODE, Event: own.npm_lifecycle_event, Parent: String(process.ppid) })
process.on('exit', (code) => note('ended', code))
`
	})
	edit(manifest, func(text string) string {
		return regexp.MustCompile(`"dev": "[^"]*"`).ReplaceAllString(text,
			`"dev": "cross-env MODE=one tsx src/index.ts"`)
	})
	told := func(gen int) (b began) {
		t.Helper()
		text, _ := os.ReadFile(filepath.Join(out, "began"))
		for l := range strings.Lines(string(text)) {
			if err := json.Unmarshal([]byte(l), &b); err == nil && b.Gen == strconv.Itoa(gen) {
				return b
			}
		}
		t.Fatalf("generation %d says nothing:\n%s", gen, text)
		return b
	}
	const last = 3
	h := start(t, options{dir: dir, env: []string{"OUT=" + out}, args: []string{"--ready-timeout", patience.String(),
		"--probation", brief}, command: []string{"npm", "run", "dev"}})
	tr := h.under(sixteen())
	for v := 2; v <= last; v++ {
		h.waits(v)
		write(t, file, fmt.Sprintf("export const version = %d\n", v))
		h.warm(v)
		tr.Answers(strconv.Itoa(v), 30)
		h.Drained(v - 1)
		if b := told(v); b.Mode != "one" || b.Event != "dev" {
			t.Errorf("generation %d has %+v", v, b)
		}
		h.waits(v + 1)
		h.alone()
	}
	if text := h.does("status"); !strings.Contains(text, "node directly, without npm, sh, cross-env, tsx") {
		t.Errorf("the status says\n%s", text)
	}

	edit(manifest, func(text string) string { return strings.Replace(text, "MODE=one", "MODE=two", 1) })
	h.Serving(last + 1)
	tr.More(30)
	tr.end(t)
	if b := told(last + 1); b.Mode != "two" || len(h.launchers()) == 0 {
		t.Errorf("after package.json has changed: %+v, launchers %q", b, h.launchers())
	}
	h.Wait("why the standby is of no use", func(l line) bool {
		return l.Event == "unused" && strings.Contains(l.Error, "package.json has changed")
	})
	h.killedNone()
	h.signal(syscall.SIGTERM)
	h.exits(0)
	text, err := os.ReadFile(filepath.Join(out, "ended"))
	// as tsx has it; a late npm has hotswap tell the last one, too
	if want := strings.Repeat("143\n", last); err != nil || !strings.HasPrefix(string(text), want) {
		t.Errorf("programs ended with %q, %v, want %q", text, err, want)
	}
}

// judged waits until hotswap knows whether the program may start by itself.
func (h *hotswap) judged(gen int) {
	h.t.Helper()
	h.Wait("the generation is inspected", func(l line) bool {
		return l.Gen == gen && slices.Contains([]string{"direct", "standby", "no-standby"}, l.Event)
	})
}

// After a start that failed, and with --direct never, the whole command runs.
func TestWholeCommand(t *testing.T) {
	t.Parallel()
	for _, direct := range []string{"auto", "never"} {
		t.Run(direct, func(t *testing.T) {
			t.Parallel()
			dir, gen := wrapped(t), 2
			h := start(t, options{dir: dir, args: []string{"--probation", "0", "--direct", direct},
				command: []string{"npm", "run", "dev"}})
			h.Serving(1)
			h.waits(2)
			server := filepath.Join(dir, "server.js")
			text := testkit.Must(os.ReadFile(server))(t)
			if direct == "auto" {
				write(t, server, "process.exit(9)\n")
				h.Wait("the broken save is told", e2etest.Of("failed", 2))
				gen = 3
			}
			write(t, server, string(text)+"\n")
			h.Serving(gen)
			h.Drained(1)
			if len(h.launchers()) == 0 {
				t.Error("the program has started by itself")
			}
		})
	}
}

// sandbox forbids by Landlock, landlock(7), that a program reads in one folder, and becomes that program.
const sandbox = `#!/usr/bin/python3
import ctypes, os, struct, sys
call = ctypes.CDLL(None, use_errno=True).syscall
rules = call(444, struct.pack("Q", 4), 8, 0) # files may not be read
for e in os.scandir("/"):
    if e.name not in os.environ["SECRET"] and not e.is_symlink():
        call(445, rules, 1, struct.pack("=Qi", 4, os.open(e.path, os.O_PATH)), 0) # but these
assert ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) == 0 and call(446, rules, 0) == 0
os.execvp(sys.argv[1], sys.argv[1:])
`

// What has become the program by exec(2), and what nobody sees of that, is there in each generation: a sandbox, a nice
// value, and a check of a start script, which also counts for a standby that has passed it.
func TestWhatBecomesTheProgramRunsEachTime(t *testing.T) {
	t.Parallel()
	dir, server := t.TempDir(), `
const read = () => { try { return require('fs').readFileSync(process.env.SECRET, 'utf8') } catch (e) { return e.code } }
require('http').createServer((q, r) => r.end(['VERSION', read(), require('os').getPriority()].join(' '))).listen(process.env.PORT, '127.0.0.1')
`
	save := func(v int) {
		write(t, filepath.Join(dir, "server.js"), strings.Replace(server, "VERSION", strconv.Itoa(v), 1))
	}
	save(1)
	write(t, filepath.Join(dir, "package.json"),
		`{ "private": true, "scripts": { "dev": "nice -n 3 ./start.sh ./sandbox node server.js" } }`)
	write(t, filepath.Join(dir, "start.sh"), "#!/bin/sh\n[ -e maintenance ] && exit 9\nexec \"$@\"\n")
	write(t, filepath.Join(dir, "sandbox"), sandbox)
	for _, script := range []string{"start.sh", "sandbox"} {
		testkit.NoError(t, os.Chmod(filepath.Join(dir, script), 0o755))
	}
	h := start(t, options{dir: dir, env: []string{"SECRET=/sys/kernel/mm/transparent_hugepage/enabled"},
		args: []string{"--probation", "0"}, command: []string{"npm", "run", "dev"}})
	for v := 1; v <= 3; v++ {
		h.Serving(v)
		if got, want := get("http://"+h.addr()), fmt.Sprint(v, " EACCES 3"); got != want {
			t.Errorf("generation %d answers %q, want %q", v, got, want)
		}
		h.judged(v + 1)
		if v < 3 {
			save(v + 1)
		}
	}
	write(t, filepath.Join(dir, "maintenance"), "")
	save(4)
	h.Wait("the start script ends it", e2etest.Of("failed", 4))
}
