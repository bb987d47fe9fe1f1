package rules

// Verdict is what the rules say about one path, and why.
type Verdict uint8

// The verdicts. Only Wanted means that the path counts.
const (
	Outside     Verdict = iota // below no base
	UserIgnored                // named by --ignore
	NeverWanted                // a folder or file that is never source: node_modules, *.swp, *.log
	GitIgnored                 // named by a .gitignore or by .git/info/exclude
	NotSource                  // a file that this command is not expected to read
	Wanted                     // a file to watch, or a folder to descend into
)

var verdictNames = [...]string{
	Outside: "outside", UserIgnored: "ignored by --ignore", NeverWanted: "ignored by default",
	GitIgnored: "ignored by git", NotSource: "not source", Wanted: "watched",
}

// Watch reports whether the file is to be watched, or the folder descended into.
func (v Verdict) Watch() bool { return v == Wanted }

// String returns the reason in a few words, for people.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "unknown verdict"
}
