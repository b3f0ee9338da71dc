package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// maxSQL bounds the text of a query read from a file or standard input, in bytes.
const maxSQL = 16 << 20

// sqlText returns the query that args and the -f flag name; "-" reads in.
func sqlText(in io.Reader, args []string, file string) (string, error) {
	const hint = `give it as one argument, with -f FILE, or with - for standard input`
	switch {
	case len(args) > 1:
		return "", usage("put the query in quotes", "expected one query, got %d arguments", len(args))
	case file != "" && len(args) == 1:
		return "", usage(hint, "both a query and -f are given")
	case file == "-" || len(args) == 1 && args[0] == "-":
		return readSQL(in, "standard input")
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return "", &usageError{err: err}
		}
		defer f.Close()
		return readSQL(f, file)
	case len(args) == 1 && strings.TrimSpace(args[0]) != "":
		return args[0], nil
	}
	return "", usage(hint, "no query")
}

func readSQL(r io.Reader, name string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSQL+1))
	switch {
	case err != nil:
		return "", &usageError{err: fmt.Errorf("%s: %w", name, err)}
	case len(text) > maxSQL:
		return "", usage("", "%s: a query may have at most %d MiB", name, maxSQL>>20)
	case strings.TrimSpace(string(text)) == "":
		return "", usage("", "%s holds no query", name)
	}
	return string(text), nil
}
