package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// driver is a process that answers JSON requests, one per line: duckdb_driver.py says which.
type driver struct {
	process *process
	in      io.WriteCloser
	out     *os.File
	lines   *bufio.Reader
	said    *tail // to standard error
	about   duckVersion
}

// hello is the first request.
type hello struct {
	Extension string   `json:"extension"`
	Setup     []string `json:"setup"`
}

type duckVersion struct {
	Version   string `json:"version"`
	Extension string `json:"extension"`
	failure
}

type duckRequest struct {
	SQL   string  `json:"sql"`
	Limit float64 `json:"limit"` // seconds
}

type duckAnswer struct {
	Columns []string    `json:"columns"`
	Types   []string    `json:"types"`
	Rows    [][]*string `json:"rows"`
	Took    float64     `json:"took"` // seconds
	failure
}

type failure struct {
	Error   string `json:"error"`
	Timeout bool   `json:"timeout"`
}

// errDriver is the error of a process that can no longer be asked.
var errDriver = errors.New("the process of DuckDB cannot be asked")

// startTimeout is for importing the package and attaching the shards.
const startTimeout = 2 * time.Minute

// startDriver starts the process and has it set up.
func startDriver(ctx context.Context, cmd *exec.Cmd, first hello) (*driver, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	d := &driver{said: &tail{}}
	var err error
	if d.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, theirs, err := os.Pipe() // of our own: a pipe of the command's would be closed while it is still read
	if err != nil {
		return nil, err
	}
	d.out, d.lines = out, bufio.NewReaderSize(out, 1<<20)
	cmd.Stdout, cmd.Stderr = theirs, d.said
	d.process, err = launch(cmd)
	if err = errors.Join(err, theirs.Close()); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	if err = d.call(ctx, first, &d.about); err == nil && d.about.Error != "" {
		err = errors.New(d.about.Error)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *driver) ask(ctx context.Context, sql string, limit time.Duration) (duckAnswer, error) {
	var answer duckAnswer
	err := d.call(ctx, duckRequest{SQL: sql, Limit: limit.Seconds()}, &answer)
	return answer, err
}

// call puts a request and waits for its answer. Its errors are errDriver: the process has failed, or is in the middle of something.
func (d *driver) call(ctx context.Context, request, answer any) error {
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, err := d.in.Write(append(text, '\n')); err != nil {
		return d.failed(err)
	}
	read := make(chan struct{})
	var readErr error // after read is closed
	go func() {
		defer close(read)
		var line []byte
		if line, readErr = d.lines.ReadBytes('\n'); readErr == nil {
			readErr = json.Unmarshal(line, answer)
		}
	}()
	select {
	case <-read:
		if readErr != nil {
			return d.failed(readErr)
		}
		return nil
	case <-ctx.Done():
		err := errors.Join(errDriver, ctx.Err(), d.process.stop(2*time.Second))
		<-read // the reader may still write the answer; it ends with the process
		return err
	}
}

func (d *driver) failed(err error) error {
	if errors.Is(err, io.EOF) {
		err = errors.New("it has ended")
		select {
		case <-d.process.exited: // what it said last has been read, too
		case <-time.After(2 * time.Second):
		}
	}
	if last := telling(d.said.String(), "Error"); last != "" {
		return fmt.Errorf("%w: %w: %s", errDriver, err, last)
	}
	return fmt.Errorf("%w: %w", errDriver, err)
}

// close ends the process: at the end of its input it goes by itself.
func (d *driver) close() error {
	err := d.in.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil // the process has ended before
	}
	select {
	case <-d.process.exited:
	case <-time.After(2 * time.Second):
		err = errors.Join(err, d.process.stop(2*time.Second))
	}
	return errors.Join(err, d.out.Close())
}
