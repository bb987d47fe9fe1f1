//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A worker in TypeScript, as an ES module and as CommonJS with --ready start: a save that does not compile leaves it
// alone, and no good one is refused.
func TestWorkerOutlivesABrokenSave(t *testing.T) {
	t.Parallel()
	linked := t.TempDir()
	linkModules(t, linked, "internal/e2e/testdata/tools")
	tsx := filepath.Join(linked, "node_modules/tsx/dist/cli.mjs")
	const good = `import './other'
export enum Kind { %s }
function sealed(target: any, key: any) {}
export class Job { @sealed name!: string; constructor(private readonly kind: Kind = Kind.%[1]s) {} text(): string { return Kind[this.kind] } }
`
	all := nodes(t)
	// the loaders of old and new Nodes differ
	for kind, n := range map[string]nodeBinary{"module": all[0], "commonjs": all[len(all)-1]} {
		t.Run(fmt.Sprintf("node%d/%s", n.major, kind), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "package.json"), `{"private":true,"type":"`+kind+`"}`)
			write(t, filepath.Join(dir, "tsconfig.json"), `{"compilerOptions":{"experimentalDecorators":true}}`)
			write(t, filepath.Join(dir, "other.ts"), "export {}\n")
			write(t, filepath.Join(dir, "job.ts"), fmt.Sprintf(good, "One"))
			write(t, filepath.Join(dir, "worker.ts"),
				"import { Job } from './job'\nconst job: Job = new Job()\nconsole.log('works')\nsetInterval(() => job.text(), 1000)\n")
			event, goes, ready := "running", "runs", words("--ready-timeout 5s")
			if kind == "commonjs" {
				event, goes, ready = "serving", "keeps", words("--ready start")
			}
			h := start(t, options{
				dir: dir, env: words("PORT="), args: append(words("--verbose --probation 0"), ready...),
				command: []string{n.binary, tsx, "worker.ts"},
			})
			h.Wait("it runs", e2etest.Of(event, 1))
			h.Wait("what is loaded", e2etest.Of("follows", 1))
			testkit.Eventually(t, func() error { // on a busy machine long after the time in which it may listen
				if strings.Contains(h.Log(), "works") {
					return nil
				}
				return errors.New("it has not loaded the job")
			})
			write(t, filepath.Join(dir, "job.ts"), fmt.Sprintf(good, "Two")+"const broken: = 1\n")
			l := h.Wait("the broken save", is("build-failed"))
			if l.Next != goes || !strings.Contains(l.Message, "not swapped: it does not compile") ||
				!strings.Contains(l.Message, " · job.ts · ") || !strings.Contains(l.Message, "job.ts:5:14: ERROR: ") {
				t.Errorf("%s: %s", l.Next, l.Message)
			}
			write(t, filepath.Join(dir, "job.ts"), fmt.Sprintf(good, "Two"))
			h.Wait("the good save", e2etest.Of(event, 2))
		})
	}
}
