//go:build linux

package e2e

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Worktrees of one repository run side by side although the same ports stand in their code. A save in each loses no
// request. Nobody gets another worktree's answer, also not the program, which asks at the port in its code.
func TestWorktreesRunSideBySide(t *testing.T) {
	t.Parallel()
	node, python, golang, java := e2etest.Stacks[0], e2etest.Stacks[1], e2etest.Stacks[2], e2etest.Stacks[3]
	stacks := []e2etest.Stack{node, node, node, python, python, golang, golang}
	if _, err := exec.LookPath("javac"); err == nil {
		stacks = append(stacks, java)
	} else {
		t.Log("without Java: there is no JDK")
	}
	trees, err := e2etest.Worktrees(t.TempDir(), stacks)
	testkit.NoError(t, err)
	all, loads, urls := make([]*hotswap, len(trees)), make([]*traffic, len(trees)), make([]string, len(trees))
	for i, w := range trees { // without standbys, which would take the two processors
		all[i] = start(t, options{dir: w.Dir, env: []string{"PORT="}, command: w.Command,
			args: append(words("--no-warm --port auto --probation "+brief), "--ready-timeout", patience.String())})
	}
	for i, w := range trees {
		all[i].Serving(1)
		url := all[i].does("url")
		if slices.Contains(urls, url) {
			t.Fatalf("two worktrees are at %s", url)
		}
		urls[i] = url
		asks := load.FreshGET(1) // the program to ask itself
		asks.Name, asks.Path = "own port", "/self"
		kinds := []load.Kind{load.FreshGET(2), load.KeepAliveGET(2), asks}
		if w.Name == golang.Name || w.Name == java.Name { // what hotswap builds first may have no adapter
			kinds = resting(kinds)
		}
		loads[i] = begin(t, kinds, w.Checks(), strings.TrimPrefix(url, "http://"))
		loads[i].h = all[i]
	}
	for i, w := range trees {
		loads[i].Answers("1", 20)
		testkit.NoError(t, w.Save(2))
	}
	for i, w := range trees {
		loads[i].swapped(2)
		var a e2etest.Answer
		text := get(urls[i] + "/self")
		if err := json.Unmarshal([]byte(text), &a); err != nil || a != (e2etest.Answer{Tree: w.Tree, Version: 2}) {
			t.Errorf("%s: port %d in the code leads to %s", w.Tree, w.Port, text)
		}
	}
	for i, w := range trees {
		loads[i].end(t)
		all[i].killedNone()
		if n := w.Strangers.Load(); n > 0 {
			t.Errorf("%s: %d answers of others", w.Tree, n)
		}
	}
}
