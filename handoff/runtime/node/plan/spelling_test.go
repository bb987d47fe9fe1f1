package plan

import (
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// A Node of another name is held, and leads to the program, as one named node does.
func TestNodeByOtherNames(t *testing.T) {
	for _, exe := range []string{"/usr/bin/node", "/usr/bin/nodejs", "/usr/bin/node-22", "/opt/node-v20.1.0"} {
		npm := standby.Process{PID: 1, Exe: exe, Argv: []string{"npm run dev"}}
		main := standby.Process{PID: 2, PPID: 1, Exe: exe, Argv: []string{"node", "main.js"}, Env: []string{"npm_lifecycle_script=node main.js"}}
		if !npm.RunsPackages() {
			t.Errorf("%s: npm is not known", exe)
		}
		if err := rulesFor(nil).Eligible([]standby.Process{npm, main}, 1, 2); err != nil {
			t.Errorf("%s: %v", exe, err)
		}
	}
}
