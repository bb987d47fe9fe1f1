// Package ruby makes standbys of Ruby programs: the same command, started ahead, whose
// Ruby process waits right before the program's own code, with the gems loaded that the
// generation before has loaded.
//
// # How is a program made to wait?
//
// RUBYOPT begins with -r and a script of ours. Ruby requires it when all is ready but
// the program: Ruby has opened the program's script and read its first line, no more.
// It takes back what was changed in the environment, waits, has Ruby read the program's
// script anew (its File is found among all objects, and reopened), and takes itself out
// of $LOADED_FEATURES. Where the script cannot be read anew (Ruby 3.4 reads it before),
// a change of it leaves no use for the standby. What the command requires by -r comes
// before, so that there is no standby where that is the project's.
//
// # How does one know what is loaded?
//
// The first process appends to a file what it is about to run, from a TracePoint for
// script_compiled, and what it has required, each once.
//
// # What is never run early?
//
// Code of the project: all that is neither in a folder of Ruby's libraries nor in one
// of gems. A file of it that a gem wants is not run. The way to the program is looked
// at as for other runtimes (handoff/runtime/standby).
//
// # What is loaded?
//
// The files of gems and of Ruby's libraries, in the order in which they were begun,
// each by its path: no gem is activated by that, for a Gemfile may ask for another
// version. Nothing is, where a gem has to see others being loaded (Datadog, New Relic,
// bootsnap …), where the program changes its working directory, or where a file of the
// project changes how files are loaded. A gem that prints, opens a descriptor, starts a
// thread or program, changes something that is everybody's, needs a file of the
// project, or reads the environment where the program changes it, is noticed, as what
// needs it is: that standby is thrown away, and the next does without.
//
// # When is it of no use?
//
// When a file that it has loaded has changed, or a folder of gems, Gemfile or
// Gemfile.lock, .ruby-version, .env*, or the script of the program where it cannot be
// read anew; when a folder of the project in $LOAD_PATH has a new file that would be
// found instead of one that is loaded.
package ruby
