package rules

// Reason says why a file counts, or why not. The order of the constants is not the order in which the reasons are
// checked.
type Reason uint8

// The reasons for which a file does not count, and after them those for which it counts.
const (
	Ignored    Reason = iota // --ignore names it or a folder it lies in
	Outside                  // it lies below nothing that is watched
	NoSource                 // it lies in a folder that is never source
	GitIgnored               // git ignores it or a folder it lies in
	Copied                   // it lies in another work tree of git, see Copy
	EditorTemp               // it is what an editor leaves beside a file while it saves
	Unmatched                // only patterns count where it lies, and none matches
	Data                     // it is a log, a database or a lock file
	Reloaded                 // the program reloads its own sources
	OtherKind                // the command does not read files of its kind

	Named       // --watch, a root or the command names it
	Loaded      // the program has loaded it
	Package     // it is a list of installed packages
	Matched     // a pattern of --watch matches
	Environment // it is an environment file, or what Yarn writes last
	OfKind      // the command reads files of its kind
)

// Counts reports whether a file for which r is the reason counts.
func (r Reason) Counts() bool { return r >= Named }
