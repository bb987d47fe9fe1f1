// Package ruby prepares standbys of Ruby programs: the same command, started ahead, whose
// Ruby process waits right before the program's own code, with the gems loaded that the
// generation before has loaded.
//
// # How a standby waits
//
// RUBYOPT begins with -r and a script. Ruby requires the script when everything is ready but
// the program; it has opened the program's file and read the first line. The script restores
// the environment, waits, has Ruby read the program's file again (it finds the File among all
// objects, and reopens it), and removes itself from $LOADED_FEATURES. Where the file cannot
// be read again (Ruby 3.4 reads it before), its change makes the standby stale. What the
// command requires by -r comes first, so if that is the project's there is no standby.
//
// # Which files are loaded
//
// The first process appends to a file what it is about to run, from a TracePoint for
// script_compiled, and what it has required, each once; also the files whose text is evaluated under
// their name, for those who want to know what it has read. So does each process that was forked and
// loads something, in a file of its own.
//
// # What a standby loads
//
// The files of gems and libraries, in the order in which the program began them, each by its
// path: that activates no gem, because a Gemfile may ask for another version. All that is neither
// in a folder of Ruby's libraries nor in one of gems is the project's, and never runs early; what
// a gem needs of it, or of a gem that is left out, is noticed. Nothing is loaded where a gem has to
// see others being loaded (Datadog, New Relic, bootsnap), where the program changes its working
// directory, or where a file of the project changes how files are loaded.
//
// A rehearsal loads the same and observes the gems (rehearse.rb). Loading a gem means to run its
// files, from the begin of each until a file of another gem begins or goes on. At each such change
// what all code shares is compared, so the gem that is blamed is the one whose own code ran.
//
// # When a standby is stale
//
// When a file that it has loaded has changed, or a folder of gems, Gemfile or Gemfile.lock,
// .ruby-version, .env*, or a program's file that cannot be read again; when a folder of the
// project in $LOAD_PATH has a new file that Ruby would find instead of a loaded one; or when
// a line of the project changes that mentions RACK_ENV, with whose usual value gems are loaded.
package ruby
