package setup

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// nodemonKeys says what becomes of the keys of nodemon.json, and of nodemonConfig in package.json.
const nodemonKeys = `watch:watch ignore:ignore ext:exts signal:signal exec|execMap|env|script|args|nodeArgs|cwd:given
	legacyWatch|verbose|quiet|colours|restartable|stdin|stdout|dump|spawn:drop`

// nodemon is for nodemon [options] [script] [arguments].
func nodemon(r *reading) {
	raw, file := string(r.p.manifest.NodemonConfig), "nodemonConfig in package.json"
	named, readable := r.given["--config"].Text, true
	if named != "" || r.p.has("nodemon.json") {
		file = cmp.Or(named, "nodemon.json")
		raw, readable = r.p.read(file)
	}
	var keys map[string]any
	if !readable || raw != "" && json.Unmarshal([]byte(raw), &keys) != nil {
		r.found.Refused = true
		return
	}
	for key, name := range map[string]string{"watch": "watch", "ignore": "ignore", "signal": "stop-signal"} {
		if r.found.has(name) { // the command line counts more than the file
			delete(keys, key)
		}
	}
	if len(r.found.exts) > 0 {
		delete(keys, "ext")
	}
	r.p.takeFile(r.found, keys, nodemonKeys, file)
	for _, key := range [...]string{"script", "args", "nodeArgs", "cwd", "execMap"} {
		r.found.Refused = r.found.Refused || len(values(keys[key])) > 0
	}
	r.nodemonCommand(keys)
}

func (r *reading) nodemonCommand(keys map[string]any) {
	m, options, rest := r.p.manifest, r.args[:r.rest], r.args[r.rest:]
	exec := plainWord(strings.Join(values(keys["exec"]), " "))
	if given, ok := r.given["--exec"]; ok {
		exec = given
	}
	if len(rest) == 0 && exec.Known && exec.Text == "" {
		exec.Text = m.Scripts["start"]
		if m.Main != "" || exec.Text == "" {
			exec.Text, rest = "", []word{plainWord(cmp.Or(m.Main, "."))}
		}
	}
	if !exec.Known || len(rest) > 0 && !rest[0].Known || strings.Contains(exec.Text, "{{") {
		r.found.Refused = true
		return
	}
	if exec.Text == "" { // by the script's ending
		exec.Text = cmp.Or(map[string]string{".py": "python", ".rb": "ruby", ".ts": "ts-node", ".coffee": "coffee"}[path.Ext(rest[0].Text)], "node")
	}
	var env []word
	variables, _ := keys["env"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, word{Raw: name + "=" + quote(fmt.Sprint(variables[name]))})
	}
	r.found.script(slices.Concat(env, r.env()), join(slices.Concat([]word{{Raw: exec.Text}}, options, rest)))
}
