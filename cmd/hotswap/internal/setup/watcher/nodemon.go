package watcher

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

// nodemonConfig is nodemon.json, or nodemonConfig in package.json.
type nodemonConfig struct {
	Watch       texts             `json:"watch"`
	Ignore      texts             `json:"ignore"`
	Ext         texts             `json:"ext"`
	Exec        texts             `json:"exec"`
	Script      string            `json:"script"`
	Args        []string          `json:"args"`
	NodeArgs    []string          `json:"nodeArgs"`
	ExecMap     map[string]string `json:"execMap"`
	Delay       json.RawMessage   `json:"delay"`
	Signal      string            `json:"signal"`
	Env         map[string]any    `json:"env"`
	LegacyWatch bool              `json:"legacyWatch"`
	Cwd         string            `json:"cwd"`
	Events      map[string]any    `json:"events"`
	OnChange    bool              `json:"runOnChangeOnly"`
	ExitCrash   bool              `json:"exitCrash"`
}

// texts is a text or a list of texts.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = texts{one}
		return nil
	}
	var many []string
	if json.Unmarshal(b, &many) == nil {
		*t = many
	}
	return nil // such as "watch": false
}

// nodemon is for nodemon [options] [script] [arguments].
func nodemon(t *taking) bool {
	c, file, ok := t.nodemonConfig()
	if !ok {
		t.f.Refuse = "hotswap cannot read " + file
		return true
	}
	// The command line counts more than the file, key by key.
	merge := func(key, means string, values texts) {
		if len(t.f.Get(key)) == 0 {
			for _, v := range values {
				t.p.take(t.f, means, v, file)
			}
		}
	}
	merge("watch", watch, c.Watch)
	merge("ignore", ignore, c.Ignore)
	merge("ext", exts, c.Ext)
	if c.Signal != "" {
		merge("stop-signal", signal, texts{c.Signal})
	}
	if c.LegacyWatch {
		merge("poll", poll, texts{""})
	}
	if delays := t.values("delay"); len(delays) > 0 {
		t.f.wait(delays[0].Text, "s", "--delay")
	} else if len(c.Delay) > 0 {
		t.f.wait(strings.Trim(string(c.Delay), `"`), "ms", file)
	}
	if c.Cwd != "" {
		t.f.Leave("cwd " + c.Cwd + " (" + file + ")")
	}
	if len(c.Events) > 0 {
		t.f.Leave("events (" + file + ")")
	}
	if c.OnChange || c.ExitCrash {
		t.f.Leave("runOnChangeOnly, exitCrash (" + file + "); hotswap has --exit-on-crash")
	}
	return t.nodemonCommand(c)
}

// nodemonConfig reads the file that nodemon would read.
func (t *taking) nodemonConfig() (c nodemonConfig, file string, ok bool) {
	for _, w := range t.values("config") {
		file = w.Text
	}
	if file != "" {
		return c, file, t.p.ReadJSON(path.Join(t.f.Dir, file), &c)
	}
	file = path.Join(t.f.Dir, "nodemon.json")
	if kind, _ := t.p.Stat(file); kind != Nothing {
		return c, file, t.p.ReadJSON(file, &c)
	}
	raw := t.p.Manifest(t.f.Dir).NodemonConfig
	return c, "nodemonConfig in package.json", len(raw) == 0 || json.Unmarshal(raw, &c) == nil
}

// nodemonCommand makes the command that nodemon starts.
func (t *taking) nodemonCommand(c nodemonConfig) bool {
	options, rest := t.args[:t.rest], t.args[t.rest:]
	script := ""
	if len(rest) > 0 {
		if !rest[0].Known {
			t.f.Refuse = "hotswap does not know what the shell makes of " + rest[0].Raw
			return true
		}
		script, rest = rest[0].Text, rest[1:]
	} else if c.Script != "" {
		script = c.Script
	}
	rest = append(slices.Clone(rest), shell.PlainWords(c.Args)...)
	exec := strings.Join(c.Exec, " ")
	for _, w := range t.values(run) {
		if exec = w.Text; !w.Known {
			t.f.Refuse = "hotswap does not know what the shell makes of " + w.Raw
			return true
		}
	}
	if m := t.p.Manifest(t.f.Dir); script == "" && exec == "" {
		switch {
		case m.Main != "":
			script = m.Main
		case m.Scripts["start"] != "":
			exec = m.Scripts["start"]
		default:
			script = "index.js"
		}
	}
	if script == "." {
		if script = t.p.Manifest(t.f.Dir).Main; script == "" {
			script = "index.js"
		}
	}
	if script != "" && path.Ext(script) == "" {
		if kind, _ := t.p.Stat(path.Join(t.f.Dir, script+".js")); kind == File {
			script += ".js"
		}
	}
	var env []shell.Word
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		env = append(env, shell.Word{Raw: name + "=" + shell.Quote(fmt.Sprint(c.Env[name])), Text: name, Known: true})
	}
	if exec == "" {
		exec = runs(script, c.ExecMap)
		if exec == "node" {
			options = append(shell.PlainWords(c.NodeArgs), options...)
		}
	}
	if strings.Contains(exec, "{{filename}}") {
		exec, script = strings.ReplaceAll(exec, "{{filename}}", script), ""
	}
	exec = strings.ReplaceAll(exec, "{{pwd}}", ".")
	words := append([]shell.Word{{Raw: exec}}, options...)
	if script != "" {
		words = append(words, shell.Plain(script))
	}
	t.lead = slices.Concat(env, t.withoutRunner())
	t.script(shell.Join(append(words, rest...)))
	return true
}
