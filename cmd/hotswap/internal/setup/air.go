package setup

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// airKeys says what becomes of keys of the table build of .air.toml. The commands and exclude_dir are taken over by air itself.
const airKeys = "include_ext:exts include_dir:watch send_interrupt:signal"

// air is for air [-c file] [arguments of the program].
func air(r *reading) {
	f := r.found
	name := cmp.Or(r.given["-c"].Text, ".air.toml")
	text, there := r.p.read(name)
	var all map[string]any
	_, err := toml.Decode(text, &all)
	root := strings.Join(values(all["root"]), " ")
	if err != nil || !there && (name != ".air.toml" || r.p.has(name)) || path.Clean(root) != "." || r.rest > 0 || r.rest < len(r.args) && r.args[0].Text == "init" {
		f.Refused = true
		return
	}
	build, _ := all["build"].(map[string]any)
	f.Steps = append(values(build["pre_cmd"]), airText(build, "cmd", "go build -o ./tmp/main ."))
	f.Command = strings.TrimSpace(airProgram(build) + join(r.args))
	for _, dir := range values(build["exclude_dir"]) {
		dir = strings.Trim(dir, "/")
		if !slices.Contains([]string{"tmp", "vendor", "node_modules"}, dir) {
			r.p.take(f, ignore, dir+"/**", name) // with a slash inside it is not for any depth
		}
	}
	f.Add("ignore", "*_test.go")
	for _, file := range values(all["env_files"]) {
		f.Add("env-file", file)
	}
	if build["send_interrupt"] == true {
		build["send_interrupt"] = "INT"
	}
	maps.DeleteFunc(build, func(key string, _ any) bool { return find(airKeys, key) == nil })
	r.p.takeFile(f, build, airKeys, name)
	if there {
		f.leave("what " + name + " says of more than programs, folders, extensions and env_files")
	}
}

// airText returns the text of a key; instead, if the key says nothing.
func airText(build map[string]any, key, instead string) string {
	return cmp.Or(strings.Join(values(build[key]), " "), instead)
}

// airProgram returns the command of the program that was built. Air gives the arguments to a shell as they are.
func airProgram(build map[string]any) string {
	words := values(build["entrypoint"])
	if len(words) == 0 {
		words = []string{airText(build, "bin", "./tmp/main")}
	}
	words[0] = quote(words[0])
	program := airText(build, "full_bin", strings.Join(words, " "))
	return strings.Join(append([]string{program}, values(build["args_bin"])...), " ") + " "
}
