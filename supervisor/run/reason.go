package run

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// PostMortem returns what is known of the program's end. The first caller says how it ended, and has the output read.
func (p *Program) PostMortem(e report.Exit) report.PostMortem {
	p.readCause.Do(func() { p.post = Explain(e, p.Streams.Last()) })
	return p.post
}

// Explain returns what is known of an end: the exit and what the program wrote last.
func Explain(e report.Exit, last []string) report.PostMortem {
	told, at := telling(last)
	best, named := quote(e, told)
	post := report.PostMortem{Reason: reason(e), Quote: best, Last: told}
	if best != "" {
		dir, _ := os.Getwd()
		post.Place = sourceLine(last, at[named], dir, regular.File)
	}
	return post
}

// reason tells why a process ended, as far as its exit shows.
func reason(e report.Exit) string {
	// A shell, and so npm, ends with 128+n when what it ran was killed by signal n. Codes behind these are rather the
	// program's own.
	if sig := syscall.Signal(e.Code - 128); e.Signal == 0 && sig >= syscall.SIGHUP && sig <= syscall.SIGTERM {
		return fmt.Sprintf("%s (128+%d: signal %s)", e, int(sig), sig)
	}
	if e.Core {
		return e.String() + " (core dumped)"
	}
	return e.String()
}

// aHead is where an uncaught error was thrown, in Node itself or a package: the code and a mark below it follow.
// ofRuntime is a line of Node about itself.
var (
	aHead     = lazy.Pattern(`^(node:|(file://)?/\S+/node_modules/)\S*:\d+$`)
	aMark     = lazy.Pattern(`^ *\^+$`)
	ofRuntime = lazy.Pattern(
		`^ +at .*\bnode:[\w/]+(:\d+)*\)?( \{)?$|^Node\.js v\d|^\(Use .node --trace-|^  \w+: \[Getter/Setter\],?$`)
)

// telling returns the lines without what says nothing of the program, and their indexes.
func telling(last []string) (out []string, at []int) {
	for i := 0; i < len(last); i++ {
		switch line := last[i]; {
		case i+2 < len(last) && aHead().MatchString(line) && aMark().MatchString(last[i+2]):
			i += 2
		case ofRuntime().MatchString(line):
		default:
			out, at = append(out, line), append(at, i)
		}
	}
	return out, at
}

// anError is a line that names what went wrong, in most languages.
var anError = lazy.Pattern(
	`^(Uncaught |Unhandled exception\. |Caused by: |\[cause\]: )?[\w.$:]*(Error|Exception|Errno::[A-Z]+)\b( \[\w+\])?(:|$)` +
		`|^(panic|fatal error|error|fatal|ERROR|FATAL|FATAL ERROR|Error|Fatal error)(\[\w+\])?: ` +
		`|^\[?UnhandledPromiseRejection: ` +
		`|^Exception in thread |^thread '.*' panicked at |^PHP Fatal error` +
		`|\((\w+::)*\w*(Error|Exception|Errno::[A-Z]+)\)$` + // ruby
		`|^A server is already running\b` + // rails, of its pid file
		`|^(npm (error|ERR!)|.?ERR_PNPM_NO_SCRIPT) +Missing script: `)

// ofCompiler is an error of Go's compiler, TypeScript's, esbuild's, Rust's, or one that writes as GCC does.
// The first explains those behind it.
var ofCompiler = lazy.Pattern(
	`^(vet: )?\S+\.go:\d+:\d+: |^\S.*(\(\d+,\d+\)|:\d+:\d+)(:| -) (fatal )?(error|ERROR)( TS\d+)?: |^error TS\d+: |^(✘|X) \[ERROR\] |^error\[E\d+\]: `)

// ofAnother is what a program writes about an error that another line names: 'bun run', 'go run', make,
// pnpm and yarn at the end of what they ran, and uvicorn around that of a start-up hook.
var ofAnother = lazy.Pattern(`^error: script ".*" (exited with code \d+|was terminated by signal \w+)` +
	`|^exit status \d+$|^make(\[\d+\])?: \*\*\* \[.*\] Error \d+$|\bCommand failed with exit code \d+\.$` +
	// cargo
	"|^error: could not compile `|^error: aborting due to |^Some errors have detailed explanations: |^For more information about .*`rustc --explain " +
	`|^info Visit https://yarnpkg\.com/` +
	`|^ERROR: +(Traceback \(most recent|Application startup failed)`)

// anAccess is a line about a request that was answered.
var anAccess = lazy.Pattern(
	`\bHTTP/\d(\.\d)?"? \d{3}\b|\b(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S* (HTTP/\S+ )?"?\d{3}\b`)

// rubyLine is what Ruby writes before a message: the place that raised the error, which is
// often a file of a gem, such as the one that replaces require.
var rubyLine = lazy.Pattern("^.+?:\\d+:in [`'][^']+': ")

// rejected stands in a long line of Node before what the program has said.
const rejected = "The promise rejected with the reason "

// longestQuote bounds what is quoted of a line, in runes.
const longestQuote = 100

// fromOthers are signals that others send. What a program has written before it ended by one tells nothing.
var fromOthers = []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP}

// quote returns that of the last lines which names the cause of an end, short enough to be
// quoted: the first error of a compiler, else the last line that names an error, with the
// line behind if it ends with a colon (esbuild, rust), else the last of all but those of an access log and of a
// wrapper. named is the index of that line. "": none has a word (a prompt), or somebody has killed the program.
func quote(e report.Exit, last []string) (best string, named int) {
	named = len(last) - 1
	for named >= 0 && (anAccess().MatchString(last[named]) || ofAnother().MatchString(last[named])) {
		named--
	}
	if named < 0 || slices.Contains(fromOthers, syscall.Signal(e.Status()-128)) {
		return "", -1
	}
	best = strings.TrimSpace(last[named])
	first := slices.IndexFunc(last, ofCompiler().MatchString)
	for i, line := range slices.Backward(last) {
		line = strings.TrimSpace(strings.TrimLeft(line, " |"))
		if first >= 0 && i != first || first < 0 && (!anError().MatchString(line) || ofAnother().MatchString(line)) {
			continue
		}
		best, named = strings.TrimSuffix(line, "; to add it:"), i
		if _, behind, ok := strings.Cut(best, rejected); ok {
			best = rejected + strings.TrimSuffix(behind, "] {")
		}
		if utf8.RuneCountInString(best) > longestQuote {
			best = rubyLine().ReplaceAllString(best, "")
		}
		if i+1 < len(last) && strings.HasSuffix(best, ":") {
			behind := strings.TrimSpace(last[i+1])
			best += " " + behind
			if utf8.RuneCountInString(best) > longestQuote {
				best = behind
			}
		}
		break
	}
	if !strings.ContainsFunc(best, unicode.IsLetter) {
		return "", -1
	}
	if utf8.RuneCountInString(best) > longestQuote {
		best = string([]rune(best)[:longestQuote-1]) + "…"
	}
	return best, named
}
