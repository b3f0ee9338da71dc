package config

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/microsoft/go-mssqldb/msdsn"
)

// TestInDatabase asks the drivers to which database a DSN leads, and whether the rest of it stayed.
func TestInDatabase(t *testing.T) {
	const name = `o'p "al}%2F`
	for _, dsn := range []string{
		"postgres://u:p%40w@h.example.com:5433/db?application_name=x", "postgresql://h.example.com:5433", "postgres://u@h.example.com:5433/?application_name=x",
		"host=h.example.com port=5433 dbname=db user=u",
	} {
		c, err := pgconn.ParseConfig(inDatabase("postgres", dsn, name))
		if err != nil || c.Database != name || c.Host != "h.example.com" || c.Port != 5433 {
			t.Errorf("%s: %v %v", dsn, c, err)
		}
	}
	for _, dsn := range []string{
		"sqlserver://u:p%40w@h.example.com:1444?database=db&encrypt=disable", "sqlserver://h.example.com:1444?Database=db&Encrypt=disable",
		"server=h.example.com;port=1444;database=db;encrypt=disable;", `odbc:server=h.example.com;port=1444;database={d};b};encrypt=disable`,
	} {
		c, err := msdsn.Parse(inDatabase("sqlserver", dsn, name))
		if err != nil || c.Database != name || c.Host != "h.example.com" || c.Port != 1444 || c.Encryption != msdsn.EncryptionDisabled {
			t.Errorf("%s: %v %v", dsn, c, err)
		}
	}
	if inDatabase("duckdb", "x.duckdb", "y") != "" {
		t.Error("a file has no databases")
	}
	if _, err := url.Parse(inDatabase("sqlserver", "sqlserver://h", "x")); err != nil {
		t.Error(err)
	}
}

func TestTenantFaults(t *testing.T) {
	for _, c := range []struct{ tenants, want string }{
		{"schemas: {}", "is empty"},
		{"schemas: {x: []}", "lists no tenant"},
		{"schemas: {x: 17}", "needs a list"},
		{"databases: {x: [17]}", "has no databases beside its own"},
		{"schemas: {x y: [17]}", "is not a name"},
		{"schemas: {x: [17], y: [17]}", "is listed already"},
		{"schemas: {x: [17], y: [18]}", ""},
	} {
		text := strings.Replace(base, "driver: duckdb,", "driver: duckdb, "+c.tenants+",", 1)
		text = strings.Replace(text, "tables:\n", "tables:\n  inv: {sharding: {strategy: tenant, key: [tenant]}}\n", 1)
		if text == base || !strings.Contains(text, c.tenants) {
			t.Fatal("the test's configuration is another")
		}
		_, err := Parse([]byte(text), "atoll.yaml", ".", func(string) (string, bool) { return "x", true })
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.tenants, err, c.want)
		}
	}
}
