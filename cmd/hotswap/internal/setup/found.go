package setup

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Found is a command that watches files itself, and what hotswap needs to do the same.
type Found struct {
	Watcher string   // the name of the watcher, such as "tsx watch"
	Steps   []string // commands that run before each start
	Command string   // for a shell: what the watcher ran
	Keys    []Key
	Left    []string // what hotswap does not take over, a line each
	Refused bool     // hotswap takes over nothing

	ready map[string]string // of the values of beside: the line by which each says that it is done
	off   string            // the option that switches off a watcher that is part of the program; "": there is none
}

// Key is an option of hotswap, with its name as on the command line, without --.
type Key struct {
	Name   string
	Values []string
}

func (f *Found) Add(name, value string) {
	i := slices.IndexFunc(f.Keys, func(k Key) bool { return k.Name == name })
	switch {
	case i < 0:
		f.Keys = append(f.Keys, Key{name, []string{value}})
	case !slices.Contains(f.Keys[i].Values, value):
		f.Keys[i].Values = append(f.Keys[i].Values, value)
	}
}

func (f *Found) has(name string) bool {
	return slices.ContainsFunc(f.Keys, func(k Key) bool { return k.Name == name })
}

func (f *Found) leave(text string) {
	if !slices.Contains(f.Left, text) {
		f.Left = append(f.Left, text)
	}
}

// take adds one value of an option of the watcher. from is that option, or a file.
func (p *project) take(f *Found, means, value, from string) {
	said := strings.TrimSpace(from + " " + value)
	switch means {
	case watch, also:
		for _, v := range listed().FindAllString(value, -1) {
			p.watch(f, means, path.Clean(v), from+" "+v)
		}
	case ignore:
		for _, v := range listed().FindAllString(value, -1) {
			v = strings.TrimPrefix(v, "./")
			if _, err := rules.New(rules.Config{Root: "/", Ignore: []string{v}}); err == nil && v != "" && !strings.HasPrefix(v, "!") {
				f.Add("ignore", v)
			} else {
				f.leave(said)
			}
		}
	case signal:
		name := strings.TrimPrefix(strings.ToUpper(value), "SIG")
		if _, err := options.ParseSignal(name); err != nil || f.has("stop-signal") {
			f.leave(said)
		} else if name != "TERM" {
			f.Add("stop-signal", name)
		}
	case left:
		f.leave(said)
	}
}

// watch adds a path or pattern to the option.
func (p *project) watch(f *Found, means, v, said string) {
	start := v
	if strings.ContainsAny(v, "*?[{") {
		start, _ = doublestar.SplitPattern(v)
	}
	_, err := rules.New(rules.Config{Root: "/", Include: []string{v}})
	switch info, none := fs.Stat(p.files, v); {
	case err != nil, fs.ValidPath(start) && !p.has(start) && !rules.OutputDir(v): // a build may not have run yet
		f.leave(strings.TrimSpace(said) + ": there is no such file")
		return
	case means == watch:
		f.Add("watch", start) // with only a pattern, hotswap would watch the folder, too
	case none == nil && info.IsDir():
		v += "/**"
	case start == v:
		f.Add("watch", ".")
	}
	f.Add("watch", v)
}

// listed are the values of a list with commas; *.{js,ts} is one.
var listed = lazy.Pattern(`(?:[^,{]|\{[^}]*\}?)+`)
