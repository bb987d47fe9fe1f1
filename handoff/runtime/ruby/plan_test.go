package ruby

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

const words = `{"ruby":"3.1.2","argv":["app.rb","x"],"dir":"/p","reads":1,"began":["/usr/lib/ruby/rubygems.rb","enumerator.so"]}
{"begun":"app.rb"}
{"begun":"/g/gems/rack-2.2.22/lib/rack.rb"}
{"begun":"/g/gems/rack-2.2.22/lib/rack/version.rb"}
{"feature":"/g/gems/rack-2.2.22/lib/rack/version.rb"}
{"feature":"/g/gems/rack-2.2.22/lib/rack.rb"}
{"begun":"/p/bin/loaded"}
{"begun":"/g/gems/puma-5.6/bin/puma"}
{"feature":"/g/extensions/x86_64-linux/3.1.0/puma-5.6/puma/puma_http11.so"}
{"begun":"/usr/lib/ruby/3.1.0/bundler/setup.rb"}
{"feature":"/usr/lib/ruby/3.1.0/bundler/setup.rb"}
{"changed":["MODE","BUNDLE_GEMFILE"],"values":["x","/p/Gemfile"],"path":["/p/lib","/g/gems/rack-2.2.22/lib"],"roots":["/usr/lib/ruby/","/usr/lib/ruby/3.1.0/","/g/gems/","/g/extensions/"]}
{"begun":"/p/late.r`

func TestPlan(t *testing.T) {
	r, err := read(strings.NewReader(words))
	if err != nil {
		t.Fatal(err)
	}
	rack := []string{"/g/gems/rack-2.2.22/lib/rack.rb", "/g/gems/rack-2.2.22/lib/rack/version.rb"}
	p, err := r.makePlan()
	if err != nil || !slices.Equal(p.Load, rack) || !r.Reads || r.script() != "/p/app.rb" {
		t.Errorf("%+v, %v", p, err)
	}
	if got := r.project(); !slices.Equal(got, []string{"/p/app.rb", "/p/bin/loaded"}) {
		t.Errorf("the project's: %q", got)
	}
	if got, want := r.sets(), map[string]string{"MODE": standby.Digest("x"), "*": ""}; !maps.Equal(got, want) {
		t.Errorf("the program sets %q, want %q", got, want)
	}
	for file, gem := range map[string]string{
		rack[0]: "rack", "/g/extensions/x86_64-linux/3.1.0/puma-5.6/puma/puma_http11.so": "puma", "/usr/lib/ruby/3.1.0/json/common.rb": "json",
		"/usr/lib/ruby/3.1.0/set.rb": "set", "/g/gems/net-http-0.2/lib/net/http.rb": "net-http", "/g/extensions/x": "x",
	} {
		if got := r.gemOf(file); got != gem {
			t.Errorf("%s is of %s", file, got)
		}
	}
	for line, why := range map[string]string{
		`{"feature":"/g/gems/datadog-2.0/lib/datadog.rb"}` + "\n": errBare.Error(),
		`{"more":1}` + "\n": errBare.Error(),
		`{"changed":[""],"path":[],"roots":["/usr/lib/ruby/","/g/gems/"]}` + "\n":            errBare.Error(),
		`{"ruby":"3","argv":[],"dir":"/p","began":[]}` + "\n":                                "has not told",
		`{"ruby":"3","argv":["a"],"dir":"/p","began":["/p/a.rb"]}` + "\n":                    "before the program",
		`{"ruby":"3","argv":["/usr/bin/bundle","exec","puma"],"dir":"/p","began":[]}` + "\n": "bundle exec",
		`{"ruby":"3","argv":["b"],"dir":"/p","began":["/p/b.rb"]}` + "\n":                    "before the program",
		`{"feature":"/g/gems/rack-2.2.22/lib/rack/mime.rb"}` + "\n":                          "",
	} {
		r, err := read(strings.NewReader(words[:strings.LastIndex(words, "{")] + line))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.makePlan(); (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", line, err, why)
		}
	}
	r.Changed, r.Values = []string{"RACK_ENV"}, []string{"development"}
	if got := r.sets(); len(r.given()) != 1 || got["RACK_ENV"] != "" {
		t.Errorf("the usual RACK_ENV: %q", got)
	}
	if r.Values[0] = "test"; len(r.given()) != 0 || r.sets()["RACK_ENV"] != standby.Digest("test") {
		t.Errorf("an unusual RACK_ENV: %q", r.sets())
	}
	project := filepath.Join(t.TempDir(), "x.rb")
	for text, ok := range map[string]bool{"TracePoint.new": false, "def require(name)": false, "require 'x'": true} {
		if err := os.WriteFile(project, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := early(project); errors.Is(err, errBare) == ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	write := func(text string) {
		if err := os.WriteFile(project, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ENV['RACK_ENV'] ||= 'development'\n")
	r = report{Dir: filepath.Dir(project), Begun: []string{project}, Roots: []string{"/g/gems/"}, Changed: []string{"RACK_ENV"}, Values: []string{"development"}}
	validate := program{report: r}.validator(rack)
	for text, ok := range map[string]bool{
		"ENV['RACK_ENV'] ||= 'test'\n": false, "ENV['RACK_ENV'] ||= 'development'\n  environment 'test'": false, "x": false,
		"ENV['RACK_ENV'] ||= 'development'\nset :environment, :test": true,
	} {
		if write(text); (validate(nil) == nil) != ok {
			t.Errorf("%s: %v", text, validate(nil))
		}
	}
}

// A file of the project would be found in place of a gem's now, or where there was none.
func TestShadowed(t *testing.T) {
	dir := t.TempDir()
	r := report{Dir: dir, Path: []string{dir, "/g/gems/rack-2.2.22/lib"}, Roots: []string{"/g/gems/"}}
	load, before := []string{"/g/gems/rack-2.2.22/lib/rack/mime.rb"}, r.shadows()
	for _, c := range []struct{ file, why string }{{"models.rb", ""}, {"local.rb", "local/x"}, {"rack.rb", "rack now"}} {
		if err := os.WriteFile(filepath.Join(dir, c.file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		err := r.shadowed(load, []string{"local/x"}, before)
		if (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", c.file, err)
		}
		if c.why != "" {
			_ = os.Remove(filepath.Join(dir, c.file))
		}
	}
}

func TestEnviron(t *testing.T) {
	for given, want := range map[string]string{
		"A=1": "RUBYOPT=-r/site/hotswap.rb", "RUBYOPT=-w": "RUBYOPT=-r/site/hotswap.rb -w", "RUBYOPT=": "",
		"RUBYOPT=-r/site/hotswap.rb -w": "RUBYOPT=-r/site/hotswap.rb -w",
	} {
		env, err := config.Environ([]string{given}, "/site", "/dir")
		if want == "" && err == nil || want != "" && (!slices.Contains(env, want) || !slices.Contains(env, Variable+"=/dir")) {
			t.Errorf("%s: %q", given, env)
		}
	}
}

func TestSkips(t *testing.T) {
	for argv, skipped := range map[string]bool{"ruby -x app.rb": true, "ruby -wx app.rb": true, "ruby -w app.rb -x": false, "ruby -I x app.rb": false, "ruby": false} {
		if got := skips(strings.Fields(argv)); got != skipped {
			t.Errorf("%s: %t", argv, got)
		}
	}
}

func TestLeads(t *testing.T) {
	for argv, leads := range map[string]bool{"ruby start.rb": false, "npm run dev": true} {
		exe := map[bool]string{true: "/usr/bin/node", false: "/usr/bin/ruby3.1"}[leads]
		if got := (Runtime{}).Rules().IsLauncher(standby.Process{Exe: exe, Argv: strings.Fields(argv)}); got != leads {
			t.Errorf("%s: %t", argv, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(words)
	f.Fuzz(func(_ *testing.T, text string) {
		r, err := read(strings.NewReader(text))
		if err == nil {
			_, _ = r.makePlan()
			_ = r.project()
		}
	})
}
