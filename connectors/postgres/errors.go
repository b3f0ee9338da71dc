package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/dialerror"
)

// connectError classifies a failed attempt to connect. The texts name neither host nor user.
func connectError(shard string, err error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return serverError(shard, pe)
	}
	if refused := connectors.TLSError(shard, err, dialerror.PostgreSQL); refused != nil {
		return refused
	}
	return connectors.NewError(shard, connectors.ClassUnavailable, "08001", connectText(err), err)
}

func connectText(err error) string {
	return cmp.Or(dialerror.Network(err), dialerror.Socket(err), "connection failed")
}

// ioError is the error of a connection that broke while a statement ran.
func ioError(shard string, err error) error {
	if errors.Is(err, errMalformed) {
		return connectors.NewError(shard, connectors.ClassInternal, "08P01",
			"the server's answer does not follow PostgreSQL's protocol", err)
	}
	return connectors.NewError(shard, connectors.ClassUnavailable, "08006", "the connection broke while the statement ran", err)
}

// parseError reads an ErrorResponse.
func parseError(body []byte) (*pgconn.PgError, error) {
	var msg pgproto3.ErrorResponse
	if err := msg.Decode(body); err != nil {
		return nil, errMalformed
	}
	return pgconn.ErrorResponseToPgError(&msg), nil
}

// exact gives class and text of SQLSTATEs that need words of their own.
var exact = map[string]struct {
	class connectors.Class
	text  string
}{
	"21000": {connectors.ClassData, "a subquery used as an expression returned more than one row"},
	"25006": {connectors.ClassPermission, "the statement tries to write, and every transaction here is read only"},
	"3D000": {connectors.ClassConfig, "the database in its DSN does not exist"},
	"3F000": {connectors.ClassSchema, "a schema that the statement names does not exist"},
	"42501": {connectors.ClassPermission, "permission denied for the login in its DSN"},
	"42601": {connectors.ClassInternal, "the server does not accept the statement's syntax"},
	"42P01": {connectors.ClassSchema, "a table that the statement names does not exist"},
	"42703": {connectors.ClassSchema, "a column that the statement names does not exist"},
	"42883": {connectors.ClassSchema, "a function or operator does not exist for the types of this shard's columns"},
	"42804": {connectors.ClassSchema, "a column's type does not fit where the statement uses it"},
	"53300": {connectors.ClassLimit, "the server has no connection left"},
	"55P03": {connectors.ClassTimeout, "a lock could not be had in time"},
	"57P01": {connectors.ClassUnavailable, "the server ended the connection: it is shutting down or was told to"},
	"57P02": {connectors.ClassUnavailable, "the server ended the connection after a crash"},
	"57P03": {connectors.ClassUnavailable, "the server is starting up or shutting down"},
	"57P04": {connectors.ClassUnavailable, "the database has been dropped"},
	"25P04": {connectors.ClassTimeout, "the transaction exceeded a timeout of the server"},
	"25P03": {connectors.ClassUnavailable, "the server ended the session that kept the query's snapshot: raise idle_in_transaction_session_timeout"},
	"57P05": {connectors.ClassUnavailable, "the server ended an idle connection"},
	"0A000": {connectors.ClassSchema, "the server does not support what the statement asks for"},
	"P0001": {connectors.ClassData, "a function raised an exception"},
}

// byClass is for the other SQLSTATEs, by their first two characters.
var byClass = map[string]struct {
	class connectors.Class
	text  string
}{
	"08": {connectors.ClassUnavailable, "the connection failed"},
	"28": {connectors.ClassAuth, "login refused: check user, password and the server's access rules"},
	"40": {connectors.ClassConflict, "the transaction conflicts with another"},
	"42": {connectors.ClassSchema, "the statement does not fit this shard's schema"},
	"53": {connectors.ClassLimit, "the server lacks resources"},
	"54": {connectors.ClassInternal, "the statement exceeds a limit of the server"},
	"58": {connectors.ClassInternal, "the server has trouble with its system"},
}

// snapshotError is the error of a statement that could not read the state which the others of its query read.
func snapshotError(shard string, err error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && len(pe.Code) == 5 {
		switch pe.Code[:2] {
		case "22", "42", "0A", "55", "58":
		default:
			return serverError(shard, pe)
		}
	}
	return connectors.NewError(shard, connectors.ClassUnavailable, "08006",
		"the session that keeps the query's snapshot has ended, or a pooler led to another server", err)
}

// serverError classifies an error that the server reported. Its own message, which may quote rows, is
// kept as the cause only.
func serverError(shard string, pe *pgconn.PgError) error {
	class, text := connectors.ClassInternal, "the server failed"
	if known, ok := exact[pe.Code]; ok {
		class, text = known.class, known.text
	} else if len(pe.Code) == 5 {
		if pe.Code == "57014" {
			class, text = stoppedBy(pe)
		} else if strings.HasPrefix(pe.Code, "22") {
			class, text = connectors.ClassData, connectors.DataMessage(pe.Code)
		} else if known, ok := byClass[pe.Code[:2]]; ok {
			class, text = known.class, known.text
		}
	}
	e := connectors.NewError(shard, class, pe.Code, text, pe)
	if pe.Code == "57P03" { // of a restart, a crash, or a replica that catches up
		return e.Awaiting(connectors.Waking)
	}
	return e
}

// expiredText is the error of a statement that was ended at the limit which the configuration gives it.
func expiredText(shard string, late *expiredError) error {
	return connectors.NewError(shard, connectors.ClassTimeout, "57014", fmt.Sprintf(
		"the statement was ended by the server at its limit of %s: limits.shard_timeout, or the shard's statement_timeout", late.limit), late)
}

// stoppedBy tells a timeout from a cancel request: the server reports both as 57014.
func stoppedBy(pe *pgconn.PgError) (connectors.Class, string) {
	if strings.Contains(pe.Message, "timeout") {
		return connectors.ClassTimeout, "the statement exceeded a timeout of the server"
	}
	return connectors.ClassCancelled, "the statement was cancelled at the server"
}

// columnError is an error about one output column.
func columnError(class connectors.Class, state, text, column string) *connectors.Error {
	e := connectors.NewError("", class, state, text, nil)
	e.Column = column
	return e
}

func noConversion(column, have, want string) *connectors.Error {
	return columnError(connectors.ClassSchema, "", fmt.Sprintf("the shard returns %s where %s is expected", have, want), column)
}
