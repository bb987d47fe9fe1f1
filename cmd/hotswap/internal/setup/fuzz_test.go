package setup

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
)

// Whatever a script says: hotswap does not panic, reads commands that are made of its own text, takes over the same
// again, writes one line per comment, and leaves no watcher in the command.
func FuzzScript(f *testing.F) {
	for _, text := range []string{
		"tsx watch src/index.ts", "a && cd b && nodemon -w x -e ts -x 'c && d' e",
		`concurrently "tsc -w" "node --watch x"`, "X=$Y uvicorn a:b --reload",
		"nodemon --delay 1 \"a\nb\"", "npm run dev", "flask run --debug", "a=b", "nodemon >x y",
		"A=b nest start -w", "ts-node-dev -P x y", "a & nodemon b; c", "x=`y` nodemon $(z)",
		"dotenv -e a -- env -u b tsx watch c",
		"a && b", "A=b c 'd' \"e\" $f; h | i &", "cd x && y", "`a` $(b) ${c:-d}", "a \\\n b", "é 'ü",
		"tsc -w & node --watch dist/a.js", `concurrently -n a,b npm:gen "tsc -w" 'node --watch dist/a.js'`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, script string) {
		commands, ok := split(script)
		var all strings.Builder
		for _, c := range commands {
			all.WriteString(c.Operator + join(c.Words))
		}
		if blanks := strings.NewReplacer(" ", "", "\t", ""); ok &&
			blanks.Replace(all.String()) != blanks.Replace(script) {
			t.Errorf("%q of %q", all.String(), script)
		}
		manifest, _ := json.Marshal(map[string]any{"scripts": map[string]string{"dev": script, "gen": script}})
		files := fstest.MapFS{"package.json": {Data: manifest}}
		proposal, err := Propose(files)
		if err != nil {
			return
		}
		text := string(proposal.YAML())
		if again, err := Propose(files); err != nil || string(again.YAML()) != text {
			t.Errorf("not the same twice: %v", err)
		}
		for line := range strings.Lines(text) {
			if strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\x00\x1b\v\f") {
				t.Errorf("%q", line)
			}
		}
		checkReadable(t, proposal)
		if strings.TrimSpace(proposal.Command) == "" {
			t.Error("no command")
		}
		Advice(files, []string{"sh", "-c", script})
		Advice(files, strings.Fields(script))
	})
}

// Files of other tools, whatever they are.
func FuzzFiles(f *testing.F) {
	f.Add("package.json", `{"scripts":{"dev":"nodemon"},"workspaces":{"packages":["a/*"]}}`)
	f.Add("package.json", strings.Repeat("[", 100_000))
	f.Fuzz(func(t *testing.T, name, text string) {
		files := fstest.MapFS{name: {Data: []byte(text)}, "app.py": {Data: []byte(text)}}
		if proposal, err := Propose(files); err == nil {
			checkReadable(t, proposal)
		}
		Advice(files, []string{"npm", "run", "dev"})
	})
}
