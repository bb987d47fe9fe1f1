package setup

import "testing"

func TestEachGenerationOfRailsHasItsPidFile(t *testing.T) {
	const own = " -P tmp/pids/server-$HOTSWAP_GENERATION.pid"
	for command, want := range map[string]string{
		"bin/rails server":           "bin/rails server" + own,
		"bundle exec rails s -p 300": "bundle exec rails s" + own + " -p 300",
		"unset PORT && env RUBY_DEBUG_OPEN=true bin/rails server": "unset PORT && env RUBY_DEBUG_OPEN=true bin/rails server" + own,
		"bin/rails server -P a.pid":                               "bin/rails server -P a.pid",
		"bin/rails s --pid=a.pid":                                 "bin/rails s --pid=a.pid",
		"PIDFILE=a.pid bin/rails server":                          "PIDFILE=a.pid bin/rails server",
		"bin/rails solid_queue:start":                             "bin/rails solid_queue:start",
		"bin/grails server":                                       "bin/grails server",
		"bundle exec puma":                                        "bundle exec puma",
	} {
		if got := withPidFile(command); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
