package setup

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"regexp"
	"strings"
)

// Package is hotswap's name on npm.
const Package = "hotswap-dev"

var release = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// Manifest returns package.json with hotswap in the watcher's place and, unless a dependency has it
// already, hotswap's package in devDependencies. The rest stays, byte for byte. It returns nil if
// no script has the watcher in so many words.
func (p *Proposal) Manifest(version string) []byte {
	text := p.manifest
	scripts := find(text, span{0, len(text)}, "scripts")
	at := find(text, scripts, p.Script)
	var script string
	if p.Old == "" || json.Unmarshal([]byte(text[at.from:at.to]), &script) != nil || strings.Count(script, p.Old) != 1 {
		return nil
	}
	text = text[:at.from] + inJSON(strings.Replace(script, p.Old, "hotswap", 1)) + text[at.to:]
	all := span{0, len(text)}
	list := find(text, all, "devDependencies")
	if cmp.Or(find(text, list, Package), find(text, find(text, all, "dependencies"), Package)) != (span{}) {
		return []byte(text)
	}
	if version, _, _ = strings.Cut(version, " "); release.MatchString(version) {
		version = "^" + version
	} else {
		version = "latest" // npm may not have this one
	}
	added := inJSON(Package) + ": " + inJSON(version)
	if present := members(text, list); len(present) > 0 {
		last := present[len(present)-1]
		return []byte(text[:last.to] + "," + last.space + added + text[last.to:])
	}
	top := members(text, all)
	last := top[len(top)-1]
	added = "{" + last.space + strings.TrimLeft(last.space, "\r\n") + added + last.space + "}"
	if list != (span{}) {
		return []byte(text[:list.from] + added + text[list.to:])
	}
	return []byte(text[:last.to] + "," + last.space + inJSON("devDependencies") + ": " + added + text[last.to:])
}

// inJSON returns a text in JSON.
func inJSON(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // of a text it does not fail
	return strings.TrimSuffix(b.String(), "\n")
}

// span is where a value stands in a text; the zero value: nowhere.
type span struct{ from, to int }

// member is a value of an object, with the white space before its key.
type member struct {
	span
	key, space string
}

// members returns what an object in a text has.
func members(text string, object span) (all []member) {
	d := json.NewDecoder(strings.NewReader(text[object.from:object.to]))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for {
		after := object.from + int(d.InputOffset())
		if !d.More() {
			return all
		}
		space, _, _ := strings.Cut(text[after:], `"`)
		space = space[strings.Index(space, ",")+1:]
		key, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return nil
		}
		to := object.from + int(d.InputOffset())
		all = append(all, member{span{to - len(value), to}, key.(string), space})
	}
}

// find returns the value of a key in an object. Of a key that is there twice, the last counts.
func find(text string, object span, key string) (value span) {
	for _, m := range members(text, object) {
		if m.key == key {
			value = m.span
		}
	}
	return value
}

// lockFiles say which package manager a project has.
var lockFiles = []struct{ file, manager string }{
	{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"}, {"package-lock.json", "npm"}, {"npm-shrinkwrap.json", "npm"},
}

// Manager returns the package manager whose lock file is in a folder; "": none is.
func Manager(files fs.FS) string {
	for _, l := range lockFiles {
		if _, err := fs.Stat(files, l.file); err == nil {
			return l.manager
		}
	}
	return ""
}
