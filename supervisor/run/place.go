package run

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// syntaxErrorAt is a place in a source file as compilers and runtimes write it: a.go:2:8, a.ts(1,7), file:///a.mjs:3,
// File "a.py", line 3. Some parsers name the file before the message, and the line, if at all, behind that.
var syntaxErrorAt = lazy.Pattern(`^SyntaxError: (/[^:]+): (?:.*\((?:line )?(\d+)(?: column |:)(\d+)\)$)?` +
	`|File "([^"]+)", line (\d+)` +
	`|(?:file://)?([\w./@+~\[\]-]*[\w\])]\.[a-zA-Z]\w{0,4})(?::(\d+)(?::(\d+))?|\((\d+),(\d+)\))`)

// ofOthers are folders of packages.
var ofOthers = []string{"node_modules", "site-packages", "dist-packages", "vendor", "gems", ".venv", "venv"}

// mostFiles bounds how many files are looked for.
const mostFiles = 20

// sourceLine returns where in the project the error is: in the line that names the error, in a line behind that (a
// stack whose innermost call comes first), or in one before (Python's traceback, the head of Node's syntax error). "":
// no line tells a file of the project. The path is relative to dir, the project's folder.
//
// Who loads a file with a syntax error is not the sourceLine: Node writes the loader's stack behind the error, which
// begins in Node itself, and Ruby the loader before it.
func sourceLine(last []string, named int, dir string, exists func(file string) bool) string {
	of, before, behind := last[named], slices.Clone(last[:named]), last[named+1:]
	slices.Reverse(before)
	if strings.HasSuffix(of, "(SyntaxError)") {
		of = rubyLine().ReplaceAllString(of, "")
	}
	if len(behind) > 0 && strings.HasPrefix(of, "SyntaxError") && ofRuntime().MatchString(behind[0]) {
		behind = nil
	}
	tried := 0
	for _, line := range slices.Concat([]string{of}, behind, before) {
		for _, m := range syntaxErrorAt().FindAllStringSubmatch(line, -1) {
			file := m[1] + m[4] + m[6]
			if filepath.IsAbs(file) {
				file, _ = filepath.Rel(dir, file)
			}
			if !filepath.IsLocal(file) || slices.ContainsFunc(strings.Split(file, "/"), func(part string) bool {
				return slices.Contains(ofOthers, part)
			}) {
				continue
			}
			tried++
			if tried > mostFiles {
				return ""
			}
			if !exists(filepath.Join(dir, file)) {
				continue
			}
			line, column := m[2]+m[5]+m[7]+m[9], m[3]+m[8]+m[10]
			return strings.TrimRight(filepath.Clean(file)+":"+line+":"+column, ":")
		}
	}
	return ""
}
