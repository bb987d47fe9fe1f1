//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What a record answers is what tsx and Node would answer, whatever has happened to the files since.
func TestRememberedIsTrue(t *testing.T) {
	t.Parallel()
	install(t, filepath.Join(root, "examples/hono-cdc"))
	folder := filepath.Join(root, "handoff/runtime/js")
	tsx := filepath.Join(root, "examples/hono-cdc/node_modules/tsx/dist")
	for _, n := range nodes(t) {
		if n.major < 22 || n.major != 24 && !everyVersion() {
			continue // tsx's hooks are not known, or as those of 24
		}
		for seed := range enough(3, 1) {
			t.Run(fmt.Sprintf("node%d/%d", n.major, seed), func(t *testing.T) {
				t.Parallel()
				n.testScript(t, "remember.test.cjs", folder, tsx, t.TempDir(), fmt.Sprint(seed),
					fmt.Sprint(enough(25, 5)))
			})
		}
	}
}

const remembered = `import { createRequire } from 'node:module'
import { Hono } from 'hono'
import { serve } from '@hono/node-server'
import { z } from 'zod'
import { part } from './part'

interface Answer { part: string; record: boolean; stack: string }

const { cache } = createRequire(import.meta.url)
const remember = Object.keys(cache).find((file) => file.endsWith('/remember/remember.cjs'))

const app = new Hono()
app.get('*', (c) => {
  const record = remember !== undefined && cache[remember]!.exports.answers() > 20
  const answer: Answer = { part: z.string().parse(part), record, stack: new Error('here').stack!.split('\n')[1]!.trim() }
  return c.text(JSON.stringify(answer))
})
serve({ fetch: app.fetch, port: Number(process.env.PORT) })
`

// From the second generation on, answers come from the record. Each save is shown, also one that makes another file
// win, or none; errors are those of a cold start, and name the lines of the source.
func TestRemembersWhatTsxAnswers(t *testing.T) {
	t.Parallel()
	all := nodes(t)
	n := all[len(all)-1]
	dir := t.TempDir()
	// Of its own: what another checkout links to a file, as cp -al does, changes the file's ctime, and then nothing
	// holds.
	from, to := filepath.Join(root, "examples/hono-cdc"), filepath.Join(dir, "node_modules")
	install(t, from)
	for _, name := range []string{"tsx", "esbuild", "@esbuild", "hono", "@hono", "zod"} {
		testkit.NoError(t, os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, "node_modules", name))))
	}
	testkit.NoError(t, os.Mkdir(filepath.Join(to, ".bin"), 0o755))
	testkit.NoError(t, os.Symlink("../tsx/dist/cli.mjs", filepath.Join(to, ".bin/tsx")))
	src := func(name string) string { return filepath.Join(dir, "src", name) }
	write(t, filepath.Join(dir, "package.json"), `{"type":"module","scripts":{"dev":"tsx src/index.ts"}}`)
	write(t, src("index.ts"), remembered)
	write(t, src("part/index.ts"), "export const part: string = 'a folder'\n")
	env := []string{"PATH=" + filepath.Dir(n.binary) + ":" + os.Getenv("PATH")}
	h := start(t, options{dir: dir, env: env, command: []string{n.binary, "--run", "dev"},
		args: []string{"--ready-timeout", patience.String(), "--no-warm"}}) // cold starts remember as standbys do
	gen := 0
	shown := func(part string) {
		t.Helper()
		gen++
		h.Serving(gen)
		want := fmt.Sprintf(`{"part":%q,"record":%t,"stack":"at Array.<anonymous> (%s:15:73)"}`, part, gen > 1,
			src("index.ts"))
		if got := ping(h.port); got != want {
			t.Fatalf("generation %d answers %s, not %s", gen, got, want)
		}
	}
	// fails waits until the generation that a save has started fails as a cold start would.
	fails := func(message string) {
		t.Helper()
		gen++
		h.Wait("the generation fails", e2etest.Of("failed", gen))
		cmd := exec.CommandContext(background(t), filepath.Join(dir, "node_modules/.bin/tsx"), "src/index.ts")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), append(env, "PORT="+freePort(t))...)
		cold, _ := cmd.CombinedOutput()
		line := regexp.MustCompile(message).FindString(string(cold))
		if line == "" || !strings.Contains(h.Log(), line) {
			t.Errorf("a cold start says %q of %s, hotswap's program\n%s", line, cold, h.Log())
		}
	}
	shown("a folder")
	h.known(1, true)
	write(t, src("index.ts"), remembered+"// again\n")
	shown("a folder")
	h.Wait("this one starts by itself", isEvent("direct", 2, "without node --run, sh, tsx"))
	write(t, src("part/index.ts"), "export const part: string = 'a fold_r'\n")
	shown("a fold_r")
	write(t, src("part.ts"), "export const part: string = 'a file'\n")
	shown("a file")
	testkit.NoError(t, os.Rename(src("part.ts"), src("other.ts")))
	shown("a fold_r")
	write(t, src("part/index.ts"), "\nexport const part: string = = 1\n")
	fails(`part/index\.ts:2:\d+: ERROR: .*`)
	testkit.NoError(t, os.Remove(src("part/index.ts")))
	fails(`Directory import '.*src/part' is not supported resolving ES modules imported from .*src/index\.ts`)
	write(t, src("part/index.ts"), "export const part: string = 'again'\n")
	shown("again")
}
