package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

// explainWrite is explain for what a transaction that writes was told.
func (s *shard) explainWrite(err error) error {
	var pe *pgconn.PgError
	var ce *connectors.Error
	if !errors.As(err, &ce) && errors.As(err, &pe) {
		switch {
		case pe.Code == "25006":
			return readOnly(s.name, pe)
		case strings.HasPrefix(pe.Code, "23"), pe.Code == "44000":
			return connectors.NewError(s.name, connectors.ClassConstraint, pe.Code, constraintText(pe), pe)
		}
	}
	return s.explain(err)
}

func readOnly(shard string, cause error) error {
	return connectors.NewError(shard, connectors.ClassReadOnly, "25006", "the server accepts no writes: it is a standby, or its transactions are read only", cause)
}

// constraintText names what a write breaks. Names of constraints and columns are the schema's; the server's message and detail quote the row.
func constraintText(pe *pgconn.PgError) string {
	switch {
	case pe.Code == "23502" && pe.ColumnName != "":
		return fmt.Sprintf("a write leaves the column %q of table %q without a value", pe.ColumnName, pe.TableName)
	case pe.ConstraintName != "" && pe.TableName != "":
		return fmt.Sprintf("a write breaks the constraint %q of table %q", pe.ConstraintName, pe.TableName)
	case pe.ConstraintName != "":
		return fmt.Sprintf("a write breaks the constraint %q", pe.ConstraintName)
	}
	return "a write breaks a constraint of the table"
}
