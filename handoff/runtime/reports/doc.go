// Package reports collects what the processes of a language runtime report that they have loaded. Each
// process that loads hotswap's script appends lines of JSON to a file of its own in the folder of the
// generation's wire. No connection and no descriptor stays open.
// Names may have any bytes, in reports and in the plan of a standby.
package reports
