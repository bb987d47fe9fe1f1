package e2etest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// Stack is a program with a port in its code, of internal/e2e/testdata/ports. It answers with its worktree's name and
// its version, at /self with what it gets itself at that port.
type Stack struct {
	Name    string // of its folder
	Command []string
	Port    int
	source  string
	Moves   bool // a kept connection gets the next version's answers
}

// Stacks are all such programs.
var Stacks = []Stack{
	{Name: "node", Command: []string{"node", "server.mjs"}, Port: 3000, source: "server.mjs", Moves: true},
	{Name: "python", Command: []string{"uvicorn", "app:app"}, Port: 8000, source: "app.py", Moves: true},
	{Name: "go", Command: []string{"go", "run", "."}, Port: 8080, source: "main.go", Moves: true},
	{Name: "java", Command: []string{"java", "Server.java"}, Port: 8081, source: "Server.java"},
}

// Worktree is a git worktree of a repository that has all stacks. One of them runs there.
type Worktree struct {
	Stack
	Tree      string // its name
	Dir       string // where the stack's command runs
	Strangers atomic.Int64
}

// Worktrees makes a repository in dir, and a worktree of it for each stack.
func Worktrees(dir string, stacks []Stack) (all []*Worktree, err error) {
	repository := filepath.Join(dir, "main")
	if err := os.CopyFS(repository, os.DirFS(filepath.Join(Root(), "internal/e2e/testdata/ports"))); err != nil {
		return nil, err
	}
	git := func(args ...string) error {
		who := []string{"-C", repository, "-c", "user.name=a", "-c", "user.email=a@localhost"}
		if out, err := exec.Command("git", append(who, args...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %q: %w\n%s", args, err, out)
		}
		return nil
	}
	for _, args := range []string{"init -q", "add .", "commit -qm all"} {
		if err := git(strings.Fields(args)...); err != nil {
			return nil, err
		}
	}
	for i, s := range stacks {
		w := &Worktree{Stack: s, Tree: fmt.Sprint("w", i+1)}
		w.Dir = filepath.Join(dir, w.Tree, s.Name)
		if err := git("worktree", "add", "-q", filepath.Dir(w.Dir)); err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

var versionInCode = regexp.MustCompile(`version = \d+`)

// Save writes a version into the program's code.
func (w *Worktree) Save(version int) error {
	file := filepath.Join(w.Dir, w.source)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, versionInCode.ReplaceAll(text, fmt.Append(nil, "version = ", version)), 0o644)
}

// Answer is what the program says.
type Answer struct {
	Tree    string
	Version int
}

// Checks says what a right answer is. Answers of other worktrees count as Strangers.
func (w *Worktree) Checks() load.Checks {
	return load.Checks{
		Version: func(body []byte, _ http.Header) (string, bool) {
			var a Answer
			err := json.Unmarshal(body, &a)
			return strconv.Itoa(a.Version), err == nil && a.Version > 0
		},
		Right: func(l load.Answer) error {
			var a Answer
			if err := cmp.Or(load.RightStatus(l), json.Unmarshal(l.Body, &a)); err != nil {
				return err
			}
			if a.Tree != w.Tree {
				w.Strangers.Add(1)
				return fmt.Errorf("an answer of %s for %s", a.Tree, w.Tree)
			}
			return nil
		},
	}
}
