package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/tailscale/hujson"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

var errEdit = errors.New("cannot be changed in place: change it by hand")

// Apply returns package.json with the script changed, and everything else as it was.
func (e *Edit) Apply(text []byte) ([]byte, error) {
	text, marked := bytes.CutPrefix(text, []byte(watcher.ByteOrderMark))
	value, err := hujson.Parse(text)
	if err != nil {
		return nil, errEdit
	}
	script := value.Find("/scripts/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(e.Script))
	if script == nil {
		return nil, errEdit
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e.Text); err != nil {
		return nil, errEdit
	}
	out := string(text[:script.StartOffset]) + strings.TrimSuffix(b.String(), "\n") + string(text[script.EndOffset:])
	before, after := scriptsIn(text), scriptsIn([]byte(out))
	if before == nil || after == nil || after[e.Script] != e.Text {
		return nil, errEdit // a script that is there twice
	}
	delete(before, e.Script)
	delete(after, e.Script)
	if !maps.Equal(before, after) {
		return nil, errEdit
	}
	if marked {
		out = watcher.ByteOrderMark + out
	}
	return []byte(out), nil
}

// scriptsIn returns the scripts of a package.json; nil, if it cannot be read.
func scriptsIn(text []byte) map[string]string {
	b, err := hujson.Standardize(append([]byte(nil), text...))
	var m watcher.Manifest
	if err != nil || json.Unmarshal(b, &m) != nil {
		return nil
	}
	return m.Scripts
}

// Diff returns the difference of two texts, as diff -u prints it.
func Diff(name string, before, after []byte) string {
	text := string(diff.Diff(name, before, name, after))
	_, text, _ = strings.Cut(text, "\n") // "diff a b"
	return text
}
