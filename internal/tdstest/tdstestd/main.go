// Command tdstestd starts a server of package tdstest on a loopback address, for tests and demos only: it prints the
// driver's connection string on standard output and serves until its standard input ends or it is interrupted.
//
//	tdstestd -database shop -script fill.sql < /dev/tty
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/atoll-sql/atoll/internal/tdstest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until stdin ends or ctx does.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("tdstestd", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o tdstest.Options
	flags.StringVar(&o.Address, "address", "127.0.0.1:0", "loopback `address` to listen on")
	flags.StringVar(&o.User, "user", tdstest.DefaultUser, "the only login")
	flags.StringVar(&o.Password, "password", tdstest.DefaultPassword, "its password")
	flags.StringVar(&o.Engine.Name, "database", "atoll", "name of the only database")
	flags.BoolVar(&o.Engine.AllowSnapshot, "snapshot", true, "allow snapshot isolation")
	script := flags.String("script", "", "`file` of T-SQL to fill the database with")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("tdstestd: what is %q? Arguments are not taken, flags are", flags.Arg(0))
	}
	server, err := tdstest.New(o)
	if err != nil {
		return err
	}
	return errors.Join(serve(ctx, server, *script, stdin, stdout, stderr), server.Close())
}

func serve(ctx context.Context, server *tdstest.Server, script string, stdin io.Reader, stdout, stderr io.Writer) error {
	if script != "" {
		text, err := os.ReadFile(script)
		if err != nil {
			return fmt.Errorf("tdstestd: %w", err)
		}
		if err := server.Exec(ctx, string(text)); err != nil {
			return fmt.Errorf("tdstestd: %s: %w", script, err)
		}
	}
	_, _ = fmt.Fprintln(stderr, "tdstestd is a stand-in for SQL Server in tests and demos. It is no SQL Server, keeps everything in memory, and must not hold real data.")
	if _, err := fmt.Fprintln(stdout, server.DSN()); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, stdin) // its end, however it comes, is the sign to stop
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return nil
}
