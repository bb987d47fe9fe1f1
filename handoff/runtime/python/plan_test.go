package python

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const words = `{"python":"3.11.2","argv":["python3","app.py"],"dir":"/p","lib":"/usr/lib/python3.11/os.py","began":["sys","os"]}
{"module":"sys","file":""}
{"module":"os","file":"/usr/lib/python3.11/os.py"}
{"module":"__main__","file":"app.py"}
{"module":"flask","file":"/p/venv/lib/python3.11/site-packages/flask/__init__.py"}
{"module":"json","file":"/usr/lib/python3.11/json/__init__.py"}
{"module":"models","file":"/p/models.py"}
{"module":"six.moves","file":"?"}
{"path":["/p","/usr/lib/python311.zip","/usr/lib/python3.11","/usr/lib/python3.11/lib-dynload","/p/venv/lib/python3.11/site-packages"],"finders":["BuiltinImporter","FrozenImporter","PathFinder"]}
{"changed":"MODE"}
{"module":"late","fi`

func TestPlan(t *testing.T) {
	r := testkit.Must(read(strings.NewReader(words)))(t)
	p, err := r.makePlan()
	if err != nil || !slices.Equal(p.Load, []string{"flask", "json"}) || len(p.Known) != 7 ||
		!slices.Equal(p.Env, []string{"MODE"}) {
		t.Errorf("%+v, %v", p, err)
	}
	if got := r.folders(); !slices.Equal(got, []string{"/p"}) {
		t.Errorf("folders of the project: %q", got)
	}
	project := filepath.Join(t.TempDir(), "settings.py")
	put := func(text string) {
		testkit.NoError(t, os.WriteFile(project, []byte(text), 0o600))
	}
	module := `{"module":"settings","file":"` + project + `"}` + "\n"
	for line, why := range map[string]string{
		`{"module":"gevent","file":"/p/venv/lib/python3.11/site-packages/gevent/__init__.py"}` +
			"\n": "has to see modules",
		`{"path":["/p"],"finders":["PathFinder","Hook"]}` +
			"\n": "in its own way, Hook",
		`{"changed":""}` + "\n":             "working directory",
		`{"more":"it uses os.exec"}` + "\n": "os.exec",
		`{"python":"3","argv":[],"dir":"/p","lib":"/l/os.py","began":[]}` + "\n": "has not told",
		`{"python":"3","argv":["a"],"dir":"/p","lib":"/l/os.py","began":["settings"]}` + "\n" +
			module: "before the program",
		module: "",
	} {
		put("")
		r := testkit.Must(read(strings.NewReader(words[:strings.LastIndex(words, "{")] + line)))(t)
		if _, err := r.makePlan(); (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", line, err, why)
		}
	}
	for text, ok := range map[string]bool{
		"logging.config.dictConfig(CONFIG)": false, "LOGGING = {}": false,
		"LOGGING = {'disable_existing_loggers': False}": true,
		"builtins.__import__ = mine":                    false, "import logging": true,
		"logging.setLoggerClass(Mine)": false,
		"from sys import meta_path":    false,
	} {
		put(text)
		if _, err := early(project); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What the project does that packages may do, what it shares with them, and where it may hide one.
func TestProject(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		testkit.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	app := put("app.py", "import warnings\nwarnings.simplefilter(1)\n")
	local := put("ns/local.py", "")
	r := report{Argv: []string{"python3", "app.py"}, Dir: dir, Lib: "/usr/lib/python3.11",
		Path: []string{dir, "/s/site-packages"}, Modules: []module{
			{"ns", "/s/site-packages/ns/__init__.py"}, {"flask", "/s/site-packages/flask/__init__.py"},
			{"ns.local", local},
			{"__main__", app},
		}}
	p, err := r.makePlan()
	if err != nil || !slices.Equal(p.Load, []string{"ns", "flask"}) || !slices.Equal(p.Barred, []string{"ns"}) ||
		!p.Warns {
		t.Errorf("%+v, %v", p, err)
	}
	if got := r.shadows([]string{"flask", "flask.app", "app"}); len(got) != 3 ||
		!slices.Contains(got, filepath.Join(dir, "flask.py")) || slices.Contains(got, app) {
		t.Errorf("modules may come at %q", got)
	}
	if r.dists() {
		t.Error("it is installed nowhere")
	}
	put("app.egg-info/PKG-INFO", "")
	if !r.dists() {
		t.Error("it is installed there")
	}
}

func TestLeads(t *testing.T) {
	for argv, leads := range map[string]bool{
		"python3 /usr/bin/poetry run app": true, "python3 -I start.py": false, "python3 start.py": false,
		"python3": false,
	} {
		if got := (Runtime{}).Rules().IsLauncher(standby.Process{Exe: "/usr/bin/python3.11",
			Argv: strings.Fields(argv)}); got != leads {
			t.Errorf("%s: %t", argv, got)
		}
	}
}

func TestDeaf(t *testing.T) {
	for argv, is := range map[string]bool{
		"python3 -I start.py": true, "/usr/bin/python3.11 -B -uE x.py": true, "python3 -u app.py -I": false,
		"python3 -Werror -m x": false, "flask -E": false, "": false,
	} {
		if got := ignoresEnvironment(strings.Fields(argv)); got != is {
			t.Errorf("%s: %t", argv, got)
		}
	}
}

// Bytes that are no UTF-8 come through both ways, and a name with a NUL is no name.
func TestReportAndPlanKeepBytes(t *testing.T) {
	r, err := read(strings.NewReader(`{"python":"3","argv":["python3","\u00ff\n\"::"],"dir":"/p\u00e9","lib":"/l/os.py","began":[]}
{"module":"a","file":"/l/\u00fe.py"}
{"path":["/p"],"finders":[]}
{"changed":"\u00fd","value":"1\u00fd"}
{"changed":"B","value":"1"}
{"changed":"B","value":null}
`))
	testkit.NoError(t, err)
	p := testkit.Must(r.makePlan())(t)
	p.Warns, p.Dists, p.Barred, p.Run, p.Folders = true, true, []string{"x"}, []string{"w"}, []string{"/\xfe"}
	want := strings.Join([]string{"2", "python3", "\xff\n\"::", "1", "/p\xe9", "1", "a", "2", "a", "/l/\xfe.py", "1",
		"x", "0", "1", "/l", "2", "B", "\xfd", "2", "dists", "warns", "1", "w", "1", "/\xfe", ""}, "\x00")
	if got, err := p.encode(); string(got) != want || err != nil {
		t.Errorf("%q, %v\nwant %q", got, err, want)
	}
	if got, want := r.sets(), map[string]string{"\xfd": standby.Digest("1\xfd"), "B": "", "*": ""}; !maps.Equal(got, want) {
		t.Errorf("it sets %q, want %q", got, want)
	}
	p.Known["a\x00"] = ""
	if got, err := p.encode(); err == nil {
		t.Errorf("%q", got)
	}
}

func TestEnviron(t *testing.T) {
	for given, want := range map[string]string{
		"A=1": "PYTHONPATH=/site", "PYTHONPATH=src:x": "PYTHONPATH=/site:src:x", "PYTHONPATH=": "PYTHONPATH=/site",
		"PYTHONPATH=/site": "PYTHONPATH=/site", "PYTHONPATH=/site:src": "PYTHONPATH=/site:src",
	} {
		if env := config.Environ([]string{given}, "/site", "/dir"); !slices.Contains(env, want) ||
			!slices.Contains(env, Variable+"=/dir") {
			t.Errorf("%s: %q", given, env)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(words)
	f.Fuzz(func(_ *testing.T, text string) {
		r, err := read(strings.NewReader(text))
		if err == nil {
			_, _ = r.makePlan()
			_ = r.folders()
		}
	})
}
