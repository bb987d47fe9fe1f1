package control

// Why says what a change of a file does.
type Why struct {
	File     string `json:"file"`               // absolute
	Swaps    bool   `json:"swaps"`              // a generation starts
	Counts   bool   `json:"counts"`             // a change of the file is looked at, with or without a swap
	Unwanted string `json:"unwanted,omitempty"` // one of the Unwanted constants: Counts is true, and nothing starts
	Kept     bool   `json:"kept,omitempty"`     // changes wait, because a person has paused swaps

	// Rules say what happens besides a swap or instead of one, in the order in which they are
	// carried out.
	Rules []WhyRule `json:"rules,omitempty"`

	// Reason is why the file counts, or why not: a word of package watch/rules, or a Reason
	// constant. The fields behind it are its details.
	Reason     string   `json:"reason"`
	Pattern    string   `json:"pattern,omitempty"`    // that decides, as the user wrote it
	Source     string   `json:"source,omitempty"`     // the file that has the pattern, or the place of the rule or option
	Line       int      `json:"line,omitempty"`       // in Source, from 1; 0: Source is no file
	Folder     string   `json:"folder,omitempty"`     // that decides, absolute
	Extension  string   `json:"extension,omitempty"`  // by which the file counts or does not
	Asked      bool     `json:"asked,omitempty"`      // extensions count that --ext names
	Program    bool     `json:"program,omitempty"`    // the file is the program's own
	Languages  string   `json:"languages,omitempty"`  // of the commands; empty: not known
	Commands   []string `json:"commands,omitempty"`   // that tell which extensions count
	OutputOf   string   `json:"output_of,omitempty"`  // the command that writes the file
	ReachedBy  string   `json:"reached_by,omitempty"` // the path by which the file was asked for, if that is another
	IsFolder   bool     `json:"is_folder,omitempty"`
	NotReached bool     `json:"not_reached,omitempty"` // its folder is not watched, although it would count
}

// WhyRule is what one rule does about a file.
type WhyRule struct {
	Where   string `json:"where"`             // the place of the rule, such as hotswap.yaml:12 or --on
	Pattern string `json:"pattern,omitempty"` // that matches; empty: the rule is for every start
	Run     string `json:"run,omitempty"`
	Once    bool   `json:"once,omitempty"` // Run runs only if the content of its inputs is another
	Signal  string `json:"signal,omitempty"`
	Browser string `json:"browser,omitempty"`
	Nothing bool   `json:"nothing,omitempty"`
}

// Reasons of Why that are not those of package watch/rules.
const (
	ReasonNoWatch = "no-watch" // no files are watched
	ReasonOutput  = "output"   // a command writes the file
	ReasonProject = "project"  // hotswap reads the file itself
)

// Watch is what is watched, and a part of the files that count.
type Watch struct {
	Off        bool     `json:"off,omitempty"` // no files are watched
	Root       string   `json:"root"`          // to which Files and patterns are relative
	Bases      []string `json:"bases"`         // where watching begins: folders and single files, absolute
	Gone       []string `json:"gone,omitempty"`
	Patterns   []Place  `json:"patterns"` // of files that count in addition
	Ignored    []Place  `json:"ignored"`  // patterns of files that do not count
	Extensions []string `json:"extensions"`
	Any        bool     `json:"any,omitempty"` // any extension counts
	Asked      bool     `json:"asked,omitempty"`
	AskedBy    string   `json:"asked_by,omitempty"` // with Asked: where the extensions are named
	Languages  string   `json:"languages,omitempty"`
	Commands   []string `json:"commands,omitempty"`
	Packages   []string `json:"packages,omitempty"`  // folders of installed packages; each is as one file
	EnvFiles   []string `json:"env_files,omitempty"` // that are read before each start
	Folders    int      `json:"folders"`             // that are watched
	Polled     int      `json:"polled,omitempty"`    // folders that are looked at every half second
	PolledFor  []string `json:"polled_for,omitempty"`

	Count int      `json:"count"` // of all files that count
	From  int      `json:"from"`  // the number of the first of Files, from 0
	Files []string `json:"files"`
}

// Place is a pattern, and where the user wrote it.
type Place struct {
	Pattern string `json:"pattern"`
	Where   string `json:"where"`
}
