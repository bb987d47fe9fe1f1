package watcher

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Found is a command that watches files itself, and what hotswap needs to do the same.
type Found struct {
	Watcher string // the name of the watcher, such as "tsx watch"
	Command string // for a shell: what the watcher ran
	Keys    []Key
	Rules   []Rule
	Left    []string // what hotswap does not take over, a line each
	Refuse  string   // hotswap takes over nothing, and what to do instead

	Dir string // where the command runs, relative to the project's folder; "" is that folder
}

// Key is an option of hotswap.
type Key struct {
	Name   string // as on the command line, without --
	Values []string
	From   []string // the watcher's options that said so
}

// Rule is a rule of hotswap.yaml.
type Rule struct {
	Change  []string // none: before each start
	Run     string
	Nothing bool // no swap
}

// keyOrder is the order of Found.Keys.
var keyOrder = []string{"beside", "watch", "ignore", "ext", "quiet-time", "poll", "env-file", "stop-signal", "drain-timeout", "strategy"}

// Leave names something that hotswap does not take over.
func (f *Found) Leave(text string) {
	if !slices.Contains(f.Left, text) {
		f.Left = append(f.Left, text)
	}
}

// Add adds a value to an option that takes several.
func (f *Found) Add(name, value, from string) {
	i := slices.IndexFunc(f.Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		i, _ = slices.BinarySearchFunc(f.Keys, name, func(k Key, name string) int {
			return slices.Index(keyOrder, k.Name) - slices.Index(keyOrder, name)
		})
		f.Keys = slices.Insert(f.Keys, i, Key{Name: name})
	}
	k := &f.Keys[i]
	if !slices.Contains(k.Values, value) {
		k.Values = append(k.Values, value)
	}
	if from != "" && !slices.Contains(k.From, from) {
		k.From = append(k.From, from)
	}
}

// Set gives an option its one value.
func (f *Found) Set(name, value, from string) {
	f.Keys = slices.DeleteFunc(f.Keys, func(k Key) bool { return k.Name == name })
	f.Add(name, value, from)
}

// Get returns the values of an option.
func (f *Found) Get(name string) []string {
	for _, k := range f.Keys {
		if k.Name == name {
			return k.Values
		}
	}
	return nil
}

const globs = "*?[{"

// take adds one value of an option of the watcher.
func (p *Project) take(f *Found, means, value, from string) {
	said := from
	if value != "" {
		said += " " + value
	}
	switch means {
	case watch, more, anywhere:
		p.watch(f, means, value, from)
	case filter:
		if ext := path.Ext(value); ext != "" && strings.Trim(strings.TrimSuffix(value, ext), "*/.") == "" {
			for _, e := range braces(ext[1:]) {
				f.Add("ext", e, from)
			}
		} else {
			f.Leave(said + ": hotswap watches all source files; see --watch and --ignore")
		}
	case regex:
		if found, ok := extsOfRegex(value); ok {
			for _, e := range found {
				f.Add("ext", e, from)
			}
		} else {
			f.Leave(said + ": hotswap has patterns (see --watch and --ignore), no regular expressions")
		}
	case ignore:
		for _, v := range strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ';' }) {
			if strings.Contains(value, "{") {
				v = value // the comma of {a,b}
			}
			v = strings.TrimPrefix(v, "./")
			if f.Dir != "" && strings.Contains(strings.TrimSuffix(v, "/"), "/") {
				v = path.Join(f.Dir, v)
			}
			if _, err := rules.New(rules.Config{Root: "/", Ignore: []string{v}}); err == nil && v != "" && !strings.HasPrefix(v, "!") {
				f.Add("ignore", v, from)
			} else {
				f.Leave(said)
			}
		}
	case exts:
		for _, e := range strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' || c == '*' }) {
			if e = strings.TrimPrefix(e, "."); e != "" {
				f.Add("ext", e, from)
			}
		}
	case millis, seconds:
		unit := "ms"
		if means == seconds {
			unit = "s"
		}
		f.wait(value, unit, from)
	case signal:
		name := strings.TrimPrefix(strings.ToUpper(value), "SIG")
		if _, err := options.ParseSignal(name); err != nil {
			f.Leave(said)
		} else if name != "TERM" {
			f.Set("stop-signal", name, from)
		}
	case grace:
		if d, err := time.ParseDuration(value); err != nil || d < 0 {
			f.Leave(said)
		} else if d > 10*time.Second { // hotswap's own
			f.Set("drain-timeout", d.String(), from)
		}
	case poll:
		f.Set("poll", "true", from)
	case left:
		f.Leave(said)
	}
}

// wait takes over the time that the watcher waits for more changes. unit is for a number
// without one.
func (f *Found) wait(value, unit, from string) {
	d, err := time.ParseDuration(value)
	if err != nil {
		d, err = time.ParseDuration(value + unit)
	}
	switch {
	case err != nil || d < 0 || d > time.Hour:
		f.Leave(from + " " + value)
	case d > 0:
		f.Set("quiet-time", d.String(), from)
	}
}

// watch adds a path or a pattern.
func (p *Project) watch(f *Found, means, value, from string) {
	for _, v := range splitPaths(value) {
		if v == "" {
			continue
		}
		dir := strings.HasSuffix(v, "/")
		if means == anywhere && strings.ContainsAny(v, globs) && !strings.Contains(v, "/") {
			v = "**/" + v
		}
		if !path.IsAbs(v) {
			v = path.Join(f.Dir, v)
		}
		if strings.ContainsAny(v, globs) {
			if _, err := rules.New(rules.Config{Root: "/", Include: []string{v}}); err != nil {
				f.Leave(from + " " + v)
				continue
			}
			if means == watch { // nothing else is watched
				start, _ := doublestar.SplitPattern(v)
				f.Add("watch", start, from)
			}
			f.Add("watch", v, from)
			continue
		}
		kind, inside := p.Stat(v)
		if inside && kind == Nothing && rules.OutputDir(v) {
			kind = Folder // the build has not run yet
		}
		switch {
		case inside && kind == Nothing:
			f.Leave(from + " " + v + ": there is no such file")
			continue
		case means != watch && (dir || kind == Folder):
			v = path.Join(v, "**")
		case means != watch:
			f.Add("watch", ".", "")
		}
		f.Add("watch", v, from)
	}
}

// splitPaths cuts a list with commas, but not the commas of a pattern such as *.{js,ts}.
func splitPaths(value string) []string {
	if strings.Contains(value, "{") {
		return []string{value}
	}
	return strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ';' })
}

// braces returns the alternatives of {a,b}, or the text itself.
func braces(text string) []string {
	if inner, ok := strings.CutPrefix(text, "{"); ok && strings.HasSuffix(inner, "}") {
		return strings.Split(strings.TrimSuffix(inner, "}"), ",")
	}
	return []string{text}
}

// extsOfRegex returns the extensions of a regular expression such as \.(go|html)$, if it
// says nothing else.
func extsOfRegex(text string) (found []string, ok bool) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$")
	if inner, ok := strings.CutPrefix(text, "("); ok && strings.HasSuffix(inner, ")") && strings.Count(inner, "(") == 0 {
		text = strings.TrimSuffix(inner, ")")
		if strings.Contains(text, "|") {
			for one := range strings.SplitSeq(text, "|") {
				e, ok := extsOfRegex(one)
				if !ok {
					return nil, false
				}
				found = append(found, e...)
			}
			return found, true
		}
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, ".+"), ".*")
	text, ok = strings.CutPrefix(text, `\.`)
	if inner, group := strings.CutPrefix(text, "("); group {
		text = strings.TrimSuffix(strings.TrimPrefix(inner, "?:"), ")")
	}
	for e := range strings.SplitSeq(text, "|") {
		if e == "" || strings.Trim(e, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return nil, false
		}
		found = append(found, e)
	}
	return found, ok
}
