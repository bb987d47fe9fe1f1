package setup

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// airKeys says what becomes of the keys of .air.toml, and airBuildKeys of those of its table build.
var (
	airKeys = map[string]string{"build": given, "root": given, "env_files": envFile, "tmp_dir": drop, "testdata_dir": drop,
		"color": drop, "log": drop, "misc": drop, "screen": drop, "proxy": given}
	airBuildKeys = map[string]string{"pre_cmd": given, "cmd": given, "bin": given, "entrypoint": given, "full_bin": given, "args_bin": given, "linux": given,
		"include_ext": exts, "include_dir": watch, "exclude_dir": given, "poll": drop, "send_interrupt": signal, "delay": drop, "log": drop,
		"stop_on_error": drop, "exclude_unchanged": drop, "follow_symlink": drop, "poll_interval": drop, "rerun_delay": drop, "ignore_dangerous_root_dir": drop}
)

// airExts are the extensions that air watches unless .air.toml says otherwise, and that
// air init writes into it. hotswap watches them and what else belongs to Go.
var airExts = []string{"go", "tpl", "tmpl", "html"}

// air is for air [-c file] [arguments of the program].
func air(r *reading) {
	f := r.found
	if r.rest > 0 || r.rest < len(r.args) && r.args[0].Text == "init" {
		f.Refuse = "hotswap does not know " + r.args[0].Raw
		return
	}
	name := cmp.Or(r.given["-c"].Text, ".air.toml")
	text, there := r.p.read(name)
	var all map[string]any
	if _, err := toml.Decode(text, &all); err != nil || !there && (name != ".air.toml" || r.p.has(name)) {
		f.Refuse = "hotswap cannot read " + name
		return
	}
	build, _ := all["build"].(map[string]any)
	if root := values(all["root"]); len(root) > 0 && path.Clean(root[0]) != "." || len(values(build["linux"])) > 0 {
		f.Refuse = "hotswap init reads neither root nor build.linux of " + name
		return
	}
	if proxy, _ := all["proxy"].(map[string]any); len(values(proxy["enabled"])) > 0 {
		f.leave("proxy (" + name + "): hotswap --livereload reloads the browser")
	}
	f.Steps = append(values(build["pre_cmd"]), airText(build, "cmd", "go build -o ./tmp/main ."))
	f.Command = strings.TrimSpace(airProgram(build) + join(r.args))
	for _, dir := range values(build["exclude_dir"]) {
		if dir = strings.Trim(dir, "/"); !slices.Contains([]string{"tmp", "vendor", "node_modules"}, dir) {
			r.p.take(f, ignore, dir+"/**", name) // with a slash inside it is not for any depth
		}
	}
	f.Add("ignore", "*_test.go")
	airUsual(build)
	r.p.takeFile(f, all, airKeys, name)
	r.p.takeFile(f, build, airBuildKeys, name)
}

// airText returns the text of a key; instead, if the key says nothing.
func airText(build map[string]any, key, instead string) string {
	if texts := values(build[key]); len(texts) == 1 {
		return texts[0]
	}
	return instead
}

// airProgram returns the command of the program that was built.
func airProgram(build map[string]any) string {
	words := values(build["entrypoint"])
	if len(words) == 0 {
		words = []string{airText(build, "bin", "./tmp/main")}
	}
	program := word{Raw: airText(build, "full_bin", join(plainWords(words)))}
	return join(append([]word{program}, plainWords(values(build["args_bin"]))...)) + " "
}

// airUsual leaves out of the table build what hotswap does by itself.
func airUsual(build map[string]any) {
	if !slices.ContainsFunc(values(build["include_ext"]), func(e string) bool { return !slices.Contains(airExts, e) }) {
		delete(build, "include_ext")
	}
	if slices.Equal(values(build["exclude_regex"]), []string{"_test.go"}) {
		delete(build, "exclude_regex")
	}
	if build["send_interrupt"] == true {
		build["send_interrupt"] = "INT"
	}
}
