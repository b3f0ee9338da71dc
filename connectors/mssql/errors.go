package mssql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/dialerror"
)

// fatalSeverity is the severity from which on the server ends the connection.
const fatalSeverity = 20

// connectError marks a failure to connect or to log in.
type connectError struct{ cause error }

func (e *connectError) Error() string { return e.cause.Error() }
func (e *connectError) Unwrap() error { return e.cause }

// explain turns what ended a stream into an error of the port.
func (s *shard) explain(err error) error {
	var failed driver.Error
	var connecting *connectError
	var broken *brokenError
	var ce *connectors.Error
	switch {
	case errors.As(err, &ce):
		if ce.Shard == "" {
			ce.Shard = s.name
		}
		return ce
	case errors.As(err, &failed):
		return serverError(s.name, failed)
	case errors.As(err, &connecting):
		if refused := connectors.TLSError(s.name, endless(connecting.cause), tlsWords); refused != nil {
			return refused
		}
		return connectors.NewError(s.name, connectors.ClassUnavailable, "08001", connectText(connecting.cause), endless(connecting.cause))
	case errors.As(err, &broken):
		return ioError(s.name, broken.cause)
	case err == io.EOF, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return connectors.NewError(s.name, connectors.ClassInternal, "", "the connector failed", endless(err))
}

// endless returns err without an io.EOF in its chain, which readers of a stream would take for its orderly end.
func endless(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %v", io.ErrUnexpectedEOF, err)
	}
	return err
}

// connectText says what kept a connection from being made. It names neither host nor user.
func connectText(err error) string {
	if text := dialerror.Network(err); text != "" {
		return text
	}
	if errors.As(err, new(*panicError)) {
		return "connection failed: what answers does not follow SQL Server's protocol"
	}
	return "connection failed, or no access token could be had"
}

// tlsWords are the parameters of a DSN that TLS goes by.
var tlsWords = dialerror.Words{
	Authority: "certificate",
	Host:      "write the name that the certificate has as hostNameInCertificate",
	Offer:     "encrypt",
	Client:    "which is not supported",
}

// ioError is the error of a connection that broke while a statement ran.
func ioError(shard string, err error) error {
	var stream driver.StreamError
	var netErr net.Error
	if errors.As(err, &stream) {
		err = stream.InnerError
	}
	if errors.As(err, &netErr) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || withinValue(err) {
		return connectors.NewError(shard, connectors.ClassUnavailable, "08006", "the connection broke while the statement ran", endless(err))
	}
	return connectors.NewError(shard, connectors.ClassInternal, "08P01", "the server's answer does not follow SQL Server's protocol", endless(err))
}

// withinValue reports a connection that broke within a value of a long type: of that the driver keeps the reason as text only.
func withinValue(err error) bool {
	text := err.Error()
	for _, reason := range []error{io.ErrUnexpectedEOF, io.EOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ETIMEDOUT} {
		if strings.HasSuffix(text, ": "+reason.Error()) {
			return true
		}
	}
	return false
}

// serverError classifies an error that the server reported. Its own message, which may quote rows, is kept as the cause
// only; names of objects, which are no row data, are taken out of it.
func serverError(shard string, failed driver.Error) error {
	first := decisive(failed)
	class, state, text := connectors.ClassInternal, "", fmt.Sprintf("the server failed (error %d)", first.Number)
	switch m, ok := meanings[first.Number]; {
	case ok:
		class, state, text = m.class, m.state, m.text
		if text == "" {
			text = connectors.DataMessage(state)
		}
		text += objectOf(first)
	case first.Class >= fatalSeverity:
		class, state, text = connectors.ClassUnavailable, "08006", fmt.Sprintf("the server ended the connection (error %d)", first.Number)
	case first.Class >= 17 && first.Class <= 19:
		class, state, text = connectors.ClassLimit, "53000", fmt.Sprintf("the server lacks resources (error %d)", first.Number)
	case first.Class == 15:
		state, text = "42601", fmt.Sprintf("the server does not accept the statement's syntax (error %d)", first.Number)
	case first.Class == 14:
		class, state, text = connectors.ClassPermission, "42501", fmt.Sprintf("permission denied for the login in its DSN (error %d)", first.Number)
	}
	e := connectors.NewError(shard, class, state, text, failed)
	if transient(failed) {
		return e.Awaiting(connectors.Waking)
	}
	return e
}

// decisive picks, of the errors that came together, the first that says something: others follow from it.
func decisive(failed driver.Error) driver.Error {
	for _, e := range failed.All {
		if _, ok := meanings[e.Number]; ok {
			return e
		}
	}
	return failed
}

// transient reports errors that pass by themselves: a database that wakes, moves or is throttled.
func transient(failed driver.Error) bool {
	for _, e := range append([]driver.Error{failed}, failed.All...) {
		if meanings[e.Number].passes {
			return true
		}
	}
	return false
}

// outsideSnapshots reports that what a statement reads cannot be read under SNAPSHOT, whatever the database allows:
// memory-optimized tables, tables of another database or server behind a view, or a database that allows it no more.
func outsideSnapshots(failed driver.Error) bool {
	for _, e := range append([]driver.Error{failed}, failed.All...) {
		switch e.Number {
		case 3952, 3956, 3957, 7420, 41332:
			return true
		}
	}
	return false
}

var (
	onColumn = regexp.MustCompile(`^The \w+ permission was denied on the column '([^']*)' of the object '([^']*)'`)
	onObject = regexp.MustCompile(`^The \w+ permission was denied on the object '([^']*)'`)
	onKey    = regexp.MustCompile(`^Violation of \w+ KEY constraint '([^']*)'\. Cannot insert duplicate key in object '([^']*)'`)
	onIndex  = regexp.MustCompile(`^Cannot insert duplicate key row in object '([^']*)' with unique index '([^']*)'`)
	onRule   = regexp.MustCompile(`^The \w+ statement conflicted with the [A-Z ]+ constraint "([^"]*)"`)
	onNull   = regexp.MustCompile(`^Cannot insert the value NULL into column '([^']*)', table '([^']*)'`)
	noObject = regexp.MustCompile(`^Invalid (?:object|column) name '([^']*)'\.`)
)

// objectOf names the table or column that a message is about, where the server writes English.
func objectOf(e driver.Error) string {
	switch e.Number {
	case 230:
		if m := onColumn.FindStringSubmatch(e.Message); m != nil {
			return fmt.Sprintf(": column %q of table %q", m[1], m[2])
		}
	case 229:
		if m := onObject.FindStringSubmatch(e.Message); m != nil {
			return fmt.Sprintf(": table %q", m[1])
		}
	case 2627:
		if m := onKey.FindStringSubmatch(e.Message); m != nil {
			return fmt.Sprintf(": constraint %q of table %q", m[1], m[2])
		}
	case 2601:
		if m := onIndex.FindStringSubmatch(e.Message); m != nil {
			return fmt.Sprintf(": index %q of table %q", m[2], m[1])
		}
	case 547:
		if m := onRule.FindStringSubmatch(e.Message); m != nil {
			return fmt.Sprintf(": constraint %q", m[1])
		}
	case 515:
		if m := onNull.FindStringSubmatch(e.Message); m != nil {
			return fmt.Sprintf(": column %q of table %q", m[1], m[2])
		}
	case 207, 208:
		if m := noObject.FindStringSubmatch(e.Message); m != nil {
			return fmt.Sprintf(": %q", m[1])
		}
	}
	return ""
}

// columnError is an error about one output column.
func columnError(class connectors.Class, state, text, column string) *connectors.Error {
	e := connectors.NewError("", class, state, text, nil)
	e.Column = column
	return e
}

func noConversion(column, have, want string) *connectors.Error {
	return columnError(connectors.ClassSchema, "", fmt.Sprintf("the shard returns %s where %s is expected", strings.ToLower(have), want), column)
}
