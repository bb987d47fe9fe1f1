package setup

import (
	"testing"
	"testing/fstest"
)

// In a workspace the lock file and the programs that all packages use are in its first folder.
func TestPackageOfWorkspace(t *testing.T) {
	here := fstest.MapFS{"package.json": {Data: []byte(`{"scripts": {"dev": "tsx watch src/index.ts"}}`)}}
	for _, c := range []struct {
		name, want string
		above      fstest.MapFS
	}{
		{"installed", "tsx src/index.ts", fstest.MapFS{"node_modules/.bin/tsx": {}, "package.json": {Data: []byte(`{}`)}}},
		{"another manager", "tsx src/index.ts", fstest.MapFS{"package.json": {Data: []byte(`{"devDependencies": {"tsx": "4"}}`)}}},
		{"Plug'n'Play", "yarn tsx src/index.ts", fstest.MapFS{".pnp.cjs": {}, "package.json": {Data: []byte(`{"devDependencies": {"tsx": "4"}}`)}}},
		{"not there", "tsx src/index.ts", fstest.MapFS{"package.json": {Data: []byte(`{}`)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Look(here, fstest.MapFS{}, c.above)
			if err != nil || p.Command != c.want {
				t.Errorf("%+v, %v; wanted %s", p, err, c.want)
			}
		})
	}
}
