package mssql

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

func TestServerErrors(t *testing.T) {
	for _, tc := range []struct {
		number int32
		class  connectors.Class
		state  string
		retry  bool
		passes bool
	}{
		{8134, connectors.ClassData, "22012", false, false}, {8115, connectors.ClassData, "22003", false, false}, {220, connectors.ClassData, "22003", false, false},
		{245, connectors.ClassData, "22P02", false, false}, {8114, connectors.ClassData, "22P02", false, false}, {8169, connectors.ClassData, "22P02", false, false},
		{241, connectors.ClassData, "22007", false, false}, {517, connectors.ClassData, "22008", false, false}, {2628, connectors.ClassData, "22001", false, false},
		{208, connectors.ClassSchema, "42P01", false, false}, {207, connectors.ClassSchema, "42703", false, false},
		{229, connectors.ClassPermission, "42501", false, false}, {230, connectors.ClassPermission, "42501", false, false},
		{18456, connectors.ClassAuth, "28000", false, false}, {4060, connectors.ClassAuth, "3D000", false, false}, {916, connectors.ClassAuth, "28000", false, false},
		{1205, connectors.ClassConflict, "40001", true, false}, {3960, connectors.ClassConflict, "40001", true, false}, {1222, connectors.ClassTimeout, "55P03", false, false},
		{40613, connectors.ClassUnavailable, "57P03", true, true}, {10928, connectors.ClassLimit, "53300", true, true}, {40501, connectors.ClassLimit, "53300", true, true},
		{49920, connectors.ClassLimit, "53300", true, true}, {10054, connectors.ClassUnavailable, "57P01", true, false}, {701, connectors.ClassLimit, "53200", true, false},
		{8623, connectors.ClassLimit, "54001", true, false}, {77777, connectors.ClassInternal, "", false, false},
	} {
		sent := driver.Error{Number: tc.number, Class: 16, Message: "the value 'secret-cell' is at fault"}
		err := serverError("br-1", sent)
		e, _ := err.(*connectors.Error)
		if e.Class != tc.class || e.SQLState != tc.state || e.SafeToRetry() != tc.retry || (e.Patience() == connectors.Waking) != tc.passes {
			t.Errorf("%d: class %s, SQLSTATE %s, retry %v: %v", tc.number, e.Class, e.SQLState, e.SafeToRetry(), err)
		}
		if strings.Contains(err.Error(), "secret-cell") || !errors.As(err, &sent) {
			t.Errorf("%d shows data, or hides it from operators: %v", tc.number, err)
		}
	}
}

func TestObjectsAreNamed(t *testing.T) {
	for _, tc := range []struct {
		number        int32
		message, want string
	}{
		{229, "The SELECT permission was denied on the object 'payments', database 'sales', schema 'dbo'.", `table "payments"`},
		{230, "The SELECT permission was denied on the column 'iban' of the object 'payments', database 'sales', schema 'dbo'.", `column "iban" of table "payments"`},
		{208, "Invalid object name 'dbo.payments'.", `does not exist: "dbo.payments"`}, {207, "Invalid column name 'iban'.", `does not exist: "iban"`},
		{245, "Conversion failed when converting the varchar value 'secret' to data type int.", ": a value cannot be cast to the requested type (SQLSTATE 22P02)"},
		{229, "Die SELECT-Berechtigung wurde verweigert.", "permission denied for the login in its DSN (SQLSTATE 42501)"},
	} {
		err := serverError("br-1", driver.Error{Number: tc.number, Class: 16, Message: tc.message})
		if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v, want %s", tc.number, err, tc.want)
		}
	}
}

func TestFirstKnownErrorDecides(t *testing.T) {
	first := driver.Error{Number: 4060, Class: 11}
	last := driver.Error{Number: 18456, Class: 14}
	last.All = []driver.Error{{Number: 5701}, first, {Number: 18456, Class: 14}}
	if e, _ := serverError("br-1", last).(*connectors.Error); e.SQLState != "3D000" {
		t.Error(e)
	}
	for class, want := range map[uint8]connectors.Class{13: connectors.ClassInternal, 14: connectors.ClassPermission, 15: connectors.ClassInternal,
		17: connectors.ClassLimit, 21: connectors.ClassUnavailable} {
		if e, _ := serverError("br-1", driver.Error{Number: 77777, Class: class}).(*connectors.Error); e.Class != want {
			t.Errorf("severity %d: %v", class, e)
		}
	}
}

func TestExplain(t *testing.T) {
	s := &shard{name: "br-1"}
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for _, tc := range []struct {
		err  error
		text string
	}{
		{&connectError{refused}, "connection refused"}, {&connectError{&net.DNSError{Err: "no", Name: "secret"}}, "cannot be resolved"},
		{&connectError{context.DeadlineExceeded}, "took too long"}, {&connectError{x509.UnknownAuthorityError{}}, "authority that is not known"},
		{&connectError{errors.New("TLS Handshake failed: EOF")}, "TLS handshake failed"}, {&connectError{errors.New("secret")}, "connection failed"},
		{&connectError{&panicError{"secret"}}, "does not follow"}, {&brokenError{cause: driver.StreamError{InnerError: io.ErrUnexpectedEOF}}, "connection broke"},
		{&brokenError{cause: refused}, "connection broke"}, {&brokenError{cause: io.EOF}, "connection broke"},
		{&brokenError{cause: driver.StreamError{InnerError: io.EOF}}, "connection broke"}, {&connectError{io.EOF}, "connection failed"}, {&brokenError{cause: driver.StreamError{InnerError: errors.New("unknown token")}}, "does not follow"},
		{&brokenError{cause: &panicError{"secret"}}, "does not follow"}, {errors.New("secret"), "the connector failed"},
	} {
		err := s.explain(tc.err)
		var e *connectors.Error
		if errors.Is(err, io.EOF) {
			t.Errorf("%v looks like the end of a stream", tc.err)
		}
		if !errors.As(err, &e) || e.Shard != "br-1" || !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v, want %s", tc.err, err, tc.text)
		}
	}
	for _, same := range []error{io.EOF, context.Canceled, context.DeadlineExceeded} {
		if got := s.explain(same); got != same {
			t.Errorf("%v became %v", same, got)
		}
	}
}
