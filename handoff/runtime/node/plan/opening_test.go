package plan

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// What the first file of the project imports is loaded ahead, up to what cannot be.
func TestPlanOpening(t *testing.T) {
	dir := realPath(t.TempDir())
	file := filepath.Join(dir, "instrument.mjs")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, "node_modules", name) }
	sentry, context, data, express := in("@sentry/node/index.js"), in("context/index.cjs"), in("data/all.json"), in("express/index.js")
	for name, c := range map[string]struct {
		options string
		statics []string
		barred  string        // a package
		ran     time.Duration // when, from now
		loads   []string
	}{
		"all":                 {"--import ./instrument.mjs", []string{sentry, context}, "", time.Minute, []string{sentry, context}},
		"a URL":               {"--import=file://" + file, []string{sentry}, "", time.Minute, []string{sentry}},
		"no module":           {"--import ./instrument.mjs", []string{sentry, data, context}, "", time.Minute, []string{sentry}},
		"loaded later":        {"--import ./instrument.mjs", []string{express, sentry}, "", time.Minute, nil},
		"a side effect":       {"--import ./instrument.mjs", []string{sentry, context}, "context", time.Minute, []string{sentry}},
		"another text":        {"--import ./instrument.mjs", []string{sentry}, "", -time.Minute, nil},
		"not known":           {"--import ./instrument.mjs", nil, "", time.Minute, nil},
		"another file before": {"--import ./other.mjs --import ./instrument.mjs", []string{sentry}, "", time.Minute, nil},
		"another file behind": {"--import ./instrument.mjs --import ./other.mjs", []string{sentry}, "", time.Minute, []string{sentry}},
		"a loader":            {"--import ./instrument.mjs --loader ./other.mjs", []string{sentry}, "", time.Minute, nil},
		"a package's loader":  {"--loader tsx --import ./instrument.mjs", []string{sentry}, "", time.Minute, []string{sentry}},
	} {
		thread := node.Snapshot{Main: filepath.Join(dir, "main.cjs"), Holdable: true, Env: map[string]string{"MODE": "1"}, RanMain: time.Now().Add(c.ran).UnixMilli(), Files: []node.File{
			{Path: in("tsx/loader.mjs"), Kind: node.ESModule}, {Path: file, Kind: node.ESModule}, {Path: sentry, Kind: node.ESModule}, {Path: context, Kind: node.CommonJS, Imported: true},
			{Path: data, Kind: node.JSON}, {Path: filepath.Join(dir, "main.cjs"), Kind: node.CommonJS}, {Path: express, Kind: node.CommonJS},
		}, Statics: node.Statics{file: c.statics}}
		f := facts{thread: thread, dir: dir, options: strings.Fields(c.options)}
		program := program{packed: map[string]string{"tsx": in("tsx"), "@sentry/node": in("@sentry/node"), "context": in("context"), "data": in("data")}}
		var bars []string
		if c.barred != "" {
			bars = []string{c.barred}
		}
		p, _, choice, err := program.plan(f, rehearsed(bars...))
		var loads []string
		for _, x := range p.Load {
			if x.How != imported {
				t.Errorf("%s: %+v", name, x)
			}
			loads = append(loads, x.File)
		}
		if err != nil || !slices.Equal(loads, c.loads) {
			t.Errorf("%s: loads %q, %v", name, loads, err)
		}
		var observed []string
		opener := ""
		if c.loads != nil {
			opener, observed = file, []string{"@sentry/node", "context", "data"}
			if !strings.Contains(c.options, "tsx") {
				observed = append(observed, "tsx")
			}
		}
		if p.Opener != opener || !slices.Equal(p.Observed, observed) {
			t.Errorf("%s: %+v", name, p)
		}
		for pkg, why := range choice.Left {
			if strings.Contains(why, "MODE") {
				t.Errorf("%s: %s %s, and it has set nothing by then", name, pkg, why)
			}
		}
		q := rehearsed(bars...)
		q.Rehearse = false
		if bare, _, _, err := program.plan(f, q); err != nil || len(bare.Load) > 0 || bare.Opener != "" || len(bare.Observed) > 0 {
			t.Errorf("%s, and nothing is known: %+v, %v", name, bare, err)
		}
	}
}

// A standby depends on the file whose imports it has loaded.
func TestOpenerIsDependedOn(t *testing.T) {
	dir := realPath(t.TempDir())
	file, main, pkg := filepath.Join(dir, "instrument.mjs"), filepath.Join(dir, "main.mjs"), filepath.Join(dir, "node_modules/a/index.js")
	if err := errors.Join(os.MkdirAll(filepath.Dir(pkg), 0o755), os.WriteFile(file, nil, 0o600), os.WriteFile(main, nil, 0o600), os.WriteFile(pkg, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	thread := node.Snapshot{Main: main, Holdable: true, RanMain: time.Now().Add(time.Minute).UnixMilli(), ExecArgv: []string{"--import", "./instrument.mjs"}, Statics: node.Statics{file: {pkg}},
		Files: []node.File{{Path: file, Kind: node.ESModule}, {Path: pkg, Kind: node.ESModule}, {Path: main, Kind: node.ESModule}}}
	for opened, statics := range map[bool]node.Statics{true: {file: {pkg}}, false: {}} {
		thread.Statics = statics
		q := rehearsed()
		q.Launch, q.Path = &handoff.Launch{Gen: 2}, []standby.Process{{Exe: "/usr/bin/node", Dir: dir}}
		spec, err := NewRuntime(nil, true).Program(thread).Spec(q)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := spec.Files[file]; ok != opened || len(spec.Packages) > 0 != opened {
			t.Errorf("opened %v: depends on the file: %v, packages %v", opened, ok, spec.Packages)
		}
	}
}

func TestNeeded(t *testing.T) {
	dir := t.TempDir()
	packages := map[string]string{}
	for name, manifest := range map[string]string{
		"a": `{"dependencies":{"b":"1","none":"1"}}`, "b": `{"optionalDependencies":{"c":"1"},"devDependencies":{"d":"1"}}`, "c": `{"peerDependencies":{"a":"1"}}`, "d": `{}`,
	} {
		packages[name] = filepath.Join(dir, name)
		if err := errors.Join(os.Mkdir(packages[name], 0o755), os.WriteFile(filepath.Join(packages[name], "package.json"), []byte(manifest), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := needed(packages, []string{"a", "nothing"}), map[string]bool{"a": true, "b": true, "c": true}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}
