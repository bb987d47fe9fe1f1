package setup

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// refuse is for a watcher whose command stands in a file of its own.
func refuse(r *reading) { r.found.Refused = true }

// nodemon is for nodemon [options] [script] [arguments]. Without a script it runs package.json's main.
func nodemon(r *reading) {
	m, options, rest, exec := r.p.manifest, r.args[:r.rest], r.args[r.rest:], r.given["--exec"]
	if len(rest) == 0 && exec.Raw == "" && m.Main != "" {
		rest = []word{plainWord(m.Main)}
	}
	commands, simple := split(exec.Text)
	switch {
	case exec.Text != "" && (!simple || len(commands) > 1), r.given["--config"].Raw != "", m.NodemonConfig != nil,
		r.p.has("nodemon.json"),
		len(rest) == 0 && exec.Text == "", exec.Raw != "" && !exec.Known, len(rest) > 0 && !rest[0].Known,
		strings.Contains(exec.Text, "{{"):
		refuse(r)
		return
	case exec.Text == "": // by the script's ending
		exec.Text = cmp.Or(map[string]string{".py": "python", ".rb": "ruby", ".ts": "ts-node",
			".coffee": "coffee"}[path.Ext(rest[0].Text)], "node")
	}
	r.found.Command = join(slices.Concat(r.env(), []word{{Raw: exec.Text}}, options, rest))
}
