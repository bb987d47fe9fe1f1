package changes

import "testing"

// A process that has read other settings may refuse what the next one compiles.
func TestSettingsSayHowOthersCompile(t *testing.T) {
	for name, want := range map[string]bool{
		"package.json": true, "tsconfig.json": true, "tsconfig.build.json": true, "jsconfig.json": true,
		".babelrc": true, ".swcrc": true,
		"babel.config.js": true, "config.ts": false, "app.config.ts": true, "package.ts": false, "data.json": false,
		"server.ts": false,
	} {
		if got := settings().MatchString(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
