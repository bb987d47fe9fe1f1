package setup

import "regexp"

var (
	railsServer  = regexp.MustCompile(`^(|.*[\s/])rails (server|s)\b`)
	railsPidFile = regexp.MustCompile(`\bPIDFILE=|\s(-P|--pid\b)`)
)

// withPidFile gives each generation of Rails' server a pid file of its own, because Rails
// refuses to start while the process that its pid file names runs.
func withPidFile(command string) string {
	if railsPidFile.MatchString(command) {
		return command
	}
	return railsServer.ReplaceAllString(command, "${0} -P tmp/pids/server-$$HOTSWAP_GENERATION.pid")
}
