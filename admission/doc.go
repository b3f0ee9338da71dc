// Package admission decides which queries run now and which wait for their turn, under limits on how many run at the same time, how many of
// one user do, and how much memory all of them may take together.
//
// Who waits stands in the line of its user. Turns go round the users who have somebody in line, and within one user in the order of
// asking, so that a user with many queries waits for them longer and holds nobody else up: between the moment a query is the first
// of its user and the moment it is let in, no other user gets more than one turn, save while the query's own user has all it may have.
// What is next is let in before anything behind it, however much memory it needs: small requests never starve a big one.
//
// The package imports nothing of Atoll. It starts no goroutine; timers come of an injected clock.
package admission
