package main

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
)

// callerFlags say for whom and for what a query is asked. The residency rules go by it, and the audit log records it.
type callerFlags struct {
	purpose, user, clientRegion *string
	roles                       *[]string
	approx                      *bool
}

func addCallerFlags(cmd *cobra.Command) *callerFlags {
	f := cmd.Flags()
	return &callerFlags{
		purpose:      f.String("purpose", "", "what the answer is for, as the residency rules call it"),
		roles:        f.StringArray("role", nil, "a role of the caller's, as the residency rules call it; may be repeated"),
		user:         f.String("user", "", "who asks, for the audit log (default: the operating system's user)"),
		clientRegion: f.String("client-region", "", "the region in which the answer is read (default: unknown, and not judged)"),
		approx:       f.Bool("approx", false, "estimate count(DISTINCT …) from sketches made where the rows are"),
	}
}

// session asks for the caller, and as exactly as wanted.
func (f *callerFlags) session(e *atoll.Engine) *atoll.Session {
	s := e.As(f.caller())
	if *f.approx {
		s = s.Approximate()
	}
	return s
}

// caller is whom the flags name. Without --user it is who runs the program.
func (f *callerFlags) caller() atoll.Caller {
	c := atoll.Caller{
		User: *f.user, Roles: *f.roles, Purpose: *f.purpose, ClientRegion: *f.clientRegion,
		Application: "atoll", Authentication: "operating system",
	}
	if c.User == "" {
		c.User = osUser()
		return c
	}
	if own := osUser(); own != c.User {
		c.Authentication = "named by operating system user " + own
	}
	return c
}

// osUser is the name under which the program runs; its number where the system knows no name.
func osUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

// heldBack says under which terms rows crossed borders, a line for each set of terms; "" if there are none. It depends on the plan alone, never on rows:
// that something was left out would tell of it.
func heldBack(crossings []atoll.Crossing) string {
	type note struct {
		from  []string
		terms string
	}
	var notes []note
	for i := range crossings {
		c := &crossings[i]
		terms, from := strings.Join(c.Terms(), "; "), fmt.Sprintf("%s (%s)", c.From, c.Shard)
		if terms == "" {
			continue
		}
		at := slices.IndexFunc(notes, func(n note) bool { return n.terms == terms })
		if at < 0 {
			at = len(notes)
			notes = append(notes, note{terms: terms})
		}
		if !slices.Contains(notes[at].from, from) {
			notes[at].from = append(notes[at].from, from)
		}
	}
	text := ""
	for _, n := range notes {
		text += printable(fmt.Sprintf("note: residency: from %s: %s", join(n.from, "and"), n.terms)) + "\n"
	}
	return text
}

// estimates says which numbers of an answer are estimates, a line for each.
func estimates(list []atoll.Approximation) string {
	text := ""
	for _, a := range list {
		text += printable("note: "+a.String()) + "\n"
	}
	return text
}

// join lists words: a, b and c.
func join(words []string, and string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + and + " " + words[len(words)-1]
}
