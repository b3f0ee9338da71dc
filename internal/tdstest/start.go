package tdstest

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// Option changes the Options of Start.
type Option func(*Options)

// Start starts a server and closes it when the test ends. It fails the test if it cannot.
func Start(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	var options Options
	for _, o := range opts {
		o(&options)
	}
	s, err := New(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// WithEngine describes the database.
func WithEngine(o engine.Options) Option { return func(to *Options) { to.Engine = o } }

// WithEncryption sets what the server demands.
func WithEncryption(e Encryption) Option { return func(to *Options) { to.Encryption = e } }

// WithValidity sets when the server's certificate is valid.
func WithValidity(from, until time.Time) Option {
	return func(to *Options) { to.ValidFrom, to.ValidUntil = from, until }
}

// WithAccessToken lets clients log in with a token.
func WithAccessToken(token string) Option { return func(to *Options) { to.AccessToken = token } }

// WithSessions gives connections other Executors than the database's sessions.
func WithSessions(newSession func(Login) Executor) Option {
	return func(to *Options) { to.NewSession = newSession }
}

// drain reads a result's rows to their end.
func drain(ctx context.Context, r engine.Result) error {
	if r.Rows == nil {
		return nil
	}
	for {
		if _, err := r.Rows.Next(ctx); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
