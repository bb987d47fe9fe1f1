package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// bashCompletion belongs to a package of its own, which completes the words of the program behind "--".
const bashCompletion = "/usr/share/bash-completion/bash_completion"

// shells have the commands that load a completion, and that print what was typed.
var shells = map[string]struct {
	start  []string
	load   string
	prints string
}{
	"bash": {[]string{"bash", "--noprofile", "--rcfile", "rc", "-i"},
		"[ ! -r " + bashCompletion + " ] || . " + bashCompletion + "; . ./completion",
		`hotswap() { printf 'typed: %s\n' "$*"; }`},
	"zsh": {[]string{"zsh", "-i"},
		"autoload -Uz compinit; compinit -D -u; . ./completion", `hotswap() { print -r -- "typed: $*"; }`},
	"fish": {[]string{"fish", "--no-config", "-i", "-C", ". rc"},
		". ./completion", "function hotswap; echo typed: $argv; end"},
}

// Someone types a part of each word and the tab key.
func TestShellsComplete(t *testing.T) {
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skip(err)
			}
			var out, errOut bytes.Buffer
			if code := run([]string{"hotswap", "completion", name}, os.Stdin, &out, &errOut); code != 0 {
				t.Fatal(errOut.String())
			}
			t.Parallel() // run sets variables of the library
			dir := t.TempDir()
			for file, text := range map[string]string{
				"completion": out.String(), "rc": shell.load + "\n" + shell.prints + "\necho ready\n",
				"variables.env": "",
			} {
				testkit.Write(t, filepath.Join(dir, file), text)
			}
			testkit.NoError(t, os.Symlink("rc", filepath.Join(dir, ".zshrc")))
			cmd := exec.Command(shell.start[0], shell.start[1:]...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "ZDOTDIR="+dir, "TERM=dumb", "COLUMNS=80",
				"LINES=24")
			c := testkit.StartTerminal(t, cmd)
			c.Sees("ready")
			wants := []struct{ typed, line string }{
				{"--stra\tstop\t", "--strategy stop-first"},
				{"--log=js\t", "--log json"},
				{"--env-file vari\t", "--env-file variables.env"},
				{"stat\t--js\t", "status --json"},
			}
			if _, err := os.Stat(bashCompletion); name != "bash" || err == nil {
				wants = append(wants, struct{ typed, line string }{"--no-warm -- printen\t", "--no-warm -- printenv"})
			}
			for _, want := range wants {
				c.Type("hotswap " + want.typed + "\r")
				// zsh writes --log=json
				_, line, _ := strings.Cut(strings.ReplaceAll(c.Sees("typed: "), "=", " "), "typed: ")
				line = strings.TrimSpace(line)
				if line != want.line {
					t.Errorf("%q becomes %q, want %q", want.typed, line, want.line)
				}
			}
		})
	}
}
