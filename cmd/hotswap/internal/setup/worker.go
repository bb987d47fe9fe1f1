package setup

import "github.com/hotswap-dev/hotswap/internal/lazy"

// jobs are command lines of a library's worker, which listens nowhere, and beat those of Celery's scheduler, which must not run twice.
var (
	jobs = lazy.Pattern(`^(?:(dramatiq|arq|rqworker)|(celery|rq)(?: -\S+=\S+| -\S+ [^-\s]\S*)* worker) `)
	beat = lazy.Pattern(` (?:-B|--beat) `)
)

// worker returns the library of which a command is a worker, by its words; "": of none that is known.
func worker(command string) string {
	if commands, ok := split(command); ok && len(commands) == 1 {
		words := commands[0].Words
		for _, at := range programs(words) {
			line := base(words[at]) + " " + join(words[at+1:]) + " "
			if m := jobs().FindStringSubmatch(line); m != nil && !beat().MatchString(line) {
				return m[1] + m[2]
			}
		}
	}
	return ""
}
