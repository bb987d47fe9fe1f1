package watcher

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

// airConfig is .air.toml, as far as it says how to build and run the program.
type airConfig struct {
	Root     string   `toml:"root"`
	TmpDir   string   `toml:"tmp_dir"`
	EnvFiles []string `toml:"env_files"`
	Build    struct {
		airCommands
		IncludeExt    []string  `toml:"include_ext"`
		ExcludeDir    []string  `toml:"exclude_dir"`
		IncludeDir    []string  `toml:"include_dir"`
		ExcludeFile   []string  `toml:"exclude_file"`
		IncludeFile   []string  `toml:"include_file"`
		ExcludeRegex  []string  `toml:"exclude_regex"`
		Poll          bool      `toml:"poll"`
		Delay         int       `toml:"delay"`
		SendInterrupt bool      `toml:"send_interrupt"`
		KillDelay     any       `toml:"kill_delay"`
		Rerun         bool      `toml:"rerun"`
		Rules         []airRule `toml:"rules"`
		Linux         airCommands
	} `toml:"build"`
	Proxy struct {
		Enabled bool `toml:"enabled"`
	} `toml:"proxy"`
}

type airCommands struct {
	PreCmd     []string `toml:"pre_cmd"`
	Cmd        string   `toml:"cmd"`
	PostCmd    []string `toml:"post_cmd"`
	Bin        string   `toml:"bin"`
	Entrypoint any      `toml:"entrypoint"` // a text or a list
	FullBin    string   `toml:"full_bin"`
	ArgsBin    []string `toml:"args_bin"`
}

type airRule struct {
	Cmd          string   `toml:"cmd"`
	IncludeDir   []string `toml:"include_dir"`
	IncludeExt   []string `toml:"include_ext"`
	IncludeFile  []string `toml:"include_file"`
	ExcludeRegex []string `toml:"exclude_regex"`
}

// airExts are the extensions that air watches unless .air.toml says otherwise, and that
// air init writes into it. hotswap watches them and what else belongs to Go.
var airExts = []string{"go", "tpl", "tmpl", "html"}

// air is for air [-c file] [arguments of the program].
func air(t *taking) bool {
	rest := t.args[t.rest:]
	if len(rest) > 0 && rest[0].Text == "init" {
		return false
	}
	if t.rest > 0 {
		t.f.Refuse = "hotswap does not know its option " + t.args[0].Raw + ": write it to .air.toml"
		return true
	}
	name := ".air.toml"
	if kind, _ := t.p.Stat(path.Join(t.f.Dir, name)); kind == Nothing {
		if kind, _ := t.p.Stat(path.Join(t.f.Dir, ".config/air.toml")); kind == File {
			name = ".config/air.toml"
		}
	}
	for _, w := range t.values("config") {
		name = w.Text
	}
	var c airConfig
	c.Root, c.TmpDir = ".", "tmp"
	c.Build.Cmd, c.Build.Bin = "go build -o ./tmp/main .", "./tmp/main"
	c.Build.ExcludeRegex = []string{"_test.go"}
	text, there := t.p.Read(path.Join(t.f.Dir, name))
	if _, err := toml.Decode(text, &c); err != nil || !there && name != ".air.toml" {
		t.f.Refuse = "hotswap cannot read " + name
		return true
	}
	return c.take(t, name, rest)
}

func (c *airConfig) take(t *taking, name string, rest []shell.Word) bool {
	f, b := t.f, &c.Build
	c.platform()
	for _, cmd := range b.PreCmd {
		f.Rules = append(f.Rules, Rule{Run: cmd})
	}
	f.Rules = append(f.Rules, Rule{Run: b.Cmd})
	if c.Root != "." && c.Root != "" && c.Root != "./" {
		f.Leave("root " + c.Root + " (" + name + "): put hotswap.yaml there")
	}
	for _, e := range b.IncludeExt {
		if !slices.Contains(airExts, e) {
			t.p.take(f, exts, strings.Join(b.IncludeExt, ","), "include_ext")
			break
		}
	}
	for _, dir := range b.ExcludeDir {
		if dir = strings.Trim(dir, "/"); dir != "" && dir != c.TmpDir && dir != "vendor" && dir != "node_modules" {
			t.p.take(f, ignore, path.Join(f.Dir, dir)+"/**", "exclude_dir") // with a slash inside it is not for any depth
		}
	}
	for _, dir := range b.IncludeDir {
		t.p.take(f, watch, dir, "include_dir")
	}
	for _, name := range b.IncludeFile {
		t.p.take(f, more, name, "include_file")
	}
	for _, name := range b.ExcludeFile {
		t.p.take(f, ignore, "/"+path.Join(f.Dir, name), "exclude_file")
	}
	for _, text := range b.ExcludeRegex {
		if glob, ok := globOfRegex(text); ok {
			t.p.take(f, ignore, glob, "exclude_regex")
		} else {
			f.Leave("exclude_regex " + text + ": hotswap has patterns (see --ignore), no regular expressions")
		}
	}
	if b.Delay != 0 && b.Delay != 1000 { // what air init writes
		t.p.take(f, millis, strconv.Itoa(b.Delay), "delay")
	}
	if b.Poll {
		t.p.take(f, poll, "", "poll")
	}
	if b.SendInterrupt {
		t.p.take(f, signal, "INT", "send_interrupt")
	}
	if delay, ok := b.KillDelay.(string); ok {
		t.p.take(f, grace, delay, "kill_delay")
	}
	for _, file := range c.EnvFiles {
		f.Add("env-file", path.Join(f.Dir, file), "env_files")
	}
	c.leave(f, name)
	for _, r := range b.Rules {
		if change := r.patterns(); len(r.ExcludeRegex) > 0 || len(change) == 0 || slices.ContainsFunc(change, invalid) {
			f.Leave("build.rules " + r.Cmd + " (" + name + ")")
		} else {
			f.Rules = append(f.Rules, Rule{Change: change, Run: r.Cmd, Nothing: true})
		}
	}
	args := shell.PlainWords(b.ArgsBin)
	args = append(args, rest...)
	program := b.FullBin
	if program == "" {
		program = shell.Quote(b.Bin)
	}
	t.script(shell.Join(append([]shell.Word{{Raw: program}}, args...)))
	return true
}

// platform applies what the file says for Linux, and turns the entry point into a command.
func (c *airConfig) platform() {
	b, l := &c.Build, &c.Build.Linux
	if l.PreCmd != nil {
		b.PreCmd = l.PreCmd
	}
	if l.PostCmd != nil {
		b.PostCmd = l.PostCmd
	}
	if l.ArgsBin != nil {
		b.ArgsBin = l.ArgsBin
	}
	if l.Entrypoint != nil {
		b.Entrypoint = l.Entrypoint
	}
	for _, pair := range []struct{ to, from *string }{{&b.Cmd, &l.Cmd}, {&b.Bin, &l.Bin}, {&b.FullBin, &l.FullBin}} {
		if *pair.from != "" {
			*pair.to = *pair.from
		}
	}
	var entry []string
	switch e := b.Entrypoint.(type) {
	case string:
		entry = []string{e}
	case []any:
		for _, word := range e {
			if text, ok := word.(string); ok {
				entry = append(entry, text)
			}
		}
	}
	if len(entry) > 0 && entry[0] != "" {
		b.Bin = entry[0]
		b.ArgsBin = append(entry[1:len(entry):len(entry)], b.ArgsBin...)
	}
}

// leave names what hotswap has no place for.
func (c *airConfig) leave(f *Found, name string) {
	if c.Proxy.Enabled {
		f.Leave("proxy (" + name + "): hotswap --livereload reloads the browser")
	}
	if len(c.Build.PostCmd) > 0 {
		f.Leave("post_cmd " + strings.Join(c.Build.PostCmd, "; ") + " (" + name + ")")
	}
	if c.Build.Rerun {
		f.Leave("rerun (" + name + ")")
	}
}

// patterns returns the files of a rule.
func (r *airRule) patterns() (change []string) {
	ending := "*"
	switch len(r.IncludeExt) {
	case 0:
	case 1:
		ending = "*." + r.IncludeExt[0]
	default:
		ending = "*.{" + strings.Join(r.IncludeExt, ",") + "}"
	}
	for _, dir := range r.IncludeDir {
		change = append(change, path.Join(dir, "**", ending))
	}
	if len(r.IncludeDir) == 0 && len(r.IncludeExt) > 0 {
		change = append(change, "**/"+ending)
	}
	return append(change, r.IncludeFile...)
}

func invalid(pattern string) bool {
	return strings.Trim(pattern, "!") == "" || pattern[0] == '!' || !doublestar.ValidatePattern(pattern)
}

var endOfName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\\?\.[A-Za-z0-9]+)+$`)

// globOfRegex returns the pattern of a regular expression that is the end of a file's name,
// such as _test\.go$ and .*_templ.go.
func globOfRegex(text string) (glob string, ok bool) {
	text = strings.TrimPrefix(strings.TrimSuffix(text, "$"), ".*")
	if !endOfName.MatchString(text) {
		return "", false
	}
	return "*" + strings.ReplaceAll(text, `\`, ""), true
}
